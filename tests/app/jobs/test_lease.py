"""A lease is held by one owner at a time, and only its holder can write."""

import time
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from app.db.session import transaction
from app.errors import JobCancelledError, JobLostError
from app.jobs import lease as leases
from app.jobs.lease import Lease
from app.jobs.service import NoSuchJobError, enqueue, request_cancel
from app.jobs.tables import JobId, JobState
from tests.app.jobs.conftest import Desk


def claim(engine: Engine, job_id: JobId, owner: str, seconds: float = 30.0) -> Lease | None:
    with transaction(engine) as session:
        return leases.claim(session, job_id, owner=owner, lease_seconds=seconds, max_attempts=3)


def test_a_queued_job_is_claimed_once(desk: Desk) -> None:
    job_id = desk.queue("sample.count", seconds=1)
    lease = claim(desk.engine, job_id, "me")
    assert lease is not None
    assert (lease.kind, lease.attempt, dict(lease.arguments)) == ("sample.count", 1, {"seconds": 1})
    assert claim(desk.engine, job_id, "other") is None
    assert desk.states(job_id) == ["queued", "running"]


def test_an_unknown_job_is_not_claimed(desk: Desk) -> None:
    assert claim(desk.engine, JobId(uuid4()), "me") is None


def test_an_expired_lease_is_taken_over_and_its_holder_can_write_no_more(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    first = claim(desk.engine, job_id, "first", seconds=0.01)
    assert first is not None
    time.sleep(0.02)
    second = claim(desk.engine, job_id, "second")
    assert second is not None
    assert second.attempt == 2
    with pytest.raises(JobLostError), transaction(desk.engine) as session:
        leases.renew(session, first)
    with transaction(desk.engine) as session:
        leases.give_up(session, first, JobState.failed, "too late")
        leases.release(session, first)
    assert desk.look(job_id).owner == "second"


def test_the_same_owner_of_an_older_attempt_can_write_no_more(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    first = claim(desk.engine, job_id, "me", seconds=0.01)
    time.sleep(0.02)
    claim(desk.engine, job_id, "me")
    assert first is not None
    with pytest.raises(JobLostError), transaction(desk.engine) as session:
        leases.renew(session, first)


def test_renewing_prolongs_the_lease(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    lease = claim(desk.engine, job_id, "me", seconds=5)
    before = desk.look(job_id).lease_until
    assert lease is not None
    with transaction(desk.engine) as session:
        leases.renew(session, lease, progress=0.5)
    after = desk.look(job_id)
    assert before is not None
    assert after.lease_until is not None
    assert after.lease_until > before
    assert after.progress == 0.5


def test_a_cancelled_job_is_not_claimed_and_its_holder_hears_of_it(desk: Desk) -> None:
    running, waiting = desk.queue("sample.count"), desk.queue("sample.count")
    lease = claim(desk.engine, running, "me")
    with transaction(desk.engine) as session:
        request_cancel(session, running)
        request_cancel(session, waiting)
    assert claim(desk.engine, waiting, "me") is None
    assert lease is not None
    with pytest.raises(JobCancelledError), transaction(desk.engine) as session:
        leases.renew(session, lease)


def test_cancelling_a_job_that_is_not_there_says_so(desk: Desk) -> None:
    with pytest.raises(NoSuchJobError, match="There is no job"), transaction(desk.engine) as session:
        request_cancel(session, JobId(uuid4()))


def test_a_released_job_is_queued_as_if_never_taken(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    lease = claim(desk.engine, job_id, "me")
    assert lease is not None
    with transaction(desk.engine) as session:
        leases.release(session, lease)
    row = desk.look(job_id)
    assert (row.state, row.attempt, row.owner) == (JobState.queued, 0, None)


def test_a_fourth_attempt_is_not_made(desk: Desk) -> None:
    job_id = desk.queue("sample.count")
    for attempt in (1, 2, 3):
        lease = claim(desk.engine, job_id, f"worker {attempt}", seconds=0.005)
        assert lease is not None
        time.sleep(0.01)
    assert claim(desk.engine, job_id, "worker 4") is None


def test_the_deadline_counts_from_the_first_attempt(desk: Desk) -> None:
    job_id = desk.queue("sample.count", deadline_seconds=10)
    claim(desk.engine, job_id, "first", seconds=0.01)
    time.sleep(0.2)
    again = claim(desk.engine, job_id, "second")
    assert again is not None
    assert again.seconds_left is not None
    assert 9.0 < again.seconds_left < 9.9


def test_one_idempotency_key_is_one_job(desk: Desk) -> None:
    with transaction(desk.engine) as session:
        ids = {enqueue(session, "sample.count", uuid4(), idempotency_key="same") for _ in range(3)}
        ids.add(enqueue(session, "sample.count", uuid4()))
    assert len(ids) == 2
