"""Planned runs are recorded as they end; what stops populating stops it between two runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.experiments import queries, service
from app.experiments.populate import (
    AlreadyPopulatingError,
    PopulateProgress,
    RunNotRecordedError,
    deal,
    expected_hours,
    expected_seconds,
    populate,
    populating_alone,
)
from app.experiments.service import EndedRun, TaskPlan
from app.experiments.tables import Origin, RunPredictionRow, RunState
from app.experiments.training_process import GivenUpTask, Work
from app.storage import Storage
from dvn.architecture import Architecture, get_space
from tests.app.experiments.conftest import no_wider, write_csv

VERSION = str(get_space("wide_deep").version)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Populated:
    storage: Storage
    told: list[PopulateProgress]
    last: PopulateProgress


@pytest.fixture(scope="module")
def populated(own_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Populated:
    """Two tasks, really trained on: one whose last architecture is none, one whose texts are gone by then."""
    folder = tmp_path_factory.mktemp("populated")
    storage = Storage(folder / "data")
    with pytest.MonkeyPatch.context() as patch, transaction(own_engine) as session:
        patch.setattr(service, "distinct_architectures", no_wider)
        for seed, name in enumerate(("here", "gone")):
            service.add_tasks(session, storage, write_csv(folder / f"{name}.csv", seed=seed))
        plans = plan(session, storage)
    gone, here = sorted(plans, key=lambda plan: plan.name)
    (storage.datasets / f"{gone.content_hash}.parquet").unlink()
    last = here.runs[-1]
    whole = last.architecture
    nothing = Architecture(whole.space, whole.version, {"encoder": "none"})
    here = replace(here, runs=(*here.runs[:-1], last._replace(architecture=nothing)))
    told: list[PopulateProgress] = []
    crew = deal(own_engine, storage, [here, gone], processes=2, cache_bytes=10**6)
    last = populate(own_engine, crew, expected_seconds([here, gone], storage, {}), report=told.append)
    return Populated(storage, told, last)


def plan(session: Session, storage: Storage) -> tuple[TaskPlan, ...]:
    return service.plan_runs(session, storage, service.Wanted("wide_deep", 2, 3)).plans


def test_finished_runs_are_recorded_whole(populated: Populated, own_engine: Engine) -> None:
    with transaction(own_engine) as session:
        runs = list(queries.recorded_runs(session, space="wide_deep", version=VERSION))
        finished = [run for run in runs if run.state == RunState.finished]
        assert [run.task for run in finished] == ["here", "here"]
        assert all(0.5 < run.metrics["validation", "accuracy"] <= 1 for run in finished)
        assert all(run.cost["bundle_bytes"] > 0 and run.libraries["torch"] for run in finished)
        assert all(queries.curve_of(session, run.run_id) for run in finished)
        predicted = set(session.scalars(select(RunPredictionRow.run_id)))
        assert predicted == {run.run_id for run in finished}


def test_a_run_that_failed_says_where_and_quotes_nothing(populated: Populated, own_engine: Engine) -> None:
    with transaction(own_engine) as session:
        [failed] = [
            run
            for run in queries.recorded_runs(session, space="wide_deep", version=VERSION)
            if run.state == RunState.failed
        ]
    assert failed.error is not None
    assert failed.error.startswith("KeyError at dvn/training/plan.py:")


def test_a_task_whose_texts_are_gone_is_told_and_nothing_of_it_is_recorded(populated: Populated) -> None:
    [task] = populated.last.given_up
    assert task.name == "gone"
    assert "not on this machine" in task.reason


def test_progress_counts_up_and_time_left_is_never_negative(populated: Populated) -> None:
    done = [progress.done for progress in populated.told]
    assert done == sorted(done)
    assert (populated.last.done, populated.last.failed, populated.last.total) == (3, 1, 6)
    assert all(progress.seconds_left >= 0 for progress in populated.told)


def test_what_is_recorded_is_not_left_to_do(
    populated: Populated, own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "distinct_architectures", no_wider)
    with transaction(own_engine) as session:
        assert plan(session, populated.storage) == ()


def test_only_one_process_populates_a_space(engine: Engine) -> None:
    refused = pytest.raises(AlreadyPopulatingError, match="Another `forethought populate`")
    with populating_alone(engine, "wide_deep"), refused, populating_alone(engine, "wide_deep"):
        raise AssertionError
    with populating_alone(engine, "wide_deep"), populating_alone(engine, "relaxed_ffnn"):
        pass


@dataclass
class Told:
    """In place of a crew: says what it is given and notes that it was stopped."""

    works: list[Work]
    events: list[EndedRun | GivenUpTask]
    is_stopped: bool = False

    def news(self) -> Iterator[EndedRun | GivenUpTask]:
        yield from self.events

    def stop(self) -> None:
        self.is_stopped = True


def a_crew(*errors: BaseException | None) -> Told:
    task = TaskPlan(1, "reviews", "c0ffee", 10, tuple((n, None, Origin.shared) for n, _ in enumerate(errors)))  # type: ignore[misc]
    events = [EndedRun(1, n, Origin.shared, NOW, NOW, None, "it diverged") for n, _ in enumerate(errors)]
    return Told([Work(task, None, Path("nowhere"), 0)], events)  # type: ignore[arg-type]


@dataclass
class Recorder:
    """In place of `service.record`: raises what it is given, run by run."""

    errors: Sequence[BaseException | None]
    recorded: list[EndedRun] = field(default_factory=list)

    def __call__(self, session: object, ended: EndedRun) -> None:
        if (error := self.errors[len(self.recorded)]) is not None:
            raise error
        self.recorded.append(ended)


def test_a_full_disk_is_told_and_ends_all_processes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    full = psycopg.errors.DiskFull("could not extend file: No space left on device\nHINT: Check free space.")
    errors = [None, OperationalError("INSERT", {}, full)]
    monkeypatch.setattr(service, "record", Recorder(errors))
    crew = a_crew(*errors)
    with pytest.raises(RunNotRecordedError, match=r"took 1 runs .*No space left on device\).*same command"):
        populate(engine, crew, {1: 2.0}, report=lambda _: None)  # type: ignore[arg-type]
    assert crew.is_stopped


def test_an_interrupt_ends_all_processes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [None, KeyboardInterrupt()]
    monkeypatch.setattr(service, "record", Recorder(errors))
    crew = a_crew(*errors)
    with pytest.raises(KeyboardInterrupt):
        populate(engine, crew, {1: 2.0}, report=lambda _: None)  # type: ignore[arg-type]
    assert crew.is_stopped


def test_the_time_expected_is_that_of_recorded_runs(populated: Populated, own_engine: Engine) -> None:
    runs = tuple((number, None, Origin.shared) for number in range(10))
    plan = TaskPlan(1, "reviews", "c0ffee", 10, runs)  # type: ignore[arg-type]
    seconds = expected_seconds([plan], populated.storage, {1: 3.0, 2: 9.0})
    assert seconds == {1: 30.0}
    with transaction(own_engine) as session:
        [took] = queries.run_seconds(session, space="wide_deep").values()
    assert 0 < took < 300


def test_hours_are_those_of_the_longest_task_where_it_is_longer_than_its_share() -> None:
    assert expected_hours({1: 3600.0, 2: 3600.0}, 2) == 1.0
    assert expected_hours({1: 7200.0, 2: 0.0}, 2) == 2.0
    assert expected_hours({}, 2) == 0.0
