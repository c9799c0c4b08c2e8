"""The experiment database becomes a Parquet snapshot without texts, and a snapshot comes back into it.

Decision: rows are ordered by natural keys, never by the numbers of one database.
Why: a snapshot that was restored elsewhere is exported again to the byte.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from app.datasets.tables import DatasetRow, Visibility
from app.experiments import queries, records, service
from app.experiments.queries import RecordedRun
from app.experiments.tables import ArchitectureRow, Origin, RunCurveRow, TaskRow, TaskSampleRow
from dvn.architecture import SPACES
from dvn.embeddings import MODULES
from dvn.errors import ArchitectureError
from dvn.metafeatures.task_sample import TABLE
from dvn.value_network.snapshot import (
    COSTS,
    CURVES,
    METRICS,
    RUN_KEY,
    RUNS,
    TASKS,
    UnusableSnapshotError,
    read_rows,
    write_snapshot,
)

Row = Mapping[str, Any]
TaskKey = tuple[str, str]
RunKey = tuple[Any, ...]
_StoredTask = tuple[TaskRow, DatasetRow, TaskSampleRow | None]

WITHHELD: Final = "The reason names a class, so it stays where the run was made."
_TASK_COLUMNS = ("name", "family", "split_seed", "split_hash", "train_rows", "validation_rows", "test_rows")


def write(session: Session, folder: Path, *, space: str) -> dict[str, int]:
    """Write tasks, runs and curves of all versions of a space; returns how many of each.

    Class names and texts stay behind: what leaves is counts, row numbers and anonymous eight-bit vectors.
    """
    tasks: dict[TaskKey, Row] = {}
    classes: dict[TaskKey, Sequence[str]] = {}
    for task, dataset, sample in _stored_tasks(session):
        key = (dataset.content_hash, task.split_hash)
        tasks[key], classes[key] = _task_row(task, dataset, sample), list(dataset.class_counts)
    place = {key: number for number, key in enumerate(tasks)}
    recorded = _distinct(sorted(_recorded(session, space), key=lambda run: _order(run, place)))
    used = {(run.content_hash, run.split_hash) for run in recorded}
    curves = list(_curve_rows(session, recorded))
    write_snapshot(
        folder,
        {
            TASKS: [row for key, row in tasks.items() if key in used],
            RUNS: [_run_row(run, classes[run.content_hash, run.split_hash]) for run in recorded],
            CURVES: curves,
        },
    )
    return {"tasks": len(used), "runs": len(recorded), "curve_points": len(curves)}


def restore(session: Session, folder: Path) -> int:
    """Bring a snapshot's tasks and runs into the database; what is there already stays. Counts the runs.

    Raises:
        UnusableSnapshotError: A file is missing, damaged or of another form.
    """
    tasks = {
        (row["content_hash"], row["split_hash"]): _restore_task(session, row)
        for row in read_rows(folder, TASKS)
    }
    curves: dict[RunKey, list[tuple[int, str, float, float]]] = {}
    for point in read_rows(folder, CURVES):
        values = (point["step"], point["metric"], point["value"], point["seconds"])
        curves.setdefault(_key(point), []).append(values)
    architectures: dict[tuple[str, str, str], int] = {}
    runs: list[Row] = list(read_rows(folder, RUNS))
    for row in runs:
        try:
            name = (row["space"], row["version"], row["architecture"])
            if name not in architectures:
                architectures[name] = _restore_architecture(session, row)
            task_id = tasks[row["content_hash"], row["split_hash"]]
            record = _record(row, task_id, architectures[name], curves.get(_key(row), []))
        except (KeyError, ValueError, TypeError) as error:
            reason = f"the run {' '.join(map(str, _key(row)))} is not whole"
            raise UnusableSnapshotError(folder, reason) from error
        records.record_run(session, record)
    return len(runs)


def _recorded(session: Session, space: str) -> Iterator[RecordedRun]:
    versions = select(ArchitectureRow.version).where(ArchitectureRow.space == space).distinct()
    for version in session.scalars(versions.order_by(ArchitectureRow.version)).all():
        yield from queries.recorded_runs(session, space=space, version=version)


def _order(run: RecordedRun, place: Mapping[TaskKey, int]) -> tuple[int, str, str, int, float, float]:
    task = place[run.content_hash, run.split_hash]
    return task, run.version, run.architecture, run.seed, run.fidelity, run.ended_at.timestamp()


def _distinct(runs: Sequence[RecordedRun]) -> list[RecordedRun]:
    """The first of each natural key: two accounts may share the same texts, which taught once."""
    found: dict[RunKey, RecordedRun] = {}
    for run in runs:
        key = (run.content_hash, run.split_hash, run.version, run.architecture, run.seed, run.fidelity)
        found.setdefault(key, run)
    return list(found.values())


def _stored_tasks(session: Session) -> list[_StoredTask]:
    """Every task with each sample of it, or none; the one that the present table made comes last."""
    joined = (
        select(TaskRow, DatasetRow, TaskSampleRow)
        .join(DatasetRow, DatasetRow.id == TaskRow.dataset_id)
        .outerjoin(TaskSampleRow, TaskSampleRow.task_id == TaskRow.id)
        .options(*map(undefer, (TaskRow.train_rows, TaskRow.validation_rows, TaskRow.test_rows)))
    )
    stored = [(task, dataset, sample) for task, dataset, sample in session.execute(joined)]
    return sorted(stored, key=_task_order)


def _task_order(stored: _StoredTask) -> tuple[str, str, str, bool, str]:
    task, dataset, sample = stored  # Compared here, since databases collate names in different ways.
    made_by = "" if sample is None else f"{sample.module} {sample.module_version}"
    is_current = made_by == f"{TABLE} {MODULES[TABLE].version}"
    return task.name, dataset.content_hash, task.split_hash, is_current, made_by


def _task_row(task: TaskRow, dataset: DatasetRow, stored: TaskSampleRow | None) -> Row:
    sample = None if stored is None else records.sample_of(stored)
    return {
        **{name: getattr(task, name) for name in _TASK_COLUMNS},
        "language": next(iter(dataset.languages), None),
        "licence": dataset.licence,
        "content_hash": dataset.content_hash,
        "rows": service.rows_of(task, dataset),
        "classes": dataset.classes,
        "class_counts": sorted(dataset.class_counts.values(), reverse=True),
        "module": sample and sample.module,
        "module_version": sample and sample.module_version,
        "handmade": sorted(sample.metafeatures.items()) if sample else [],
        "vectors": sample.vectors.tobytes() if sample else b"",
        "sample_classes": sample.classes.tolist() if sample else [],
    }


def _run_row(run: RecordedRun, classes: Sequence[str]) -> Row:
    return {
        **{name: getattr(run, name) for name in (*RUN_KEY, "space", "version", "steps", "code_version")},
        "decisions": json.dumps(run.decisions, sort_keys=True),
        "origin": str(run.origin),
        "state": str(run.state),
        "error": run.error and without_classes(run.error, classes),
        **{f"{part}_{metric}": run.metrics.get((part, metric)) for part, metric in METRICS},
        **{cost: run.cost.get(cost) for cost in COSTS},
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "libraries": json.dumps(run.libraries, sort_keys=True),
    }


def without_classes(reason: str, classes: Sequence[str]) -> str:
    """The reason of a failure, withheld as a whole where it holds the name of a class."""
    names = "|".join(re.escape(name) for name in classes if name)
    holds_name = bool(names) and re.search(rf"(?<!\w)(?:{names})(?!\w)", reason) is not None
    return WITHHELD if holds_name else reason


def _curve_rows(session: Session, runs: Sequence[RecordedRun]) -> Iterator[Row]:
    """The points of these runs, run by run."""
    for start in range(0, len(runs), queries.FETCH_ROWS):
        page = {run.run_id: run for run in runs[start : start + queries.FETCH_ROWS]}
        wanted = select(RunCurveRow).where(RunCurveRow.run_id.in_(page))
        points: dict[int, list[RunCurveRow]] = {}
        for point in session.scalars(wanted.order_by(RunCurveRow.metric, RunCurveRow.step)):
            points.setdefault(point.run_id, []).append(point)
        for number, run in page.items():
            key = {name: getattr(run, name) for name in RUN_KEY}
            for point in points.get(number, []):
                values = {"step": point.step, "metric": point.metric, "value": point.value}
                yield {**key, **values, "seconds": point.seconds}


def _restore_task(session: Session, row: Row) -> int:
    counts = {f"class {number}": count for number, count in enumerate(row["class_counts"], start=1)}
    dataset_id = records.upsert_dataset(
        session,
        records.DatasetFacts(
            content_hash=row["content_hash"],
            name=row["name"],
            text_column="text",
            label_column="label",
            rows=row["rows"],
            class_counts=counts,
            languages=[row["language"]] if row["language"] else [],
            licence=row["licence"],
            visibility=Visibility.private,
        ),
    )
    key = {"dataset_id": dataset_id, "metric": "accuracy", "split_hash": row["split_hash"]}
    new = insert(TaskRow).values({name: row[name] for name in _TASK_COLUMNS} | key)
    session.execute(new.on_conflict_do_nothing(index_elements=list(key)))
    task_id = session.execute(select(TaskRow.id).filter_by(**key)).scalar_one()
    if row["module"] is not None:
        classes = np.array(row["sample_classes"], dtype=np.int16)
        flat = np.frombuffer(row["vectors"], dtype=np.int8)
        vectors = flat.reshape(len(classes), len(flat) // max(1, len(classes)))
        facts = records.SampleFacts(
            row["module"], row["module_version"], vectors, classes, dict(row["handmade"])
        )
        records.upsert_sample(session, task_id, facts)
    return task_id


def _restore_architecture(session: Session, row: Row) -> int:
    """The row of a run's architecture; one of another version, or of an unknown space, without a vector."""
    decisions = json.loads(row["decisions"])
    space = SPACES.get(row["space"])
    if space is not None and row["version"] == str(space.version):
        try:
            architecture = space.parse(decisions)
        except ArchitectureError:
            pass  # The run happened, whatever the space has become.
        else:
            if architecture.hash == row["architecture"]:
                return service.store_architecture(session, architecture)
    description = {"space": row["space"], "version": row["version"], "decisions": decisions}
    return records.upsert_architecture(session, description, row["architecture"])


def _record(
    row: Row, task_id: int, architecture_id: int, curve: Sequence[tuple[int, str, float, float]]
) -> records.RunRecord:
    metrics = {(part, metric): row[f"{part}_{metric}"] for part, metric in METRICS}
    cost = {cost: row[cost] for cost in COSTS}
    return records.RunRecord(
        task_id=task_id,
        architecture_id=architecture_id,
        seed=row["seed"],
        origin=Origin(row["origin"]),
        code_version=row["code_version"],
        libraries=json.loads(row["libraries"]),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        fidelity=row["fidelity"],
        steps=row["steps"],
        error=row["error"],
        metrics={name: value for name, value in metrics.items() if value is not None},
        curve=curve,
        cost=None if None in cost.values() else cost,
    )


def _key(row: Row) -> RunKey:
    return tuple(row[name] for name in RUN_KEY)
