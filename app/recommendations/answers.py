"""Recommendations become what the API answers: what `forethought recommend --json` prints, and an id."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.datasets.tables import DatasetRow
from app.recommendations.tables import RecommendationRow


class DescribedDataset(BaseModel):
    id: UUID
    rows: int
    classes: int
    text: str
    label: str


class ArchitectureAnswer(BaseModel):
    """`expected_accuracy` in [0, 1] with its interval; `seconds` to train, `bytes` of the classifier."""

    rank: int
    hash: str
    space: str
    version: int
    decisions: Mapping[str, str | int | float | bool]
    expected_accuracy: float
    low: float
    high: float
    seconds: float
    bytes: int


class RecommendationAnswer(BaseModel):
    """`seconds` is what the answer took, `timing` where they went.

    `landmarkers` are the quick classifiers that were fitted to describe the dataset; `stage` is `sharper` if
    they read a sample of it through the sentence encoders.
    """

    id: UUID
    checkpoint: str
    dataset: DescribedDataset
    question: Mapping[str, str | int | float | None]
    seconds: float
    timing: Mapping[str, float]
    outside_experience: bool
    known_as: str | None
    nearest: list[str]
    within_budget: bool
    stage: str
    landmarkers: list[str]
    architectures: list[ArchitectureAnswer]
    created_at: datetime


class RecommendationsAnswer(BaseModel):
    """Some recommendations, the newest first; ask again with `after` = `next` for more."""

    recommendations: list[RecommendationAnswer]
    next: str | None


def recommendation_answer(row: RecommendationRow, dataset: DatasetRow) -> RecommendationAnswer:
    return RecommendationAnswer(
        id=row.id,
        checkpoint=row.checkpoint_id,
        dataset=DescribedDataset(
            id=dataset.id,
            rows=row.notes["rows"],
            classes=row.notes["classes"],
            text=dataset.text_column,
            label=dataset.label_column,
        ),
        question=row.question,
        seconds=row.latency_seconds,
        timing=row.seconds,
        outside_experience=row.notes["outside_experience"],
        known_as=row.notes["known_as"],
        nearest=row.notes["nearest"],
        within_budget=row.notes["within_budget"],
        stage=row.notes.get("stage", "instant"),
        landmarkers=row.notes.get("landmarkers", []),
        architectures=[ArchitectureAnswer.model_validate(ranked) for ranked in row.architectures],
        created_at=row.created_at,
    )
