"""A snapshot is read whole or refused with the file and the reason."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from dvn.architecture import Architecture, get_space
from dvn.embeddings import MODULES
from dvn.metafeatures import HANDMADE_NAMES
from dvn.metafeatures.task_sample import TABLE
from dvn.value_network.snapshot import (
    CURVES,
    RUNS,
    TASKS,
    UnusableSnapshotError,
    read_experience,
    read_rows,
    snapshot_hash,
    write_snapshot,
)
from tests.dvn.factories import make_architecture

Row = Mapping[str, Any]
SPACE = get_space("wide_deep")


def a_task(name: str, **changed: object) -> Row:
    return {
        "name": name,
        "family": f"family of {name}",
        "content_hash": f"content of {name}",
        "split_hash": "split",
        "rows": 10,
        "classes": 2,
        "module": TABLE,
        "module_version": MODULES[TABLE].version,
        "handmade": [(HANDMADE_NAMES[0], 0.5)],
        "vectors": np.arange(128, dtype=np.int8).tobytes(),
        "sample_classes": [0, 1],
        **changed,
    }


def a_run(name: str, architecture: Architecture, **changed: object) -> Row:
    return {
        "content_hash": f"content of {name}",
        "split_hash": "split",
        "architecture": architecture.hash,
        "seed": 0,
        "fidelity": 1.0,
        "space": SPACE.name,
        "version": str(SPACE.version),
        "decisions": json.dumps(dict(architecture.decisions)),
        "origin": "shared",
        "state": "finished",
        "validation_accuracy": 0.75,
        "test_accuracy": 0.5,
        "train_seconds": 1.5,
        "bundle_bytes": 2.0,
        **changed,
    }


def write(folder: Path, tasks: Sequence[Row], runs: Sequence[Row]) -> Path:
    write_snapshot(folder, {TASKS: tasks, RUNS: runs, CURVES: []})
    return folder


def test_tasks_and_finished_runs_come_back(tmp_path: Path) -> None:
    architecture = make_architecture()
    experience = read_experience(write(tmp_path, [a_task("mr")], [a_run("mr", architecture)]), "wide_deep")
    [task], [run] = experience.tasks, experience.runs
    assert (task.name, task.family, task.description.rows) == ("mr", "family of mr", 10)
    assert task.description.handmade[0] == 0.5
    assert task.description.sample.vectors.shape == (2, 64)
    assert task.description.sample.classes.tolist() == [0, 1]
    assert run.architecture == architecture
    assert (run.task, run.is_shared, run.validation_accuracy, run.own_seconds) == (0, True, 0.75, 1.5)


def test_a_recommended_run_is_a_climbed_one_and_search_did_not_find_it(tmp_path: Path) -> None:
    first, second = make_architecture(), make_architecture(dropout=0.3)
    runs = [a_run("mr", first), a_run("mr", second, origin="recommendation")]
    experience = read_experience(write(tmp_path, [a_task("mr")], runs), "wide_deep")
    assert {run.architecture: run.is_climbed for run in experience.runs} == {first: False, second: True}
    assert [run.architecture for run in experience.searched.runs] == [first]


@pytest.mark.parametrize(
    "changed",
    [{"state": "failed"}, {"version": "0"}, {"space": "relaxed_ffnn"}, {"fidelity": 0.5}],
)
def test_what_teaches_nothing_is_left_out(tmp_path: Path, changed: Mapping[str, object]) -> None:
    runs = [a_run("mr", make_architecture()), a_run("cr", make_architecture(), **changed)]
    experience = read_experience(write(tmp_path, [a_task("cr"), a_task("mr")], runs), "wide_deep")
    assert [task.name for task in experience.tasks] == ["mr"]
    assert [run.task for run in experience.runs] == [0]


def test_a_sample_of_another_table_is_left_out(tmp_path: Path) -> None:
    tasks = [a_task("cr", module_version="of old"), a_task("mr")]
    runs = [a_run("mr", make_architecture()), a_run("cr", make_architecture())]
    assert [task.name for task in read_experience(write(tmp_path, tasks, runs), "wide_deep").tasks] == ["mr"]


def test_a_family_is_left_out_with_its_runs(tmp_path: Path) -> None:
    names = ("cr", "mr", "subj")
    runs = [a_run(name, make_architecture(), seed=seed) for seed, name in enumerate(names)]
    whole = read_experience(write(tmp_path, [a_task(name) for name in names], runs), "wide_deep")
    rest = whole.without_family("family of mr")
    assert [task.name for task in rest.tasks] == ["cr", "subj"]
    assert [(run.task, run.seed) for run in rest.runs] == [(0, 0), (1, 2)]
    assert rest.snapshot_hash != whole.snapshot_hash == snapshot_hash(tmp_path)


def test_runs_may_be_scored_by_macro_f1(tmp_path: Path) -> None:
    scores = {"validation_macro_f1": 0.6, "test_macro_f1": 0.4}
    write(tmp_path, [a_task("mr")], [a_run("mr", make_architecture(), **scores)])
    experience = read_experience(tmp_path, "wide_deep", "macro_f1")
    [run] = experience.runs
    assert (run.validation_accuracy, run.test_accuracy) == (0.6, 0.4)
    assert experience.metric == experience.of_tasks([0]).metric == "macro_f1"
    write(tmp_path, [a_task("mr")], [a_run("mr", make_architecture())])
    with pytest.raises(UnusableSnapshotError, match="lacks its validation_macro_f1"):
        read_experience(tmp_path, "wide_deep", "macro_f1")


def test_a_snapshot_of_before_balanced_accuracy_is_read(tmp_path: Path) -> None:
    write(tmp_path, [a_task("mr")], [a_run("mr", make_architecture(), test_balanced_accuracy=0.3)])
    [row] = read_rows(tmp_path, RUNS)
    assert (row["validation_balanced_accuracy"], row["test_balanced_accuracy"]) == (None, 0.3)
    runs = parquet.read_table(tmp_path / RUNS)
    later = [name for name in runs.column_names if "balanced" in name]
    parquet.write_table(runs.drop_columns(later), tmp_path / RUNS)
    [row] = read_rows(tmp_path, RUNS)
    assert [row[name] for name in later] == [None, None]
    assert len(read_experience(tmp_path, "wide_deep").runs) == 1
    assert read_experience(tmp_path, "wide_deep", "balanced_accuracy").runs == ()


def test_an_experience_scored_by_balanced_accuracy_is_without_the_runs_of_before(tmp_path: Path) -> None:
    measured = {"validation_balanced_accuracy": 0.55, "test_balanced_accuracy": 0.5}
    runs = [a_run("mr", make_architecture(), **measured), a_run("mr", make_architecture(), seed=1)]
    write(tmp_path, [a_task("mr")], runs)
    [run] = read_experience(tmp_path, "wide_deep", "balanced_accuracy").runs
    assert (run.seed, run.validation_accuracy, run.test_accuracy) == (0, 0.55, 0.5)


@pytest.mark.parametrize("name", [TASKS, RUNS])
def test_a_missing_or_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    write(tmp_path, [a_task("mr")], [a_run("mr", make_architecture())])
    (tmp_path / name).write_bytes(b"PAR1 not at all")
    with pytest.raises(UnusableSnapshotError, match=f"{name} is missing or damaged"):
        read_experience(tmp_path, "wide_deep")
    (tmp_path / name).unlink()
    with pytest.raises(UnusableSnapshotError, match=f"{name} is missing or damaged"):
        read_experience(tmp_path, "wide_deep")


def test_columns_that_are_missing_or_of_another_type_are_told(tmp_path: Path) -> None:
    write(tmp_path, [a_task("mr")], [a_run("mr", make_architecture())])
    runs = parquet.read_table(tmp_path / RUNS)
    parquet.write_table(runs.drop_columns(["seed", "state"]), tmp_path / RUNS)
    with pytest.raises(UnusableSnapshotError, match="lacks the columns seed, state"):
        read_rows(tmp_path, RUNS)
    place = runs.column_names.index("seed")
    parquet.write_table(runs.set_column(place, "seed", pa.array(["one"])), tmp_path / RUNS)
    with pytest.raises(UnusableSnapshotError, match="columns of other types"):
        read_rows(tmp_path, RUNS)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"decisions": '{"encoder": "unheard of"}'}, "architecture is none of wide_deep"),
        ({"decisions": "{"}, "architecture is none of wide_deep"),
        ({"test_accuracy": None}, "lacks its test_accuracy"),
    ],
)
def test_a_run_that_cannot_be_is_refused(tmp_path: Path, changed: Mapping[str, object], reason: str) -> None:
    write(tmp_path, [a_task("mr")], [a_run("mr", make_architecture(), **changed)])
    with pytest.raises(UnusableSnapshotError, match=reason):
        read_experience(tmp_path, "wide_deep")


def test_a_sample_that_is_cut_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [a_task("mr", vectors=b"123")], [a_run("mr", make_architecture())])
    with pytest.raises(UnusableSnapshotError, match="sample of the task mr is not whole"):
        read_experience(tmp_path, "wide_deep")


def test_a_snapshot_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    write(tmp_path, [a_task("mr")], [a_run("mr", make_architecture())])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(pa.ArrowException):
        write(tmp_path, [a_task("cr")], [a_run("cr", make_architecture(), seed="one")])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_of_two_versions_those_that_more_tasks_ran_are_shared_and_of_two_alike_the_later(
    tmp_path: Path,
) -> None:
    one = make_architecture()
    older, newer = a_run("mr", one, version="1", seed=7), a_run("mr", one)
    write_snapshot(tmp_path, {TASKS: [a_task("mr")], RUNS: [older, newer], CURVES: []})
    runs = read_experience(tmp_path, "wide_deep").runs
    assert {run.seed: run.is_shared for run in runs} == {0: True, 7: False}
    write_snapshot(tmp_path, {RUNS: [older]})
    assert [run.is_shared for run in read_experience(tmp_path, "wide_deep").runs] == [True]
    tasks = [a_task("mr"), a_task("cr")]
    everywhere = [older, a_run("cr", one, version="1", seed=7), newer]
    write_snapshot(tmp_path, {TASKS: tasks, RUNS: everywhere, CURVES: []})
    runs = read_experience(tmp_path, "wide_deep").runs
    assert [(run.seed, run.is_shared) for run in runs] == [(7, True), (7, True), (0, False)]
