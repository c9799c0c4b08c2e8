"""A snapshot holds all that was learned and nothing that was said."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.datasets.tables import DatasetRow
from app.db.owned import AccountRow
from app.experiments import queries, records, service, snapshots
from app.experiments.tables import ArchitectureRow, Origin, RunRow, RunState, TaskRow, TaskSampleRow
from app.storage import Storage
from dvn.architecture import Architecture, get_space
from dvn.value_network.snapshot import CURVES, RUNS, TASKS, UnusableSnapshotError, read_experience, read_rows
from tests.app.experiments.conftest import wide_architectures, write_csv

VERSION = str(get_space("wide_deep").version)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLASSES = ("zebrafinch", "quokka")
OLD = {"space": "wide_deep", "version": "0", "decisions": {"layers": 2}}
CHANGED_COST = {
    "embed_seconds": 0.1, "train_seconds": 1.25, "predict_milliseconds": 0.3,
    "peak_bytes": 2**40, "parameters": 70_001, "bundle_bytes": 123_456,
}  # fmt: skip


def finished(task_id: int, architecture_id: int, number: int = 0) -> records.RunRecord:
    return records.RunRecord(
        task_id=task_id,
        architecture_id=architecture_id,
        seed=number,
        origin=Origin.shared,
        code_version="1",
        libraries={"torch": "2", "numpy": "1"},
        started_at=NOW + timedelta(microseconds=number),
        ended_at=NOW + timedelta(seconds=3, microseconds=1),
        steps=250,
        metrics={
            ("validation", "accuracy"): 1 / 3, ("validation", "macro_f1"): 0.3,
            ("test", "accuracy"): 2 / 3, ("test", "macro_f1"): 0.6,
        },
        curve=[(100, "validation_accuracy", 0.1, 0.2), (200, "validation_accuracy", 1 / 3, 0.7)],
        cost=CHANGED_COST,
        validation_probabilities=np.full((2, 2), 0.5),
    )  # fmt: skip


def failed(task_id: int, architecture_id: int, reason: str) -> records.RunRecord:
    bare = {"metrics": None, "cost": None, "curve": (), "validation_probabilities": None, "steps": None}
    return replace(finished(task_id, architecture_id), error=reason, **bare)  # type: ignore[arg-type]


@pytest.fixture
def texts(session: Session, tmp_path: Path) -> list[str]:
    """Two tasks with three finished runs, two failures and a run of an older version; gives their texts."""
    storage = Storage(tmp_path / "data")
    first, second, third = (service.store_architecture(session, one) for one in wide_architectures(3))
    old = records.upsert_architecture(session, OLD, "0ld")
    said = []
    for seed, name in enumerate(("b task", "a task")):
        path = write_csv(tmp_path / f"{name}.csv", rows=60, seed=seed, names=CLASSES)
        [task] = service.add_tasks(session, storage, path, family="one family")
        said += [row.rpartition(",")[0] for row in path.read_text().splitlines()[1:]]
        records.record_run(session, finished(task.id, second))
        records.record_run(session, failed(task.id, third, "The loss stopped being finite at step 3."))
    records.record_run(session, finished(task.id, first))
    records.record_run(session, replace(failed(task.id, first, "The class 'quokka' is odd."), seed=7))
    records.record_run(session, finished(task.id, old))
    return said


def forget(session: Session) -> None:
    for table in (RunRow, TaskSampleRow, TaskRow, DatasetRow, ArchitectureRow):
        session.execute(table.__table__.delete())  # type: ignore[attr-defined]
    session.expunge_all()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_restored_snapshot_is_exported_again_to_the_byte(
    session: Session, texts: list[str], tmp_path: Path
) -> None:
    snapshots.write(session, tmp_path / "one", space="wide_deep")
    forget(session)
    assert snapshots.restore(session, tmp_path / "one") == 7
    snapshots.write(session, tmp_path / "two", space="wide_deep")
    assert list(contents(tmp_path / "one")) == [CURVES, RUNS, TASKS]
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_restoring_twice_adds_nothing(session: Session, texts: list[str], tmp_path: Path) -> None:
    snapshots.write(session, tmp_path / "one", space="wide_deep")
    snapshots.restore(session, tmp_path / "one")
    assert session.scalar(select(func.count()).select_from(RunRow)) == 7
    assert session.scalar(select(func.count()).select_from(TaskRow)) == 2


def test_no_text_and_no_class_name_leaves(session: Session, texts: list[str], tmp_path: Path) -> None:
    snapshots.write(session, tmp_path / "one", space="wide_deep")
    shown = "".join(repr(parquet.read_table(path).to_pylist()) for path in (tmp_path / "one").iterdir())
    stored = b"".join(contents(tmp_path / "one").values())
    words = {word for text in texts for word in text.split() if len(word) > 4}
    assert len(texts) == 120
    for name in (*CLASSES, *texts, *words - {"class", "train"}):
        assert name not in shown
        assert name.encode() not in stored
    assert "b task" in shown, "what is looked for would be found"


def test_failures_leave_with_their_reason_unless_it_names_a_class(
    session: Session, texts: list[str], tmp_path: Path
) -> None:
    snapshots.write(session, tmp_path / "one", space="wide_deep")
    reasons = [row["error"] for row in read_rows(tmp_path / "one", RUNS) if row["state"] == "failed"]
    finite = "The loss stopped being finite at step 3."
    assert sorted(reasons) == [finite, finite, snapshots.WITHHELD]


@pytest.mark.parametrize(
    ("classes", "is_withheld"), [(["3"], True), (["finite"], True), (["fin", "", "loss!"], False)]
)
def test_a_reason_is_withheld_for_a_whole_name_only(classes: list[str], is_withheld: bool) -> None:
    reason = "The loss stopped being finite at step 3."
    assert snapshots.without_classes(reason, classes) == (snapshots.WITHHELD if is_withheld else reason)


def test_runs_of_an_older_version_survive_and_are_not_learned_from(
    session: Session, texts: list[str], tmp_path: Path
) -> None:
    snapshots.write(session, tmp_path / "one", space="wide_deep")
    forget(session)
    snapshots.restore(session, tmp_path / "one")
    old = session.scalars(select(ArchitectureRow).where(ArchitectureRow.version == "0")).one()
    assert (old.hash, old.decisions, old.vector) == ("0ld", OLD["decisions"], None)
    experience = read_experience(tmp_path / "one", "wide_deep")
    assert len(experience.runs) == 3
    assert [task.name for task in experience.tasks] == ["a task", "b task"]


def test_a_restored_run_is_whole_and_not_planned_again(
    session: Session, texts: list[str], tmp_path: Path, cheap: Callable[[int], list[Architecture]]
) -> None:
    snapshots.write(session, tmp_path / "one", space="wide_deep")
    forget(session)
    snapshots.restore(session, tmp_path / "one")
    [run] = [
        run
        for run in queries.recorded_runs(session, space="wide_deep", version=VERSION)
        if (run.task, run.state) == ("b task", RunState.finished)
    ]
    assert run.metrics["validation", "accuracy"] == 1 / 3
    assert run.cost == CHANGED_COST
    assert [point.step for point in queries.curve_of(session, run.run_id)] == [100, 200]
    wanted = service.Wanted("wide_deep", shared=3, random=0)
    planned = service.plan_runs(session, Storage(tmp_path / "data"), wanted, names=["b task"])
    [plan] = planned.plans
    assert [architecture for _, architecture, _, _ in plan.runs] == wide_architectures(1)


def test_a_task_without_a_present_sample_keeps_its_runs_and_teaches_nothing(
    session: Session, texts: list[str], tmp_path: Path
) -> None:
    session.execute(TaskSampleRow.__table__.update().values(module_version="of old"))  # type: ignore[attr-defined]
    assert snapshots.write(session, tmp_path / "one", space="wide_deep")["runs"] == 7
    assert read_experience(tmp_path / "one", "wide_deep").tasks == ()
    forget(session)
    snapshots.restore(session, tmp_path / "one")
    assert set(session.scalars(select(TaskSampleRow.module_version))) == {"of old"}


TWIN_DATASET = ("content_hash", "name", "text_column", "label_column", "rows", "classes", "class_counts")
TWIN_TASK = (
    "name", "family", "metric", "split_seed", "split_hash", "train_rows", "validation_rows", "test_rows",
)  # fmt: skip


def twin_of(session: Session, task: TaskRow) -> TaskRow:
    """The task that another account's dataset of the same texts poses."""
    dataset, other = session.get_one(DatasetRow, task.dataset_id), AccountRow(email="other@example.org")
    session.add(other)
    session.flush()
    twin = DatasetRow(**{name: getattr(dataset, name) for name in TWIN_DATASET}, owner_id=other.id)
    session.add(twin)
    session.flush()
    copy = TaskRow(dataset_id=twin.id, **{name: getattr(task, name) for name in TWIN_TASK})
    session.add(copy)
    session.flush()
    return copy


