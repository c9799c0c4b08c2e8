"""A dataset becomes a stored recommendation; nothing is trained."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.datasets import queries as dataset_queries
from app.datasets import service as datasets
from app.db.base import Json
from app.recommendations import queries
from app.recommendations.experience import Experience
from app.recommendations.forms import QuestionForm
from app.recommendations.tables import RecommendationRow, RecommendationTruthRow
from app.settings import Settings
from app.storage import Storage
from dvn.architecture import get_space
from dvn.architecture_inference import Question, RankedArchitecture, Recommendation, recommend_for_dataset


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a dataset, to the value network of one space."""

    dataset_id: UUID
    space: str
    question: Question


def recommend_for(
    session: Session, storage: Storage, experience: Experience, asked: Asked
) -> RecommendationRow:
    """The recommendation for a dataset, with what each part of the answer took.

    Raises:
        UnknownDatasetError: There is no such dataset.
        RareClassesWaitError: Its small classes wait for a choice.
        WarmingUpError, NoCheckpointError: The space has no warm checkpoint.
    """
    began = perf_counter()
    row = dataset_queries.get_dataset(session, asked.dataset_id)
    datasets.refuse_waiting(row)
    checkpoint = experience.checkpoint(asked.space, session)
    data = datasets.described_data(row, storage)
    read_seconds = perf_counter() - began
    found = recommend_for_dataset(data, checkpoint, question=asked.question, content_hash=row.content_hash)
    parts = {name: seconds for name, seconds in found.seconds.items() if name != "total"}
    recommendation = RecommendationRow(
        dataset_id=row.id,
        checkpoint_id=found.checkpoint,
        question={"space": asked.space, **asdict(asked.question), "rare": row.rare_classes},
        architectures=[architecture_json(ranked) for ranked in found.architectures],
        seconds={"read": read_seconds, **parts},
        latency_seconds=perf_counter() - began,
        notes=notes_of(found),
    )
    session.add(recommendation)
    session.flush()
    return recommendation


def asked_by(form: QuestionForm, dataset_id: UUID, settings: Settings) -> Asked:
    """What a form asks; without a limit of its own the service's limit on training holds."""
    limit = form.max_seconds if form.max_seconds is not None else settings.max_training_seconds
    question = Question(top=form.top, seed=form.seed, max_seconds=limit)
    return Asked(dataset_id, get_space(form.space).name, question)


def score(
    session: Session, recommendation_id: UUID, rank: int, *, seed: int, accuracy: Mapping[str, float]
) -> None:
    """Note what an architecture of a recommendation reached; the first note stays.

    `accuracy` holds "validation" and "test". What the dataset's owner shares does not matter: the note is
    for the users' own eyes, and no value network learns from it.
    """
    row = queries.find_recommendation(session, recommendation_id)
    ranked = next((one for one in row.architectures if one["rank"] == rank), None) if row else None
    if ranked is None:
        return
    new = insert(RecommendationTruthRow).values(
        recommendation_id=recommendation_id,
        rank=rank,
        seed=seed,
        predicted=ranked["expected_accuracy"],
        low=ranked["low"],
        high=ranked["high"],
        validation_accuracy=accuracy["validation"],
        test_accuracy=accuracy["test"],
    )
    session.execute(new.on_conflict_do_nothing())


def notes_of(found: Recommendation) -> Json:
    """What else is known about an answer."""
    return {
        "rows": found.rows,
        "classes": found.classes,
        "outside_experience": found.outside_experience,
        "known_as": found.known_as,
        "nearest": list(found.nearest),
        "within_budget": found.within_budget,
        "relaxation_gap": found.relaxation_gap,
        "stage": str(found.stage),
        "landmarkers": list(found.landmarkers),
    }


def architecture_json(ranked: RankedArchitecture) -> Mapping[str, Any]:
    """One ranked architecture as the command line and the API answer it."""
    return {
        "rank": ranked.rank,
        "hash": ranked.architecture.hash,
        "space": ranked.architecture.space,
        "version": ranked.architecture.version,
        "decisions": dict(ranked.architecture.decisions),
        "expected_accuracy": ranked.expected_accuracy,
        "low": ranked.low,
        "high": ranked.high,
        "seconds": ranked.seconds,
        "bytes": ranked.bytes,
    }
