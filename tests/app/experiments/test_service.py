"""Files become tasks once; what is left to train is what nobody has run."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.datasets.tables import DatasetRow
from app.experiments import queries, service
from app.experiments.service import EndedRun, NoTasksError, UnknownTaskError, UnusableCatalogError
from app.experiments.tables import Origin, RunRow, RunState, TaskRow
from app.experiments.training_process import features_of
from app.storage import Storage
from dvn.architecture import Architecture
from dvn.embeddings import MODULES, VectorCache, get_encoder
from dvn.metafeatures.task_sample import TABLE
from dvn.training.features import texts_hash
from tests.app.experiments.conftest import write_csv

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Cheap = Callable[[int], list[Architecture]]


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "data")


def add(
    session: Session, storage: Storage, name: str = "reviews", *, rows: int = 60, seed: int = 0
) -> TaskRow:
    path = write_csv(storage.folder.parent / f"{name}.csv", rows=rows, seed=seed)
    return service.add_tasks(session, storage, path)[0]


def test_adding_a_file_twice_adds_its_task_once(session: Session, storage: Storage) -> None:
    first = add(session, storage)
    assert add(session, storage).id == first.id
    assert session.scalar(select(func.count()).select_from(TaskRow)) == 1
    assert len(list(storage.datasets.glob("*.parquet"))) == 1


def test_a_task_comes_with_its_sample_and_its_split(session: Session, storage: Storage) -> None:
    task = add(session, storage)
    split = service.stored_split(task)
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together.tolist()) == list(range(60))
    [sample] = queries.samples(session, module=TABLE, module_version=MODULES[TABLE].version)
    assert (sample.task_id, sample.rows, sample.dim) == (task.id, 60 - len(split.test), 64)


def test_a_file_poses_smaller_tasks_of_its_family_too(session: Session, storage: Storage) -> None:
    path = write_csv(storage.folder.parent / "reviews.csv", rows=300)
    tasks = service.add_tasks(session, storage, path, sizes=(50, 100, 1_000))
    assert [task.name for task in tasks] == ["reviews", "reviews@50", "reviews@100"]
    assert {task.family for task in tasks} == {"reviews"}
    full, small = (service.stored_split(task) for task in tasks[:2])
    assert len(small.train) == 40
    assert set(small.test) <= set(full.test)
    sizes = [
        queries.samples(session, module=TABLE, module_version=MODULES[TABLE].version)[n].rows for n in (1, 2)
    ]
    assert sizes == [45, 90]  # Nine tenths: what such a dataset would show without its test part.


def test_a_smaller_task_is_trained_by_architectures_of_its_own_alone(
    session: Session, storage: Storage
) -> None:
    path = write_csv(storage.folder.parent / "reviews.csv", rows=300)
    service.add_tasks(session, storage, path, sizes=(50,))
    wanted = service.Wanted("wide_deep", shared=1, random=2, smaller=3)
    small, full = service.plan_runs(session, storage, wanted, names=["reviews@50", "reviews"]).plans
    assert [run.origin for run in small.runs] == [Origin.random] * 3
    assert [run.origin for run in full.runs] == [Origin.shared, Origin.random, Origin.random]


def test_the_inputs_of_a_smaller_task_are_rows_of_the_whole(
    session: Session, storage: Storage, tmp_path: Path
) -> None:
    path = write_csv(storage.folder.parent / "reviews.csv", rows=300)
    task = service.add_tasks(session, storage, path, sizes=(50,))[1]
    split = service.stored_split(task)
    dataset = storage.load_dataset(queries.tasks(session)[0][1].content_hash)
    cache = VectorCache(tmp_path / "vectors", max_bytes=10**8)
    features = features_of(dataset, split, cache)
    vectors = cache.vectors(get_encoder("use"), dataset.texts, texts_hash(dataset.texts))
    encoder, found = features.encoded("use")
    rows = features.whole.rows
    assert len(features.dataset) == len(rows) < len(dataset)
    np.testing.assert_array_equal(found, vectors[rows] * np.float32(encoder.scale))
    assert [features.dataset.texts[row] for row in features.split.train] == [
        dataset.texts[row] for row in split.train
    ]


def test_the_catalog_beside_a_file_gives_family_language_and_licence(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text(
        json.dumps([{"slug": "mr", "family": "rt", "language": "en", "licence": "free"}])
    )
    assert service.catalog_entry(tmp_path / "mr.csv", None) == service.CatalogEntry("rt", "en", "free")
    assert service.catalog_entry(tmp_path / "mr.csv", "mine").family == "mine"
    assert service.catalog_entry(tmp_path / "other.csv", None) == service.CatalogEntry("other")


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}', '[{"name": "mr"}]'])
def test_a_catalog_of_another_form_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "catalog.json").write_text(text)
    with pytest.raises(UnusableCatalogError, match=r"catalog\.json"):
        service.catalog_entry(tmp_path / "mr.csv", None)


def test_all_installations_share_the_same_architectures() -> None:
    few, many = service.shared_architectures("wide_deep", 3), service.shared_architectures("wide_deep", 8)
    assert many[:3] == few
    assert len({architecture.hash for architecture in many}) == 8


def test_a_task_has_architectures_of_its_own_and_keeps_them() -> None:
    mine = service.own_architectures("wide_deep", 4, "a" * 64)
    assert service.own_architectures("wide_deep", 6, "a" * 64)[:4] == mine
    assert service.own_architectures("wide_deep", 4, "b" * 64) != mine


def plan(session: Session, storage: Storage, *, shared: int = 2, random: int = 0) -> service.Planned:
    return service.plan_runs(session, storage, service.Wanted("wide_deep", shared, random))


def test_what_was_run_is_not_planned_again_and_a_failure_counts_as_run(
    session: Session, storage: Storage, cheap: Cheap
) -> None:
    add(session, storage)
    [before] = plan(session, storage).plans
    run = before.runs[0]
    ended = EndedRun(before.task_id, run.architecture_id, run.origin, NOW, NOW, None, "it diverged")
    service.record(session, ended)
    [after] = plan(session, storage).plans
    assert after.runs == before.runs[1:]


def test_the_first_own_architectures_are_planned_from_a_second_seed(
    session: Session, storage: Storage, cheap: Cheap
) -> None:
    add(session, storage)
    [before] = service.plan_runs(session, storage, service.Wanted("wide_deep", 1, 3, twice=2)).plans
    own = [run.architecture_id for run in before.runs if run.origin is Origin.random and run.seed == 0]
    assert [run.architecture_id for run in before.runs if run.seed == service.SECOND_SEED] == own[:2]
    again = next(run for run in before.runs if run.seed == service.SECOND_SEED)
    ended = EndedRun(before.task_id, again.architecture_id, again.origin, NOW, NOW, None, "it diverged", 1)
    service.record(session, ended)
    [after] = service.plan_runs(session, storage, service.Wanted("wide_deep", 1, 3, twice=2)).plans
    assert set(before.runs) - set(after.runs) == {again}


def test_a_run_recorded_twice_is_there_once(session: Session, storage: Storage, cheap: Cheap) -> None:
    add(session, storage)
    [planned] = plan(session, storage).plans
    ended = EndedRun(planned.task_id, planned.runs[0][0], Origin.shared, NOW, NOW, None, "it diverged")
    assert service.record(session, ended) == service.record(session, ended)
    assert session.scalars(select(RunRow.state)).all() == [RunState.failed]


def test_an_own_architecture_that_is_shared_is_planned_once_as_shared(
    session: Session, storage: Storage, cheap: Cheap
) -> None:
    add(session, storage)
    [planned] = plan(session, storage, shared=2, random=3).plans
    assert [run.origin for run in planned.runs] == [Origin.shared, Origin.shared, Origin.random]


def test_small_tasks_come_first(session: Session, storage: Storage, cheap: Cheap) -> None:
    add(session, storage, "large", rows=80)
    add(session, storage, "small", rows=60, seed=1)
    assert [planned.name for planned in plan(session, storage).plans] == ["small", "large"]


def test_a_task_whose_texts_are_elsewhere_is_named_and_left_out(
    session: Session, storage: Storage, cheap: Cheap
) -> None:
    add(session, storage)
    for file in storage.datasets.iterdir():
        file.unlink()
    assert plan(session, storage) == service.Planned((), ("reviews",))


def test_without_tasks_the_way_to_make_some_is_told(session: Session, storage: Storage) -> None:
    with pytest.raises(NoTasksError, match="forethought tasks add"):
        plan(session, storage)


def test_a_name_that_no_task_has_is_refused_with_those_there_are(session: Session, storage: Storage) -> None:
    add(session, storage)
    with pytest.raises(UnknownTaskError, match="no task trec; there are reviews"):
        service.chosen_tasks(session, ["reviews", "trec"])


def test_a_file_brings_the_names_that_a_snapshot_left_behind(session: Session, storage: Storage) -> None:
    task = add(session, storage)
    dataset = session.get_one(DatasetRow, task.dataset_id)
    dataset.class_counts, dataset.label_column = {"class 1": 30, "class 2": 30}, "other"
    session.flush()
    add(session, storage)
    assert (dict(dataset.class_counts), dataset.label_column) == ({"bad": 30, "good": 30}, "label")
