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
    """`expected_accuracy` in [0, 1] with its interval; `seconds` to train, `bytes` of the classifier.

    It is a value of the recommendation's `metric`. `milliseconds` are those to predict one text of the
    dataset's usual length on one core; null in answers that are older than this figure.
    """

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
    milliseconds: float | None = None


class FrontAnswer(BaseModel):
    """What leads at one position of the slider, and what is expected of it."""

    prefer_small: float
    hash: str
    expected_accuracy: float
    seconds: float
    bytes: int
    milliseconds: float


class WorthAnswer(BaseModel):
    """A decision of the first architecture: `gain` of its `value` over the best `other`, in accuracy.

    `is_whole` marks an input against having none of its kind.
    """

    decision: str
    value: str | int | float | bool
    other: str | int | float | bool
    gain: float
    is_whole: bool


class StandingAnswer(BaseModel):
    """What is expected of the choice of a rule that needs no value network; `random` is a mean."""

    rule: str
    expected_accuracy: float
    hash: str | None
    decisions: Mapping[str, str | int | float | bool]


class RecommendationAnswer(BaseModel):
    """`seconds` is what the answer took, `timing` where they went.

    `landmarkers` are the quick classifiers that were fitted to describe the dataset; `stage` is `sharper` if
    they read a sample of it through the sentence encoders. `metric` is what is expected of the architectures.
    `little_to_learn` says that quick classifiers found next to nothing that tells the labels apart.
    `within_budget` says whether any architecture keeps every limit; if none does, those nearest to the limits
    are ranked. Ranked first is what is expected to do best after caution: what gains on the best on average
    by less than such gains are usually wrong by comes after it. `front` is what each position of
    `prefer_small` would answer, `worth` what each decision of the first is worth here.
    """

    id: UUID
    checkpoint: str
    dataset: DescribedDataset
    question: Mapping[str, str | int | float | None]
    seconds: float
    timing: Mapping[str, float]
    outside_experience: bool
    little_to_learn: bool
    known_as: str | None
    nearest: list[str]
    metric: str
    within_budget: bool
    stage: str
    landmarkers: list[str]
    architectures: list[ArchitectureAnswer]
    front: list[FrontAnswer]
    worth: list[WorthAnswer]
    standing: list[StandingAnswer]
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
        little_to_learn=row.notes.get("little_to_learn", False),
        known_as=row.notes["known_as"],
        nearest=row.notes["nearest"],
        metric=row.notes.get("metric", "accuracy"),
        within_budget=row.notes["within_budget"],
        stage=row.notes.get("stage", "instant"),
        landmarkers=row.notes.get("landmarkers", []),
        architectures=[ArchitectureAnswer.model_validate(ranked) for ranked in row.architectures],
        front=[FrontAnswer.model_validate(point) for point in row.notes.get("front", [])],
        worth=[WorthAnswer.model_validate(worth) for worth in row.notes.get("worth", [])],
        standing=[StandingAnswer.model_validate(one) for one in row.notes.get("standing", [])],
        created_at=row.created_at,
    )