def test_the_same_texts_of_two_accounts_teach_once(
    session: Session, texts: list[str], tmp_path: Path
) -> None:
    before = snapshots.write(session, tmp_path / "one", space="wide_deep")
    copy = twin_of(session, session.scalars(select(TaskRow).order_by(TaskRow.id)).all()[0])
    architecture = service.store_architecture(session, wide_architectures(2)[1])
    records.record_run(session, finished(copy.id, architecture))
    assert snapshots.write(session, tmp_path / "two", space="wide_deep") == before


def test_a_run_without_its_task_is_refused(session: Session, texts: list[str], tmp_path: Path) -> None:
    snapshots.write(session, tmp_path / "one", space="wide_deep")
    tasks = parquet.read_table(tmp_path / "one" / TASKS)
    parquet.write_table(tasks.slice(1), tmp_path / "one" / TASKS)
    with pytest.raises(UnusableSnapshotError, match="is not whole; `forethought export`"):
        snapshots.restore(session, tmp_path / "one")


def test_a_licence_travels_with_its_task(session: Session, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "mr.csv", rows=60)
    (tmp_path / "catalog.json").write_text(json.dumps([{"slug": "mr", "licence": "CC0", "language": "en"}]))
    [task] = service.add_tasks(session, Storage(tmp_path / "data"), path)
    [architecture] = wide_architectures(1)
    records.record_run(session, finished(task.id, service.store_architecture(session, architecture)))
    snapshots.write(session, tmp_path / "one", space="wide_deep")
    forget(session)
    snapshots.restore(session, tmp_path / "one")
    [(_, dataset)] = queries.tasks(session)
    assert (dataset.licence, dataset.languages, dataset.class_counts) == (
        "CC0", ["en"], {"class 1": 30, "class 2": 30},
    )  # fmt: skip


def test_a_smaller_task_leaves_with_its_own_number_of_rows(session: Session, tmp_path: Path) -> None:
    storage = Storage(tmp_path / "data")
    path = write_csv(tmp_path / "reviews.csv", rows=300)
    [architecture] = (service.store_architecture(session, one) for one in wide_architectures(1))
    for task in service.add_tasks(session, storage, path, sizes=(50,)):
        records.record_run(session, finished(task.id, architecture))
    snapshots.write(session, tmp_path / "snapshot", space="wide_deep")
    rows = {row["name"]: row["rows"] for row in read_rows(tmp_path / "snapshot", TASKS)}
    assert rows == {"reviews": 300, "reviews@50": 50}
