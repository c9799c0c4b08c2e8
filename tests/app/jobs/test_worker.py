"""Real workers, killed, doubled and told to stop: no job is lost, none is done twice."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.db.session import make_engine, transaction
from app.jobs.broker import announce, make_celery
from app.jobs.service import request_cancel
from app.jobs.tables import JobState
from app.settings import Settings, load_settings
from tests.app.jobs.conftest import Desk, running_worker, wait_until
from tests.conftest import copied_database

SAMPLES = "tests.app.jobs.sample_jobs"
QUICK = {"lease_seconds": 1.5, "cancel_poll_seconds": 0.1, "reconcile_seconds": 0.3}


@pytest.fixture(scope="module")
def worker_settings(
    tmp_path_factory: pytest.TempPathFactory, postgres: object, migrated_template: str
) -> Iterator[Settings]:
    with copied_database(postgres.url, migrated_template) as url:  # type: ignore[attr-defined]
        data = tmp_path_factory.mktemp("worker")
        yield load_settings(data=data, database_url=url, job_modules=(SAMPLES,), **QUICK)


@pytest.fixture(scope="module")
def module_engine(worker_settings: Settings) -> Iterator[Engine]:
    assert worker_settings.database_url is not None
    engine = make_engine(worker_settings.database_url.get_secret_value())
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def desk(module_engine: Engine) -> Desk:
    return Desk(module_engine)


@pytest.fixture(scope="module")
def worker(worker_settings: Settings, desk: Desk) -> Iterator[None]:
    """A worker that all tests share which do not kill it."""
    with running_worker(worker_settings):
        desk.wait_for_end(desk.queue("sample.count"))
        yield


def processes_of(desk: Desk, subject: object) -> list[int]:
    wanted = text("SELECT process FROM effect WHERE job_id = :id ORDER BY attempt")
    with transaction(desk.engine) as session:
        return list(session.execute(wanted, {"id": subject}).scalars())


def is_alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


@pytest.mark.usefixtures("worker")
def test_a_job_is_begun_within_a_moment(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    row = desk.wait_for_end(job_id)
    assert row.started_at is not None
    assert (row.started_at - row.created_at).total_seconds() < 2.0
    assert desk.effects(job_id) == [("begun", 1), ("done", 1)]


@pytest.mark.usefixtures("worker")
def test_a_job_announced_many_times_is_done_once(desk: Desk, worker_settings: Settings) -> None:
    job_id = desk.queue("sample.count", seconds=0.3)
    celery = make_celery(worker_settings)
    for _ in range(5):
        announce(celery, job_id)
    desk.wait_for_end(job_id)
    desk.wait_for_end(desk.queue("sample.count"))
    assert desk.effects(job_id) == [("begun", 1), ("done", 1)]


@pytest.mark.usefixtures("worker")
def test_a_cancel_acts_within_a_second_on_work_that_asks_and_on_work_that_does_not(desk: Desk) -> None:
    for kind in ("sample.count", "sample.deaf"):
        job_id = desk.queue(kind, seconds=60)
        wait_until(lambda job_id=job_id: desk.look(job_id).state is JobState.running)
        with transaction(desk.engine) as session:
            request_cancel(session, job_id)
        start = time.monotonic()
        assert desk.wait_for_end(job_id).state is JobState.cancelled
        assert time.monotonic() - start < 1.0


@pytest.mark.usefixtures("worker")
def test_a_waiting_job_is_cancelled_while_the_worker_is_busy(desk: Desk) -> None:
    busy, waiting = desk.queue("sample.count", seconds=60), desk.queue("sample.count")
    wait_until(lambda: desk.look(busy).state is JobState.running)
    for job_id in (waiting, busy):
        with transaction(desk.engine) as session:
            request_cancel(session, job_id)
        assert desk.wait_for_end(job_id, seconds=5).state is JobState.cancelled
    assert desk.effects(waiting) == []


@pytest.mark.usefixtures("worker")
def test_a_failure_reaches_the_row_and_the_feature(desk: Desk) -> None:
    row = desk.wait_for_end(desk.queue("sample.refuse"))
    assert row.error == "The file has one column; a text and a label column are needed."
    assert desk.effects(row.subject_id) == [(f"failed: {row.error}", None)]


@pytest.mark.usefixtures("worker")
def test_a_child_killed_mid_job_is_replaced_and_the_job_is_done_once(desk: Desk) -> None:
    job_id = desk.queue("sample.count", seconds=2.0)
    desk.wait_for_effect(job_id, "begun")
    os.kill(processes_of(desk, job_id)[0], signal.SIGKILL)
    assert desk.wait_for_end(job_id).state is JobState.finished
    assert desk.effects(job_id) == [("begun", 1), ("begun", 2), ("done", 2)]


@pytest.mark.usefixtures("worker")
def test_a_job_that_kills_its_worker_three_times_fails_and_the_next_job_is_done(desk: Desk) -> None:
    job_id = desk.queue("sample.suicide")
    row = desk.wait_for_end(job_id)
    assert (row.state, row.attempt) == (JobState.failed, 3)
    assert "stopped 3 times" in (row.error or "")
    assert desk.wait_for_end(desk.queue("sample.count")).state is JobState.finished


def test_a_worker_killed_mid_job_leaves_no_process_and_another_does_the_job_once(
    settings: Settings, engine: Engine
) -> None:
    desk = Desk(engine)
    settings = settings.model_copy(update={"job_modules": (SAMPLES,)})
    with running_worker(settings) as first:
        job_id = desk.queue("sample.count", seconds=4.0)
        desk.wait_for_effect(job_id, "begun")
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        wait_until(lambda: not is_alive(processes_of(desk, job_id)[0]), seconds=2)
    # What a killed worker leaves in the message folder may be half-written.
    Path(settings.data, "broker", "control", "forethought.exchange").write_text("[[")
    with running_worker(settings) as second:
        assert desk.wait_for_end(job_id).state is JobState.finished
        assert desk.effects(job_id) == [("begun", 1), ("begun", 2), ("done", 2)]
        released = desk.queue("sample.deaf")
        wait_until(lambda: desk.look(released).state is JobState.running)
        second.terminate()
        start = time.monotonic()
        second.wait(10)
        assert time.monotonic() - start < 3.0
    row = desk.look(released)
    assert (row.state, row.attempt) == (JobState.queued, 0)
