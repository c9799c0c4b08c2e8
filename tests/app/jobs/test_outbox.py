"""The reconciler loses no job, announces each until it is taken, and ends those beyond hope."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.jobs import lease as leases
from app.jobs.broker import BrokerError
from app.jobs.outbox import keep_reconciling, reconcile
from app.jobs.service import request_cancel
from app.jobs.tables import JobId, JobState
from tests.app.jobs.conftest import Desk, wait_until


def look_once(desk: Desk, *, at_once: bool = False) -> list[JobId]:
    """Reconcile once, and give what was announced."""
    announced: list[JobId] = []
    reconcile(desk.engine, announced.append, max_attempts=3, at_once=at_once)
    return announced


def die_with(desk: Desk, job_id: JobId, attempts: int) -> None:
    """Workers claim the job so often and are never heard of again."""
    for attempt in range(attempts):
        with transaction(desk.engine) as session:
            leases.claim(session, job_id, owner=f"dead {attempt}", lease_seconds=0.005, max_attempts=3)
        time.sleep(0.01)


@contextmanager
def reconciling(engine: Engine, announced: list[JobId]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(
        target=lambda: keep_reconciling(engine, announced.append, stop, every_seconds=0.3, max_attempts=3)
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_queued_jobs_are_announced_oldest_first_and_not_again_at_once(desk: Desk) -> None:
    jobs = [desk.queue("sample.count") for _ in range(3)]
    assert look_once(desk) == jobs
    assert look_once(desk) == []


def test_a_new_worker_announces_again_what_was_announced(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    look_once(desk)
    assert look_once(desk, at_once=True) == [job_id]


def test_announcements_are_repeated_ever_later(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    waits = []
    for _ in range(6):
        with transaction(desk.engine) as session:
            session.execute(text("UPDATE job SET send_after = now()"))
        assert look_once(desk) == [job_id]
        with transaction(desk.engine) as session:
            waiting = session.execute(text("SELECT extract(epoch FROM send_after - now()) FROM job"))
            waits.append(round(float(waiting.scalar_one()) + 0.5))
    # Up to two seconds of each have passed on a busy machine before they are read.
    assert all(told - 2 <= wait <= told for wait, told in zip(waits, [4, 8, 16, 32, 60, 60], strict=True))


def test_a_dead_workers_job_is_queued_again(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    die_with(desk, job_id, attempts=1)
    assert look_once(desk) == [job_id]
    assert desk.states(job_id) == ["queued", "running", "queued"]


def test_a_job_that_killed_three_workers_fails_with_the_reason(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    die_with(desk, job_id, attempts=3)
    assert look_once(desk) == []
    row = desk.look(job_id)
    assert row.state is JobState.failed
    assert "stopped 3 times" in (row.error or "")


def test_a_cancelled_job_that_nobody_holds_ends(desk: Desk) -> None:
    queued, orphaned = desk.queue("sample.count"), desk.queue("sample.count")
    die_with(desk, orphaned, attempts=1)
    with transaction(desk.engine) as session:
        request_cancel(session, queued)
        request_cancel(session, orphaned)
    assert look_once(desk) == []
    assert {desk.look(job_id).state for job_id in (queued, orphaned)} == {JobState.cancelled}


def test_a_running_job_is_left_alone(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    with transaction(desk.engine) as session:
        leases.claim(session, job_id, owner="alive", lease_seconds=30, max_attempts=3)
    assert look_once(desk, at_once=True) == []
    assert desk.look(job_id).owner == "alive"


def test_a_new_job_is_announced_within_a_moment_of_its_commit(desk: Desk) -> None:
    announced: list[JobId] = []
    with reconciling(desk.engine, announced):
        time.sleep(0.1)
        job_id = desk.queue("sample.count")
        assert wait_until(lambda: job_id in announced, seconds=5) < 0.3


def test_one_process_reconciles_at_a_time(desk: Desk) -> None:
    first: list[JobId] = []
    second: list[JobId] = []
    with reconciling(desk.engine, first):
        wait_until(lambda: desk.queue("sample.count") in first or bool(first), seconds=5)
        with reconciling(desk.engine, second):
            jobs = [desk.queue("sample.count") for _ in range(5)]
            wait_until(lambda: set(jobs) <= set(first), seconds=5)
    assert second == []


def test_a_broker_that_does_not_answer_delays_jobs_and_loses_none(desk: Desk) -> None:
    job_id = desk.queue("sample.count")

    def fail(_: JobId) -> None:
        raise BrokerError("no broker")

    with pytest.raises(BrokerError):
        reconcile(desk.engine, fail, max_attempts=3)
    assert desk.look(job_id).state is JobState.queued
    assert look_once(desk, at_once=True) == [job_id]
