"""A choice of architecture becomes a queued training, and its outcome a classifier that is ready."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.quotas import refuse_training
from app.classifiers import queries
from app.classifiers.assessing import StoredAssessment, StoredRows, document_of, rows_within
from app.classifiers.forms import ClassifierForm
from app.classifiers.shared_runs import record_training
from app.classifiers.stored_metrics import confusion_of, metrics_of
from app.classifiers.tables import ClassifierRow, ClassifierState
from app.datasets import queries as dataset_queries
from app.datasets import service as datasets
from app.datasets.fixes import fixed_data
from app.datasets.tables import DatasetRow
from app.db.base import Json
from app.errors import BadInputError, ConflictError
from app.experiments.records import upsert_architecture
from app.jobs.queries import latest_job
from app.jobs.service import enqueue
from app.jobs.tables import JobRow, JobState
from app.recommendations import queries as recommendation_queries
from app.recommendations.forms import DEFAULT_SPACE
from app.recommendations.service import asked_metric, score
from app.recommendations.tables import RecommendationRow
from app.settings import Settings
from app.storage import PART, Storage, is_older, remove
from dvn.architecture import Architecture, get_space
from dvn.training import NOT_LAST, MetricName, Trained

TRAIN: Final = "classifiers.train"


class NoRecommendationError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "Nothing was recommended for this dataset yet; ask for that first, or give an architecture."
        )


class OtherDatasetError(BadInputError):
    def __init__(self) -> None:
        super().__init__("This recommendation is for another dataset; give the dataset it was made for.")


class NotRecommendedError(BadInputError):
    def __init__(self, wanted: object, ranks: int) -> None:
        super().__init__(f"This recommendation has no architecture {wanted}; it has the ranks 1 to {ranks}.")


class NotReadyError(ConflictError):
    def __init__(self, state: ClassifierState) -> None:
        super().__init__(f"This classifier is {state.value} and cannot predict; only a ready one can.")


@dataclass(frozen=True, slots=True)
class Choice:
    """What to train, by which metric to tell its best step, and the recommendation and rank it came from."""

    architecture: Architecture
    metric: MetricName = "accuracy"
    recommendation_id: UUID | None = None
    rank: int | None = None


def start_training(
    session: Session, settings: Settings, form: ClassifierForm
) -> tuple[ClassifierRow, JobRow]:
    """A classifier and its job. The same architecture on the same dataset is trained once.

    Raises:
        UnknownDatasetError, UnknownRecommendationError: There is no such thing.
        RareClassesWaitError, NoRecommendationError: Something must be decided first.
        ArchitectureError: The architecture is not allowed.
    """
    dataset = dataset_queries.get_dataset(session, form.dataset, lock=True)
    datasets.refuse_waiting(dataset)
    choice = _chosen(session, form)
    metric = form.metric or choice.metric
    architecture_id = upsert_architecture(session, choice.architecture.to_json(), choice.architecture.hash)
    known = queries.same_classifier(session, dataset, architecture_id, seed=form.seed, metric=metric)
    if known is not None:
        return known, job_of(session, known.id)
    refuse_training(settings, queries.trainings_under_way(session))
    classifier = ClassifierRow(
        dataset_id=dataset.id,
        learned_hash=dataset.learned_hash,
        recommendation_id=choice.recommendation_id,
        architecture_id=architecture_id,
        rank=choice.rank,
        seed=form.seed,
        metric=metric,
    )
    session.add(classifier)
    session.flush()
    _enqueue(session, settings, classifier.id)
    return classifier, job_of(session, classifier.id)


def train_again(session: Session, settings: Settings, classifier_id: UUID) -> ClassifierRow:
    """A new classifier like one that failed or was cancelled."""
    old = queries.get_classifier(session, classifier_id)
    architecture = queries.architecture_of(session, old)
    document = {"space": architecture.space, "decisions": architecture.decisions}
    asked = {"architecture": document, "seed": old.seed, "metric": old.metric}
    form = ClassifierForm.model_validate({"dataset": old.dataset_id, **asked})
    classifier, _ = start_training(session, settings, form)
    if classifier.recommendation_id is None:
        classifier.recommendation_id, classifier.rank = old.recommendation_id, old.rank
    return classifier


def job_of(session: Session, classifier_id: UUID) -> JobRow:
    """The training of a classifier."""
    job = latest_job(session, TRAIN, classifier_id)
    assert job is not None, "a classifier is made together with its job"
    return job


def ready_classifier(session: Session, classifier_id: UUID) -> ClassifierRow:
    """A classifier that can predict.

    Raises:
        NotReadyError: It is not trained yet, or never will be.
    """
    classifier = queries.get_classifier(session, classifier_id)
    if classifier.state != ClassifierState.ready:
        raise NotReadyError(classifier.state)
    return classifier


def _enqueue(session: Session, settings: Settings, classifier_id: UUID) -> None:
    # The worker's work is handed no settings: what it needs of them travels with the job.
    places = {"data": str(settings.data), "experience": str(settings.experience)}
    arguments = {**places, "vector_cache_bytes": settings.vector_cache_bytes}
    enqueue(session, TRAIN, classifier_id, arguments=arguments)


def _chosen(session: Session, form: ClassifierForm) -> Choice:
    if form.architecture is not None:
        space = get_space(str(form.architecture.get("space", DEFAULT_SPACE)))
        found = form.recommendation and recommendation_queries.find_recommendation(
            session, form.recommendation
        )
        metric = asked_metric(found) if found else "accuracy"
        return Choice(space.from_json(form.architecture), metric, form.recommendation)
    if form.recommendation is not None:
        row = recommendation_queries.get_recommendation(session, form.recommendation)
    else:
        newest = recommendation_queries.recommendations_of(session, form.dataset, limit=1)
        if not newest:
            raise NoRecommendationError
        row = newest[0]
    if row.dataset_id != form.dataset:
        raise OtherDatasetError
    return recommended_choice(row, "rank", form.rank)


def recommended_choice(row: RecommendationRow, key: str, wanted: object) -> Choice:
    """The architecture of a recommendation by its rank or its hash.

    Raises:
        NotRecommendedError: It is not on the list.
    """
    ranked: Mapping[str, Any] | None = next((one for one in row.architectures if one[key] == wanted), None)
    if ranked is None:
        raise NotRecommendedError(wanted, len(row.architectures))
    document = {"space": ranked["space"], "version": ranked["version"], "decisions": ranked["decisions"]}
    return Choice(get_space(ranked["space"]).from_json(document), asked_metric(row), row.id, ranked["rank"])


@dataclass(frozen=True, slots=True)
class TrainingWork:
    """What a training needs, out of any transaction."""

    data: datasets.LearningData
    architecture: Architecture
    seed: int
    metric: MetricName
    content_hash: str
    stored_rows: StoredRows | None


def load_work(session: Session, storage: Storage, classifier_id: UUID) -> TrainingWork:
    """What to train; from now on the classifier is in training."""
    classifier = queries.get_classifier(session, classifier_id)
    classifier.state = ClassifierState.training
    stored = queries.architecture_of(session, classifier)
    document = {"space": stored.space, "version": int(stored.version), "decisions": stored.decisions}
    dataset = dataset_queries.get_dataset(session, classifier.dataset_id)
    classifier.learned_hash = dataset.learned_hash
    architecture = get_space(stored.space).from_json(document)
    data = datasets.learning_data(dataset, storage)
    rows = stored_rows(dataset, storage, data)
    metric = cast(MetricName, classifier.metric)
    return TrainingWork(data, architecture, classifier.seed, metric, dataset.content_hash, rows)


def stored_rows(dataset: DatasetRow, storage: Storage, data: datasets.LearningData) -> StoredRows | None:
    """For each row that is learned from its number in what was read; none if they are the same.

    A choice about small classes leaves rows out, and fixes leave out and rewrite.
    """
    if not dataset.fixes and len(data.dataset) == dataset.rows:
        return None
    fixed = fixed_data(dataset, storage)
    if len(data.dataset) == len(fixed.dataset):
        return fixed.origins
    rows: StoredRows = fixed.origins[rows_within(fixed.dataset.texts, data.dataset.texts)]
    return rows


@dataclass(frozen=True, slots=True)
class TrainedResult:
    """What a training leaves: the classifier with its outcome, and its assessment."""

    trained: Trained
    assessment: StoredAssessment


def store_result(
    session: Session,
    classifier_id: UUID,
    result: TrainedResult,
    data: datasets.LearningData,
    experience: Path,
) -> Json:
    """Make a classifier ready; its files are in their place already.

    What was recommended is told what it reached, and a training of a shared dataset becomes a run.
    """
    classifier = queries.get_classifier(session, classifier_id)
    outcome = result.trained.outcome
    metrics = metrics_of(outcome, classifier.metric)
    classifier.metrics = metrics
    classifier.confusion = confusion_of(outcome, result.trained.classifier.labels)
    classifier.cost = asdict(outcome.cost)
    classifier.assessment = document_of(result.assessment)
    classifier.state = ClassifierState.ready
    classifier.error = None
    classifier.ended_at = datetime.now(UTC)
    is_whole = outcome.stopped_by not in NOT_LAST
    if is_whole and classifier.recommendation_id is not None and classifier.rank is not None:
        accuracy = {part: metrics[part]["accuracy"] for part in ("validation", "test")}
        score(session, classifier.recommendation_id, classifier.rank, seed=classifier.seed, accuracy=accuracy)
    if is_whole:
        record_training(session, classifier, data, outcome, experience)
    return {"classifier": str(classifier_id), "test_accuracy": metrics["test"]["accuracy"]}


def give_up(session: Session, subject_id: UUID, state: JobState, sentence: str) -> None:
    """Note that a training ended without a classifier."""
    classifier = session.get(ClassifierRow, subject_id)
    if classifier is not None:
        is_cancelled = state is JobState.cancelled
        classifier.state = ClassifierState.cancelled if is_cancelled else ClassifierState.failed
        classifier.error = sentence
        classifier.ended_at = datetime.now(UTC)


def sweep_folders(session: Session, storage: Storage, *, age_seconds: float) -> int:
    """Remove the files of trainings that ended without a classifier; how many."""
    ready = {str(classifier_id) for classifier_id in queries.ready_ids(session)}
    # A folder is renamed into place a moment before its row says ready: the young are left alone.
    left = [
        path
        for path in storage.classifiers.iterdir()
        if path.name not in ready and not path.name.endswith(PART) and is_older(path, age_seconds)
    ]
    for path in left:
        remove(path)
    return len(left)
