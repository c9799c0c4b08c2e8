"""What a value network without a task's family climbs to is planned until the task has run enough of it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.experiments import service
from app.experiments.climbing import WantedClimbs, plan_climbs
from app.experiments.populate import deal, populate
from app.experiments.service import EndedRun, PlannedTraining, TaskPlan
from app.experiments.tables import Origin
from app.storage import Storage
from dvn.training import Outcome
from tests.app.experiments.conftest import no_wider, write_csv

TASKS = ("one", "other", "third")
WANTED = WantedClimbs("wide_deep", 2)


@pytest.fixture(scope="module")
def storage(own_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Storage:
    """Three tasks of three families, with three cheap runs each, and one that nothing ran on."""
    folder = tmp_path_factory.mktemp("climbing")
    storage = Storage(folder / "data")
    with pytest.MonkeyPatch.context() as patch, transaction(own_engine) as session:
        patch.setattr(service, "distinct_architectures", no_wider)
        for seed, name in enumerate((*TASKS, "idle")):
            service.add_tasks(session, storage, write_csv(folder / f"{name}.csv", seed=seed))
        wanted = service.Wanted("wide_deep", 3, 0)
        plans = service.plan_runs(session, storage, wanted, names=TASKS).plans
    crew = deal(own_engine, storage, plans, processes=1, cache_bytes=10**6)
    populate(own_engine, crew, {}, report=lambda _: None)
    return storage


def planned(session: Session, storage: Storage) -> dict[str, TaskPlan]:
    return {plan.name: plan for plan in plan_climbs(session, storage, WANTED).plans}


def record(session: Session, plan: TaskPlan, run: PlannedTraining, *, outcome: Outcome | None) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    error = "none" if outcome is None else None
    service.record(
        session,
        EndedRun(plan.task_id, run.architecture_id, run.origin, now, now, outcome, error, run.seed),
    )


def test_tasks_with_runs_get_as_many_climbs_as_wanted(own_engine: Engine, storage: Storage) -> None:
    with transaction(own_engine) as session:
        plans = planned(session, storage)
    assert sorted(plans) == sorted(TASKS)
    for plan in plans.values():
        assert len(plan.runs) == 2
        assert {run.origin for run in plan.runs} == {Origin.recommendation}


def test_one_that_failed_is_not_tried_again_and_the_next_in_rank_is(
    own_engine: Engine, storage: Storage
) -> None:
    with own_engine.connect() as connection, connection.begin() as undone, Session(connection) as session:
        before = planned(session, storage)["one"]
        record(session, before, before.runs[0], outcome=None)
        after = planned(session, storage)["one"]
        hashes = [run.architecture.hash for run in after.runs]
        assert len(hashes) == 2
        assert hashes[0] == before.runs[1].architecture.hash
        undone.rollback()


def test_a_task_whose_texts_are_gone_is_named(own_engine: Engine, storage: Storage, tmp_path: Path) -> None:
    with transaction(own_engine) as session:
        found = plan_climbs(session, Storage(tmp_path), replace(WANTED, count=1))
    assert sorted(found.without_texts) == sorted(TASKS)
    assert found.plans == ()
