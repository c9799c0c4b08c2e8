"""A dataset becomes a stored recommendation; nothing is trained."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any
from uuid import UUID

from dvn.architecture_inference import Question, RankedArchitecture, Recommendation, recommend
from sqlalchemy.orm import Session

from app.datasets import queries as dataset_queries
from app.datasets import service as datasets
from app.db.base import Json
from app.recommendations.experience import Experience
from app.recommendations.forms import QuestionForm
from app.recommendations.tables import RecommendationRow
from app.settings import Settings
from app.storage import Storage


def recommend_for(
    session: Session,
    storage: Storage,
    experience: Experience,
    dataset_id: UUID,
    question: Question,
) -> RecommendationRow:
    """The recommendation for a dataset, with what each part of the answer took.

    Raises:
        UnknownDatasetError: There is no such dataset.
        RareClassesWaitError: Its small classes wait for a choice.
        WarmingUpError, NoCheckpointError: The space has no warm checkpoint.
    """
    began = perf_counter()
    row = dataset_queries.get_dataset(session, dataset_id)
    checkpoint = experience.checkpoint(question.space)
    data = datasets.described_data(row, storage)
    read_seconds = perf_counter() - began
    found = recommend(data.texts, data.labels, checkpoint, question=question)
    seconds = {
        "reading": read_seconds,
        **{name: value for name, value in found.seconds.items() if name != "total"},
    }
    recommendation = RecommendationRow(
        dataset_id=row.id,
        checkpoint_id=found.checkpoint,
        question=asked(question, row.rare_classes),
        architectures=[architecture_json(ranked) for ranked in found.architectures],
        seconds=seconds,
        latency_seconds=perf_counter() - began,
        notes=notes_of(found),
    )
    session.add(recommendation)
    session.flush()
    return recommendation


def question_of(form: QuestionForm, settings: Settings) -> Question:
    """What is asked; without a limit of its own the service's limit on training holds."""
    limit = form.max_seconds if form.max_seconds is not None else settings.max_training_seconds
    return Question(space=form.space, top=form.top, seed=form.seed, max_seconds=limit)


def asked(question: Question, rare: str | None) -> Json:
    return {
        "space": question.space,
        "top": question.top,
        "seed": question.seed,
        "max_seconds": question.max_seconds,
        "rare": rare,
    }


def notes_of(found: Recommendation) -> Json:
    return {
        "rows": found.rows,
        "classes": found.classes,
        "outside_experience": found.outside_experience,
        "known_as": found.known_as,
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
