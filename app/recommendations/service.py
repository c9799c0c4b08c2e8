"""A dataset becomes a stored recommendation; nothing is trained."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import cast
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.datasets import queries as dataset_queries
from app.datasets import service as datasets
from app.datasets.tables import DatasetRow
from app.recommendations import queries, stored
from app.recommendations.experience import Experience
from app.recommendations.forms import QuestionForm
from app.recommendations.tables import RecommendationRow, RecommendationTruthRow
from app.recommendations.warm_answers import WarmAnswers
from app.settings import Settings
from app.storage import Storage
from dvn.architecture import get_space
from dvn.architecture_inference import Question, Recommendation, describe_dataset
from dvn.value_network import Checkpoint, Metric


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a dataset, to the value network of one space."""

    dataset_id: UUID
    space: str
    question: Question
    metric: Metric = "accuracy"


def recommend_for(
    session: Session, storage: Storage, experience: Experience, asked: Asked, *, reuse: bool = False
) -> RecommendationRow:
    """The recommendation for a dataset, with what each part of the answer took.

    With `reuse` the answer to this very question is given again if it is stored.

    Raises:
        UnknownDatasetError: There is no such dataset.
        RareClassesWaitError: Its small classes wait for a choice.
        WarmingUpError, NoCheckpointError: The space has no warm checkpoint.
    """
    began = perf_counter()
    row = dataset_queries.get_dataset(session, asked.dataset_id)
    datasets.refuse_waiting(row)
    checkpoint = experience.checkpoint(asked.space, session, asked.metric)
    question = {
        "space": asked.space,
        "metric": asked.metric,
        **asdict(asked.question),
        "rare": row.rare_classes,
    }
    if reuse and (same := queries.same_question(session, row, checkpoint.id, question)):
        return same
    found, seconds = _found(session, storage, (experience.answers, checkpoint), row, asked.question)
    recommendation = RecommendationRow(
        dataset_id=row.id,
        learned_hash=row.learned_hash,
        checkpoint_id=found.checkpoint,
        question=question,
        architectures=[stored.architecture_json(ranked) for ranked in found.architectures],
        seconds=seconds,
        latency_seconds=perf_counter() - began,
        notes=stored.notes_of(found, row),
        vector=found.described.z.tolist(),
    )
    session.add(recommendation)
    session.flush()
    return recommendation


def _found(
    session: Session,
    storage: Storage,
    network: tuple[WarmAnswers, Checkpoint],
    row: DatasetRow,
    question: Question,
) -> tuple[Recommendation, dict[str, float]]:
    """The answer and the seconds of its parts; texts are read only if no answer of before described them."""
    answers, checkpoint = network
    described, parts = queries.description_of(session, row, checkpoint.id), dict[str, float]()
    if described is None:
        began = perf_counter()
        data = datasets.described_data(row, storage)
        read = {"read": perf_counter() - began}
        described, parts = describe_dataset(data, checkpoint, content_hash=row.learned_hash)
        parts = read | parts
    found = answers.answer(described, checkpoint, question)
    return found, parts | {name: taken for name, taken in found.seconds.items() if name != "total"}


def asked_by(form: QuestionForm, dataset_id: UUID, settings: Settings) -> Asked:
    """What a form asks; without a limit of its own the service's limit on training holds."""
    limit = form.max_seconds if form.max_seconds is not None else settings.max_training_seconds
    question = Question(
        top=form.top,
        seed=form.seed,
        max_seconds=limit,
        max_bytes=form.max_bytes,
        max_milliseconds=form.max_milliseconds,
        prefer_small=form.prefer_small,
    )
    return Asked(dataset_id, get_space(form.space).name, question, form.metric)


def asked_metric(row: RecommendationRow) -> Metric:
    """What a recommendation was asked to make high; the oldest could only be asked for accuracy."""
    return cast(Metric, row.question.get("metric", "accuracy"))


def score(
    session: Session, recommendation_id: UUID, rank: int, *, seed: int, accuracy: Mapping[str, float]
) -> None:
    """Note what an architecture of a recommendation reached; the first note stays.

    `accuracy` holds "validation" and "test". What the dataset's owner shares does not matter: the note is
    for the users' own eyes, and no value network learns from it.
    """
    row = queries.find_recommendation(session, recommendation_id)
    ranked = next((one for one in row.architectures if one["rank"] == rank), None) if row else None
    # What was foretold of another metric is not to be judged by accuracy.
    if row is None or ranked is None or row.notes.get("metric", "accuracy") != "accuracy":
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
