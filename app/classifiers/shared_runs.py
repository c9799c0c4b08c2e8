"""Trainings of a dataset whose owner shares it become runs of the experience, and cease to be at a word.

Decision: sharing is off until the owner says so. What is shared is in `app.experiments.shared_tasks`; taking
it back removes the task and its runs, and retires every value network that learned from them.
Decision: a training that ended before its owner shared becomes a run as well, without its curve.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.classifiers import queries
from app.classifiers.tables import ClassifierRow
from app.datasets import queries as dataset_queries
from app.datasets import service as datasets
from app.datasets.service import LearningData
from app.datasets.tables import DatasetRow
from app.experiments import queries as experiment_queries
from app.experiments.records import RunRecord, record_run
from app.experiments.service import code_version, libraries
from app.experiments.shared_tasks import share_task
from app.experiments.tables import ArchitectureRow, Origin, RunRow, TaskRow
from app.recommendations.queries import find_recommendation
from app.registry.service import retire
from app.settings import Settings
from app.storage import Storage
from dvn.architecture import Architecture, get_space
from dvn.training import NOT_LAST, MetricName, Outcome
from dvn.value_network.joined import packed, run_key

_PARTS = ("validation", "test")
_METRICS: tuple[MetricName, ...] = get_args(MetricName)


def set_sharing(
    session: Session, storage: Storage, settings: Settings, dataset_id: UUID, *, is_shared: bool
) -> DatasetRow:
    """Share a dataset's trainings, or take that back; saying it twice changes nothing.

    Raises:
        UnknownDatasetError: There is no such dataset.
        RareClassesWaitError: Its small classes wait for a choice, so that it poses no task yet.
        MissingDatasetError: Its texts are not on this machine.
    """
    dataset = dataset_queries.get_dataset(session, dataset_id, lock=True)
    if is_shared and dataset.shared_at is None:
        dataset.shared_at = datetime.now(UTC)
        data = datasets.learning_data(dataset, storage)
        task_id = share_task(session, dataset, data, settings.experience)
        for classifier in queries.ready_without_run(session, dataset.id):
            # One that kept another step than its last is no run like those that are known, and one of the
            # texts as they were with other fixes is none of this task.
            is_whole = (classifier.metrics or {}).get("stopped_by") not in NOT_LAST
            if dataset.is_current(classifier.learned_hash) and is_whole:
                _record(session, classifier, task_id, None)
    elif not is_shared and dataset.shared_at is not None:
        dataset.shared_at = None
        session.flush()
        _take_back(session, dataset)
    session.flush()
    return dataset


def record_training(
    session: Session, classifier: ClassifierRow, data: LearningData, outcome: Outcome, experience: Path
) -> None:
    """Make a run of a training that ended, if its dataset is shared; done twice, it is one run."""
    dataset = dataset_queries.get_dataset(session, classifier.dataset_id, lock=True)
    if dataset.shared_at is not None:
        task_id = share_task(session, dataset, data, experience)
        _record(session, classifier, task_id, outcome)


def _take_back(session: Session, dataset: DatasetRow) -> None:
    own = [task.id for task, _ in experiment_queries.shared_tasks(session, dataset_id=dataset.id)]
    doomed = queries.shared_run_ids(session, dataset.id)
    keys = packed(key for run in experiment_queries.named_runs(session, doomed) for key in keys_of(*run))
    session.execute(delete(RunRow).where(RunRow.id.in_(doomed)))
    session.execute(delete(TaskRow).where(TaskRow.id.in_(own)))
    # The database has set to null what pointed to the runs.
    session.expire_all()
    retire(session, keys, dataset.content_hash)


def keys_of(content_hash: str, split_hash: str, row: ArchitectureRow, seed: int) -> Iterator[int]:
    """The keys under which a run may have been learned from: an older run counts in newer versions, too."""
    space = get_space(row.space)
    versions = range(int(row.version), space.version + 1)
    # The hash of an architecture holds the version of the space that it was read in.
    decisions = space.parse(row.decisions).decisions if len(versions) > 1 else row.decisions
    later = [Architecture(space.name, version, decisions).hash for version in versions[1:]]
    for name in (row.hash, *later):
        yield run_key(content_hash, split_hash, name, seed)


def _record(session: Session, classifier: ClassifierRow, task_id: int, outcome: Outcome | None) -> None:
    metrics = classifier.metrics or {}
    ended = classifier.ended_at or classifier.created_at
    curve = () if outcome is None else outcome.curve
    run_id = record_run(
        session,
        RunRecord(
            task_id=task_id,
            architecture_id=classifier.architecture_id,
            seed=classifier.seed,
            origin=Origin.user if classifier.rank is None else Origin.recommendation,
            code_version=code_version(),
            libraries=libraries(),
            started_at=classifier.created_at,
            ended_at=ended,
            steps=metrics["steps"],
            metrics={
                (part, name): metrics[part][name]
                for part in _PARTS
                for name in _METRICS
                # A classifier of before has not been measured by all of them.
                if name in metrics[part]
            },
            curve=[(point.step, point.metric, point.value, point.seconds) for point in curve],
            cost=classifier.cost,
        ),
    )
    classifier.run_id = run_id
    if classifier.recommendation_id is not None and classifier.rank is not None:
        recommendation = find_recommendation(session, classifier.recommendation_id)
        if recommendation is not None and recommendation.run_id is None:
            recommendation.run_id = run_id
    session.flush()
