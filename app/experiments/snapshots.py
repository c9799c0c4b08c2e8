"""The experiment database becomes a Parquet snapshot without texts, and a snapshot comes back into it."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from app.datasets.tables import DatasetRow, Visibility
from app.experiments import queries, records, service
from app.experiments.tables import Origin, RunCurveRow, TaskRow, TaskSampleRow
from dvn.architecture import get_space
from dvn.value_network.snapshot import (
    COSTS,
    CURVES,
    METRICS,
    RUN_KEY,
    RUNS,
    TASKS,
    read_rows,
    write_rows,
)

Row = Mapping[str, Any]


def write(session: Session, folder: Path, *, space: str) -> dict[str, int]:
    """Write tasks, runs and curves of one space; returns how many of each.

    Class names and texts stay behind: what leaves is counts, row numbers and anonymous eight-bit vectors.
    """
    version = str(get_space(space).version)
    recorded = list(queries.recorded_runs(session, space=space, version=version))
    used = {(run.content_hash, run.split_hash) for run in recorded}
    tasks = [row for row in _task_rows(session) if (row["content_hash"], row["split_hash"]) in used]
    curves = list(_curve_rows(session, {run.run_id: run for run in recorded}))
    write_rows(folder, TASKS, tasks)
    write_rows(folder, RUNS, [_run_row(run) for run in recorded])
    write_rows(folder, CURVES, curves)
    return {"tasks": len(tasks), "runs": len(recorded), "curve_points": len(curves)}


def restore(session: Session, folder: Path) -> int:
    """Bring a snapshot's tasks and runs into the database; those that are there already stay. Counts the runs."""
    tasks = {
        (row["content_hash"], row["split_hash"]): _restore_task(session, row)
        for row in read_rows(folder, TASKS)
    }
    curves: dict[tuple[Any, ...], list[tuple[int, str, float, float]]] = {}
    for point in read_rows(folder, CURVES):
        values = (point["step"], point["metric"], point["value"], point["seconds"])
        curves.setdefault(_key(point), []).append(values)  # type: ignore[arg-type]  # typed by the schema
    runs = read_rows(folder, RUNS)
    for row in runs:
        task_id = tasks[row["content_hash"], row["split_hash"]]
        records.record_run(session, _record(session, row, task_id, curves.get(_key(row), [])))
    return len(runs)


def _task_rows(session: Session) -> Iterator[Row]:
    parts = (TaskRow.train_rows, TaskRow.validation_rows, TaskRow.test_rows)
    joined = (
        select(TaskRow, DatasetRow, TaskSampleRow)
        .join(DatasetRow, DatasetRow.id == TaskRow.dataset_id)
        .join(TaskSampleRow, TaskSampleRow.task_id == TaskRow.id)
        .where(TaskSampleRow.module_version == service.MODULES[service.TABLE].version)
        .options(*map(undefer, parts))
        .order_by(TaskRow.name, TaskRow.id)
    )
    for task, dataset, stored in session.execute(joined):
        sample = records.sample_of(stored)
        yield {
            "name": task.name,
            "family": task.family,
            "language": next(iter(dataset.languages), None),
            "content_hash": dataset.content_hash,
            "split_seed": task.split_seed,
            "split_hash": task.split_hash,
            "train_rows": task.train_rows,
            "validation_rows": task.validation_rows,
            "test_rows": task.test_rows,
            "rows": dataset.rows,
            "classes": dataset.classes,
            "class_counts": sorted(dataset.class_counts.values(), reverse=True),
            "module": sample.module,
            "module_version": sample.module_version,
            "handmade": list(sample.metafeatures.items()),
            "vectors": sample.vectors.tobytes(),
            "sample_classes": sample.classes.tolist(),
        }


def _run_row(run: queries.RecordedRun) -> Row:
    return {
        "content_hash": run.content_hash,
        "split_hash": run.split_hash,
        "architecture": run.architecture,
        "seed": run.seed,
        "fidelity": run.fidelity,
        "space": run.space,
        "version": run.version,
        "decisions": json.dumps(run.decisions, sort_keys=True),
        "origin": str(run.origin),
        "state": str(run.state),
        "error": run.error,
        "steps": run.steps,
        **{f"{part}_{metric}": run.metrics.get((part, metric)) for part, metric in METRICS},
        **{cost: run.cost.get(cost) for cost in COSTS},
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "code_version": run.code_version,
        "libraries": json.dumps(run.libraries, sort_keys=True),
    }


def _curve_rows(session: Session, runs: Mapping[int, queries.RecordedRun]) -> Iterator[Row]:
    wanted = select(RunCurveRow).order_by(RunCurveRow.run_id, RunCurveRow.metric, RunCurveRow.step)
    for point in session.scalars(wanted):
        if (run := runs.get(point.run_id)) is not None:
            key = {name: getattr(run, name) for name in RUN_KEY}
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
            visibility=Visibility.private,
        ),
    )
    new = insert(TaskRow).values(
        dataset_id=dataset_id,
        metric="accuracy",
        **{
            name: row[name]
            for name in (
                "name",
                "family",
                "split_seed",
                "split_hash",
                "train_rows",
                "validation_rows",
                "test_rows",
            )
        },
    )
    session.execute(new.on_conflict_do_nothing(index_elements=["dataset_id", "metric", "split_hash"]))
    found = select(TaskRow.id).filter_by(
        dataset_id=dataset_id, metric="accuracy", split_hash=row["split_hash"]
    )
    task_id = session.execute(found).scalar_one()
    classes = np.array(row["sample_classes"], dtype=np.int16)
    vectors = np.frombuffer(row["vectors"], dtype=np.int8).reshape(len(classes), -1)
    facts = records.SampleFacts(row["module"], row["module_version"], vectors, classes, dict(row["handmade"]))
    records.upsert_sample(session, task_id, facts)
    return task_id


def _record(
    session: Session, row: Row, task_id: int, curve: list[tuple[int, str, float, float]]
) -> records.RunRecord:
    decisions = json.loads(row["decisions"])
    space = get_space(row["space"])
    if row["version"] == str(space.version):
        architecture_id = service.store_architecture(session, space.parse(decisions))
    else:
        description = {"space": row["space"], "version": row["version"], "decisions": decisions}
        architecture_id = records.upsert_architecture(session, description, row["architecture"])
    has_ended_well = row["state"] == "finished"
    metrics = {(part, metric): row[f"{part}_{metric}"] for part, metric in METRICS}
    started: datetime = row["started_at"]
    return records.RunRecord(
        task_id=task_id,
        architecture_id=architecture_id,
        seed=row["seed"],
        origin=Origin(row["origin"]),
        code_version=row["code_version"],
        libraries=json.loads(row["libraries"]),
        started_at=started,
        ended_at=row["ended_at"],
        fidelity=row["fidelity"],
        steps=row["steps"],
        error=row["error"],
        metrics=metrics if has_ended_well else None,
        curve=curve,
        cost={cost: row[cost] for cost in COSTS} if has_ended_well else None,
    )


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in RUN_KEY)
