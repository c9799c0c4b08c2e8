"""Every SELECT of the experiment database, each a plain function over one session, in a total order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from app.datasets.tables import DatasetRow
from app.db.base import Json
from app.experiments.tables import (
    ArchitectureRow,
    CheckpointRow,
    Origin,
    RunCostRow,
    RunCurveRow,
    RunMetricRow,
    RunPredictionRow,
    RunRow,
    RunState,
    SharedTaskRow,
    TaskRow,
    TaskSampleRow,
)

FETCH_ROWS: Final = 500


@dataclass(frozen=True, slots=True, order=True)
class PlannedRun:
    """A run by its natural key at full fidelity."""

    task_id: int
    architecture_id: int
    seed: int


@dataclass(frozen=True, slots=True)
class Observation:
    """A finished run as a value network may see it: never its test part."""

    run_id: int
    task_id: int
    family: str
    architecture_id: int
    decisions: Json
    seed: int
    value: float
    seconds: float
    bundle_bytes: int
    predict_milliseconds: float


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """Everything of a run but its curve and its predictions, ready for a snapshot."""

    run_id: int
    content_hash: str
    task: str
    family: str
    metric: str
    split_hash: str
    space: str
    version: str
    architecture: str
    decisions: Json
    seed: int
    fidelity: float
    origin: Origin
    state: RunState
    error: str | None
    steps: int | None
    code_version: str
    libraries: Json
    started_at: datetime
    ended_at: datetime
    metrics: dict[tuple[str, str], float]
    cost: dict[str, float]


def tasks(session: Session, *, names: Iterable[str] | None = None) -> Sequence[tuple[TaskRow, DatasetRow]]:
    """Tasks with their datasets, by name; all of them, or those named."""
    wanted = select(TaskRow, DatasetRow).join(DatasetRow, TaskRow.dataset_id == DatasetRow.id)
    if names is not None:
        wanted = wanted.where(TaskRow.name.in_(list(names)))
    return [(task, dataset) for task, dataset in session.execute(wanted.order_by(TaskRow.name, TaskRow.id))]


def task_with_split(session: Session, task_id: int) -> TaskRow:
    """A task with its packed row numbers loaded; raises NoResultFound."""
    columns = (TaskRow.train_rows, TaskRow.validation_rows, TaskRow.test_rows)
    return session.scalars(select(TaskRow).where(TaskRow.id == task_id).options(*map(undefer, columns))).one()


def samples(session: Session, *, module: str, module_version: str) -> Sequence[TaskSampleRow]:
    """What the value network sees of every task, by task."""
    version = (TaskSampleRow.module == module, TaskSampleRow.module_version == module_version)
    return session.scalars(select(TaskSampleRow).where(*version).order_by(TaskSampleRow.task_id)).all()


def tasks_of_dataset(session: Session, dataset_id: UUID) -> Sequence[TaskRow]:
    return session.scalars(select(TaskRow).where(TaskRow.dataset_id == dataset_id).order_by(TaskRow.id)).all()


def architectures(session: Session, *, space: str, version: str) -> Sequence[ArchitectureRow]:
    """Every architecture of a space that was ever stored, oldest first."""
    of_space = (ArchitectureRow.space == space, ArchitectureRow.version == version)
    return session.scalars(select(ArchitectureRow).where(*of_space).order_by(ArchitectureRow.id)).all()


def pending(session: Session, planned: Sequence[PlannedRun], *, fidelity: float = 1.0) -> list[PlannedRun]:
    """Those planned that nobody has run yet, in the order planned; a failure counts as run."""
    keys = select(RunRow.task_id, RunRow.architecture_id, RunRow.seed)
    done = {PlannedRun(*key) for key in session.execute(keys.where(RunRow.fidelity == fidelity))}
    return [run for run in planned if run not in done]


def runs_of(session: Session, task_id: int, *, space: str | None = None) -> Sequence[RunRow]:
    """The runs of one task, oldest first."""
    wanted = select(RunRow).where(RunRow.task_id == task_id)
    if space is not None:
        wanted = wanted.join(ArchitectureRow, ArchitectureRow.id == RunRow.architecture_id)
        wanted = wanted.where(ArchitectureRow.space == space)
    return session.scalars(wanted.order_by(RunRow.id)).all()


def run_counts(session: Session) -> dict[tuple[str, RunState], int]:
    """How many runs each task has in each state, by task name."""
    counted = (
        select(TaskRow.name, RunRow.state, func.count())
        .join(TaskRow, TaskRow.id == RunRow.task_id)
        .group_by(TaskRow.name, RunRow.state)
        .order_by(TaskRow.name, RunRow.state)
    )
    return {(name, state): count for name, state, count in session.execute(counted)}


def run_seconds(session: Session, *, space: str) -> dict[int, float]:
    """Mean seconds by the clock that a run of a space took, by task."""
    took = func.avg(func.extract("epoch", RunRow.ended_at - RunRow.started_at))
    of_space = ArchitectureRow.space == space
    joined = select(RunRow.task_id, took).join(ArchitectureRow, ArchitectureRow.id == RunRow.architecture_id)
    rows = session.execute(joined.where(of_space).group_by(RunRow.task_id).order_by(RunRow.task_id))
    return {task_id: float(seconds) for task_id, seconds in rows}


def observations(
    session: Session, *, space: str, version: str, metric: str = "accuracy"
) -> list[Observation]:
    """Finished runs of a space with their validation score; the test part is out of reach here."""
    joined = (
        select(RunRow, TaskRow.family, ArchitectureRow.decisions, RunMetricRow.value, RunCostRow)
        .join(TaskRow, TaskRow.id == RunRow.task_id)
        .join(ArchitectureRow, ArchitectureRow.id == RunRow.architecture_id)
        .join(RunMetricRow, RunMetricRow.run_id == RunRow.id)
        .join(RunCostRow, RunCostRow.run_id == RunRow.id)
        .where(ArchitectureRow.space == space, ArchitectureRow.version == version)
        .where(RunMetricRow.split == "validation", RunMetricRow.metric == metric)
        .where(RunRow.state == RunState.finished, RunRow.fidelity == 1.0)
        .order_by(RunRow.id)
    )
    return [
        Observation(
            run_id=run.id,
            task_id=run.task_id,
            family=family,
            architecture_id=run.architecture_id,
            decisions=decisions,
            seed=run.seed,
            value=value,
            seconds=cost.embed_seconds + cost.train_seconds,
            bundle_bytes=cost.bundle_bytes,
            predict_milliseconds=cost.predict_milliseconds,
        )
        for run, family, decisions, value, cost in session.execute(joined)
    ]


def recorded_runs(session: Session, *, space: str, version: str) -> Iterator[RecordedRun]:
    """Every run of a space, failures included, by natural key; read in pages of a few hundred."""
    joined = (
        select(RunRow, TaskRow, DatasetRow.content_hash, ArchitectureRow, RunCostRow)
        .join(TaskRow, TaskRow.id == RunRow.task_id)
        .join(DatasetRow, DatasetRow.id == TaskRow.dataset_id)
        .join(ArchitectureRow, ArchitectureRow.id == RunRow.architecture_id)
        .outerjoin(RunCostRow, RunCostRow.run_id == RunRow.id)
        .where(ArchitectureRow.space == space, ArchitectureRow.version == version)
        .order_by(TaskRow.name, TaskRow.id, ArchitectureRow.hash, RunRow.seed, RunRow.fidelity)
    )
    for page in session.execute(joined).partitions(FETCH_ROWS):
        metrics = metrics_of(session, [run.id for run, *_ in page])
        for run, task, content_hash, architecture, cost in page:
            yield recorded(run, task, content_hash, architecture, metrics.get(run.id, {}), cost)


def recorded(
    run: RunRow,
    task: TaskRow,
    content_hash: str,
    architecture: ArchitectureRow,
    metrics: dict[tuple[str, str], float],
    cost: RunCostRow | None,
) -> RecordedRun:
    return RecordedRun(
        run_id=run.id,
        content_hash=content_hash,
        task=task.name,
        family=task.family,
        metric=task.metric,
        split_hash=task.split_hash,
        space=architecture.space,
        version=architecture.version,
        architecture=architecture.hash,
        decisions=architecture.decisions,
        seed=run.seed,
        fidelity=run.fidelity,
        origin=run.origin,
        state=run.state,
        error=run.error,
        steps=run.steps,
        code_version=run.code_version,
        libraries=run.libraries,
        started_at=run.started_at,
        ended_at=run.ended_at,
        metrics=metrics,
        cost=cost_of(cost),
    )


def cost_of(cost: RunCostRow | None) -> dict[str, float]:
    """The columns of a cost row by name; empty for a run that failed before it cost anything."""
    if cost is None:
        return {}
    names = [column.name for column in RunCostRow.__table__.columns if column.name != "run_id"]
    return {name: getattr(cost, name) for name in names}


def metrics_of(session: Session, run_ids: Sequence[int]) -> dict[int, dict[tuple[str, str], float]]:
    """The scores of some runs: run -> (split, metric) -> value."""
    found: dict[int, dict[tuple[str, str], float]] = {}
    wanted = select(RunMetricRow).where(RunMetricRow.run_id.in_(list(run_ids)))
    for row in session.scalars(wanted.order_by(RunMetricRow.run_id, RunMetricRow.split, RunMetricRow.metric)):
        found.setdefault(row.run_id, {})[row.split, row.metric] = row.value
    return found


def curve_of(session: Session, run_id: int) -> Sequence[RunCurveRow]:
    """The learning curve of a run, by metric and step."""
    wanted = select(RunCurveRow).where(RunCurveRow.run_id == run_id)
    return session.scalars(wanted.order_by(RunCurveRow.metric, RunCurveRow.step)).all()


def prediction_of(session: Session, run_id: int) -> RunPredictionRow | None:
    return session.get(RunPredictionRow, run_id)


def checkpoints(session: Session, *, space: str | None = None) -> Sequence[CheckpointRow]:
    """Value networks, newest first."""
    wanted = select(CheckpointRow)
    if space is not None:
        wanted = wanted.where(CheckpointRow.space == space)
    return session.scalars(wanted.order_by(CheckpointRow.created_at.desc(), CheckpointRow.id)).all()


def task_of_split(session: Session, dataset_id: UUID, split_hash: str) -> int | None:
    """The id of the task that a dataset poses with this split."""
    return session.scalar(select(TaskRow.id).filter_by(dataset_id=dataset_id, split_hash=split_hash))


def families_with_samples(
    session: Session, *, module: str, module_version: str
) -> Sequence[tuple[str, TaskSampleRow]]:
    """The family and the sample of each task that has one, by task."""
    joined = select(TaskRow.family, TaskSampleRow).join(TaskRow, TaskRow.id == TaskSampleRow.task_id)
    of_module = joined.where(TaskSampleRow.module == module, TaskSampleRow.module_version == module_version)
    rows = session.execute(of_module.where(TaskSampleRow.rows > 0).order_by(TaskRow.id))
    return [(family, sample) for family, sample in rows]


def shared_tasks(
    session: Session, *, dataset_id: UUID | None = None
) -> Sequence[tuple[TaskRow, SharedTaskRow]]:
    """The tasks of datasets whose owners share them, by task; all, or those of one dataset."""
    joined = select(TaskRow, SharedTaskRow).join(SharedTaskRow, SharedTaskRow.task_id == TaskRow.id)
    if dataset_id is not None:
        joined = joined.where(TaskRow.dataset_id == dataset_id)
    return [(task, shared) for task, shared in session.execute(joined.order_by(TaskRow.id))]


def public_tasks(session: Session) -> Sequence[tuple[TaskRow, DatasetRow]]:
    """The tasks that the operator added, by name; not those of users, who train on theirs themselves."""
    users = {task.id for task, _ in shared_tasks(session)}
    return [(task, dataset) for task, dataset in tasks(session) if task.id not in users]


def named_runs(session: Session, run_ids: Sequence[int]) -> Sequence[tuple[str, str, ArchitectureRow, int]]:
    """The natural keys of some runs: content hash, split hash, architecture, seed."""
    joined = (
        select(DatasetRow.content_hash, TaskRow.split_hash, ArchitectureRow, RunRow.seed)
        .join(TaskRow, TaskRow.dataset_id == DatasetRow.id)
        .join(RunRow, RunRow.task_id == TaskRow.id)
        .join(ArchitectureRow, ArchitectureRow.id == RunRow.architecture_id)
        .where(RunRow.id.in_(list(run_ids)))
    )
    rows = session.execute(joined.order_by(RunRow.id))
    return [(content, split, architecture, seed) for content, split, architecture, seed in rows]
