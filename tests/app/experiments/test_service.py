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
from app.storage import Storage
from dvn.architecture import Architecture
from dvn.embeddings import MODULES
from dvn.metafeatures.task_sample import TABLE
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
    return service.add_task(session, storage, path)


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
