"""A refit promotes what is better on families left out, nothing else, and all of it or nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.experiments.tables import CheckpointRow
from app.jobs.outbox import reconcile
from app.jobs.service import request_cancel
from app.jobs.tables import JobId, JobRow, JobState
from app.registry import jobs as registry_jobs
from app.registry import queries, service
from app.registry.refitting import Places, RefitWork, present_experience
from app.registry.tables import PromotionRow, RefitRow, RefitState
from app.settings import Settings
from dvn.evaluation.comparison import Verdict
from dvn.value_network import Checkpoint, Experience, FitOptions
from dvn.value_network.joined import run_keys
from tests.app.registry.conftest import record, ship, states
from tests.dvn.experiences import SPACE, without_sample

Refit = Callable[..., dict[str, Any]]
QUICK = FitOptions(members=1, iterations=1, runs_in_batch=4, samples_in_batch=4)


def said(*, better: bool) -> Verdict:
    return Verdict(5, 5, 0.02, 0.01 if better else 0.03, 0.5, 0.6, 3, 2)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """The comparison says what the test wants, and takes no time."""

    def judge(better: bool) -> None:
        monkeypatch.setattr("app.registry.refitting.compare", lambda *_, **__: [])
        monkeypatch.setattr("app.registry.refitting.verdict", lambda _: said(better=better))

    return judge


def answering(engine: Engine) -> str | None:
    with transaction(engine) as session:
        row = service.answering_checkpoint(session, SPACE)
        return None if row is None else row.id


def test_runs_that_teach_more_are_promoted(
    engine: Engine, places: Places, wise: Experience, refitted: Refit
) -> None:
    ship(places, wise.of_tasks([0, 2]))
    with transaction(engine) as session:
        record(session, wise, 1, 3, 4, 5, 6, 7, 8, 9)
    found = refitted()
    assert found["state"] == "promoted", found
    assert found["figures"]["new_regret"] <= found["figures"]["old_regret"]
    assert found["figures"]["new_spearman"] >= found["figures"]["old_spearman"]
    assert (found["tasks"], found["runs"], found["figures"]["families"]) == (10, 200, 10)
    assert answering(engine) == found["checkpoint_id"]
    with transaction(engine) as session:
        row = session.get_one(CheckpointRow, found["checkpoint_id"])
        assert row.promoted_at is not None
        loaded = Checkpoint.load(Path(row.folder or ""))
        assert loaded.id == row.id
        assert loaded.calibration.tasks == 10
        assert loaded.scores == found["figures"]


def test_runs_that_mislead_are_not_promoted(
    engine: Engine, places: Places, wise: Experience, refitted: Refit
) -> None:
    turned = replace(
        wise, runs=tuple(replace(run, validation_accuracy=1.4 - run.validation_accuracy) for run in wise.runs)
    )
    ship(places, wise.of_tasks([0, 1, 2, 3]))
    with transaction(engine) as session:
        record(session, turned, 4, 5, 6, 7, 8, 9)
    found = refitted()
    assert found["state"] == "kept", found
    assert found["figures"]["families"] == 10
    assert answering(engine) is None
    assert not list((places.data / "checkpoints").glob("*"))


def test_without_a_new_run_nothing_is_fitted(
    places: Places, wise: Experience, refitted: Refit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(places, wise)
    monkeypatch.setattr("app.registry.refitting.compare", pytest.fail)
    assert refitted()["state"] == "nothing_new"


def test_with_nothing_that_answers_whatever_can_be_fitted_does(
    engine: Engine, places: Places, wise: Experience, refitted: Refit
) -> None:
    with transaction(engine) as session:
        record(session, wise, 0, 1)
    found = refitted(QUICK)
    assert (found["state"], found["figures"]) == ("promoted", {})
    assert answering(engine) == found["checkpoint_id"]


def test_delivered_twice_it_promotes_once(
    engine: Engine, places: Places, wise: Experience, refitted: Refit, judged: Callable[[bool], None]
) -> None:
    judged(True)
    ship(places, wise.of_tasks([0, 1]))
    with transaction(engine) as session:
        record(session, wise, 2)
    refitted(QUICK, times=2)
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(PromotionRow)) == 1
        assert states(session) == ["promoted"]


def test_killed_before_the_commit_the_old_one_answers_and_the_next_refit_promotes(
    engine: Engine,
    places: Places,
    wise: Experience,
    refitted: Refit,
    judged: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged(True)
    ship(places, wise.of_tasks([0, 1]))
    with transaction(engine) as session:
        record(session, wise, 2)
    with monkeypatch.context() as killed:
        # As `kill -9` leaves it: the checkpoint is in its folder, the transaction was never committed.
        killed.setattr(registry_jobs.service, "document", lambda _: 1 / 0)
        with pytest.raises(AssertionError, match="Something went wrong"):
            refitted(QUICK)
    (orphan,) = (places.data / "checkpoints").iterdir()
    assert answering(engine) is None
    with transaction(engine) as session:
        assert service.sweep_folders(session, places.data, age_seconds=3_600) == 0
        assert service.sweep_folders(session, places.data, age_seconds=0) == 1
    assert not orphan.exists()
    assert refitted(QUICK)["state"] == "promoted"
    with transaction(engine) as session:
        assert service.sweep_folders(session, places.data, age_seconds=0) == 0


def test_what_was_found_no_better_or_rolled_back_is_not_judged_again(
    engine: Engine, places: Places, wise: Experience, refitted: Refit, judged: Callable[[bool], None]
) -> None:
    ship(places, wise.of_tasks([0, 1]))
    with transaction(engine) as session:
        record(session, wise, 2)
    judged(False)
    assert [refitted(QUICK)["state"] for _ in range(2)] == ["kept", "nothing_new"]
    with transaction(engine) as session:
        record(session, wise, 3)
    judged(True)
    assert refitted(QUICK)["state"] == "promoted"
    with transaction(engine) as session:
        service.roll_back(session, SPACE)
    assert refitted(QUICK)["state"] == "nothing_new"
    with transaction(engine) as session:
        record(session, wise, 4)
    assert refitted(QUICK)["state"] == "promoted"


def test_the_next_refit_is_compared_with_what_was_promoted(
    engine: Engine, places: Places, wise: Experience, refitted: Refit, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []

    def compare(old: Experience, new: Experience, *_: object, **__: object) -> list[object]:
        compared.append((len(old.tasks), len(new.tasks)))
        return []

    monkeypatch.setattr("app.registry.refitting.compare", compare)
    monkeypatch.setattr("app.registry.refitting.verdict", lambda _: said(better=True))
    ship(places, wise.of_tasks([0, 1]))
    for number in (2, 3):
        with transaction(engine) as session:
            record(session, wise, number)
        refitted(QUICK)
    assert compared == [(2, 3), (3, 4)]


def test_one_that_was_overtaken_changes_nothing(
    engine: Engine,
    places: Places,
    wise: Experience,
    fitted: tuple[Checkpoint, Checkpoint],
    refitted: Refit,
    judged: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged(True)
    ship(places, wise.of_tasks([0, 1]))
    with transaction(engine) as session:
        record(session, wise, 2)
    real = registry_jobs.refit

    def overtaken(work: RefitWork, tell: Callable[..., object]) -> object:
        found = real(work, tell)
        with transaction(engine) as session:
            service.promote(session, fitted[0], places.data / "checkpoints" / "other")
        return found

    monkeypatch.setattr(registry_jobs, "refit", overtaken)
    found = refitted(QUICK)
    assert found["state"] == "kept"
    assert "meanwhile" in found["sentence"]
    assert answering(engine) == fitted[0].id


def test_runs_taken_back_stop_a_refit_under_way_and_not_one_that_waits(
    engine: Engine,
    settings: Settings,
    places: Places,
    wise: Experience,
    judged: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged(True)
    ship(places, wise.of_tasks([0, 1]))
    own = settings.model_copy(update={"experience": places.experience})
    with transaction(engine) as session:
        record(session, wise, 2)
        job_id = service.queue_refit(session, own, SPACE)
        service.retire(session, run_keys(wise), "0" * 64)
        refit_id = session.get_one(JobRow, job_id).subject_id
        work = service.load_work(session, refit_id, places, options=QUICK)
    found = registry_jobs.refit(work, lambda *_: None)
    with transaction(engine) as session:
        service.retire(session, run_keys(wise), "0" * 64)
        assert service.store_refit(session, refit_id, found)["state"] == "kept"
    with transaction(engine) as session:
        work = service.load_work(session, refit_id, places, options=QUICK)
        assert service.store_refit(session, refit_id, found)["state"] == "promoted"


def test_a_cancelled_refit_says_so(engine: Engine, settings: Settings) -> None:
    with transaction(engine) as session:
        job_id = service.queue_refit(session, settings, SPACE)
        request_cancel(session, job_id)
    reconcile(engine, lambda _: None, max_attempts=3)
    with transaction(engine) as session:
        assert session.get_one(JobRow, job_id).state == JobState.cancelled
        assert states(session) == ["cancelled"]


def test_a_refit_that_cannot_read_what_ships_fails_with_a_sentence(
    engine: Engine, places: Places, wise: Experience, refitted: Refit
) -> None:
    ship(places, wise.of_tasks([0, 1]))
    (places.shipped_snapshot(SPACE) / "tasks.parquet").write_bytes(b"not Parquet")
    with pytest.raises(AssertionError, match="is missing or damaged"):
        refitted(QUICK)
    with transaction(engine) as session:
        (row,) = queries.refits(session)
        assert row.state == RefitState.failed
        assert "is missing or damaged" in row.sentence


def test_users_tasks_are_learned_from_once_they_have_enough_runs(places: Places, wise: Experience) -> None:
    bare = without_sample(wise.of_tasks([0, 1, 2]), 1, 2)
    kept = {0: 20, 1: 4, 2: 5}
    runs = tuple(run for i, run in enumerate(bare.runs) if i % 20 < kept[run.task])
    recorded = replace(bare, runs=runs)
    work = RefitWork(SPACE, places, recorded, None, None, QUICK)
    assert [task.name for task in present_experience(work).tasks] == ["task 0", "task 2"]
    ship(places, wise.of_tasks([3]))
    assert [task.name for task in present_experience(work).tasks] == ["task 3", "task 0", "task 2"]


def test_packed_keys_come_back(wise: Experience) -> None:
    keys = run_keys(wise)
    assert service.unpack_keys(service.pack_keys(keys)).tolist() == keys.tolist()
    assert len(service.unpack_keys(None)) == 0


@pytest.mark.parametrize(("hour", "refit_at", "queued"), [(3, 3, 1), (4, 3, 0), (3, None, 0)])
def test_a_night_queues_one_refit_of_each_space_that_ships(
    engine: Engine,
    places: Places,
    settings: Settings,
    wise: Experience,
    hour: int,
    refit_at: int | None,
    queued: int,
) -> None:
    ship(places, wise.of_tasks([0]))
    own = settings.model_copy(update={"experience": places.experience, "refit_at": refit_at})
    for minute in (0, 1, 59):
        with transaction(engine) as session:
            service.queue_nightly(session, own, datetime(2026, 5, 1, hour, minute, tzinfo=UTC))
    with transaction(engine) as session:
        jobs = session.scalars(select(JobRow)).all()
        assert len(jobs) == queued
        assert [row.id for row in session.scalars(select(RefitRow))] == [job.subject_id for job in jobs]
        service.queue_nightly(session, own, datetime(2026, 5, 2, hour, tzinfo=UTC))
        assert len(session.scalars(select(JobRow)).all()) == 2 * queued


def test_the_reconciler_plans_before_it_announces(engine: Engine, settings: Settings) -> None:
    announced: list[JobId] = []

    def plan(session: Session) -> None:
        service.queue_refit(session, settings, SPACE, night="2026-05-01")

    for _ in range(2):
        reconcile(engine, announced.append, max_attempts=3, plan=plan)
    assert len(announced) == 1
