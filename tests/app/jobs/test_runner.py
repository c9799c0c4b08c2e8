"""What a job's row tells after its work went well, went wrong, or was stopped."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.datasets.tables import UploadRow
from app.db.owned import AccountRow
from app.db.session import transaction
from app.errors import JobReleasedError
from app.jobs.registry import KINDS, UnknownJobKindError, job, kind_of
from app.jobs.runner import INTERRUPT, Pace, RunningJob, run_job
from app.jobs.service import enqueue, request_cancel
from app.jobs.tables import JobId, JobState
from dvn.errors import DataError
from tests.app.jobs.conftest import Desk
from tests.app.jobs.sample_jobs import leave_effect

PACE = Pace(lease_seconds=0.6, poll_seconds=0.05, max_attempts=3)


@pytest.fixture
def kinds() -> Iterator[None]:
    before = dict(KINDS)
    yield
    KINDS.clear()
    KINDS.update(before)


@pytest.fixture
def do(desk: Desk, kinds: None) -> Callable[[Callable[[RunningJob], None]], JobId]:
    """Queue a job with this work, do it here, and give its id."""

    def queue_and_run(work: Callable[[RunningJob], None], **queued: object) -> JobId:
        job("test.work")(work)
        job_id = desk.queue("test.work", **queued)  # type: ignore[arg-type]
        run_job(desk.engine, PACE, job_id)
        return job_id

    return queue_and_run


Do = Callable[..., JobId]


def cancel_soon(desk: Desk) -> None:
    """Cancel the only job of the test, from another thread, in a moment."""

    def cancel() -> None:
        time.sleep(0.1)
        with transaction(desk.engine) as session:
            job_id = session.execute(text("SELECT id FROM job")).scalar_one()
            request_cancel(session, JobId(job_id))

    threading.Thread(target=cancel).start()


def test_a_result_is_stored_with_the_end_of_the_job(desk: Desk, do: Do) -> None:
    job_id = do(lambda running: running.record(lambda session: leave_effect(session, running, "done")))
    row = desk.look(job_id)
    assert (row.state, row.progress, row.result) == (JobState.finished, 1.0, {"attempt": 1})
    assert desk.effects(job_id) == [("done", 1)]
    assert desk.states(job_id) == ["queued", "running", "finished"]


def test_work_that_records_nothing_finishes_its_job(desk: Desk, do: Do) -> None:
    assert desk.look(do(lambda running: None)).state is JobState.finished


def test_a_job_delivered_twice_is_done_once(desk: Desk, do: Do) -> None:
    job_id = do(lambda running: running.record(lambda session: leave_effect(session, running, "done")))
    run_job(desk.engine, PACE, job_id)
    assert desk.effects(job_id) == [("done", 1)]


def test_a_job_of_another_worker_is_left_alone(desk: Desk, do: Do) -> None:
    seen = []

    def work(running: RunningJob) -> None:
        run_job(desk.engine, PACE, running.id)
        seen.append(desk.look(running.id).attempt)

    do(work)
    assert seen == [1]


def test_steps_show_progress_and_facts(desk: Desk, do: Do) -> None:
    def work(running: RunningJob) -> None:
        assert running.step(0.5, "half way", accuracy=0.75)
        # Within a quarter of a second of the last: not written.
        assert running.step(0.6, "a little more")

    job_id = do(work)
    row = desk.look(job_id)
    assert row.step == "half way"
    with transaction(desk.engine) as session:
        facts = session.execute(text("SELECT facts FROM job_event WHERE kind = 'progress'")).scalars().all()
    assert facts == [{"progress": 0.5, "step": "half way", "accuracy": 0.75}]


def test_our_own_errors_reach_the_user_as_they_are(desk: Desk, do: Do) -> None:
    def work(running: RunningJob) -> None:
        raise DataError("Line 3 has one column.")

    row = desk.look(do(work))
    assert (row.state, row.error) == (JobState.failed, "Line 3 has one column.")


def test_a_bug_reaches_the_log_and_not_the_user(desk: Desk, do: Do, caplog: pytest.LogCaptureFixture) -> None:
    def work(running: RunningJob) -> None:
        raise ZeroDivisionError("secret innards")

    with caplog.at_level(logging.WARNING):
        row = desk.look(do(work))
    assert row.state is JobState.failed
    assert row.error is not None
    assert "secret" not in row.error
    assert str(row.id) in row.error
    assert "ZeroDivisionError" in caplog.text


def test_lack_of_memory_is_named(desk: Desk, do: Do) -> None:
    def work(running: RunningJob) -> None:
        raise MemoryError

    assert "not enough memory" in (desk.look(do(work)).error or "")


def test_a_failed_store_stores_nothing(desk: Desk, do: Do) -> None:
    def work(running: RunningJob) -> None:
        def store(session: Session) -> dict[str, int]:
            leave_effect(session, running, "half")
            raise DataError("No.")

        running.record(store)

    job_id = do(work)
    assert desk.effects(job_id) == []
    assert desk.look(job_id).state is JobState.failed


def test_a_feature_hears_that_its_job_gave_up(desk: Desk, kinds: None) -> None:
    heard = []

    def give_up(session: Session, subject_id: UUID, state: JobState, sentence: str) -> None:
        heard.append((subject_id, state, sentence))

    @job("test.hopeless", give_up=give_up)
    def work(running: RunningJob) -> None:
        raise DataError("Hopeless.")

    job_id = desk.queue("test.hopeless")
    run_job(desk.engine, PACE, job_id)
    assert heard == [(desk.look(job_id).subject_id, JobState.failed, "Hopeless.")]


def test_an_unknown_kind_fails_with_a_sentence(desk: Desk) -> None:
    job_id = desk.queue("test.unheard_of")
    run_job(desk.engine, PACE, job_id)
    assert "'test.unheard_of'" in (desk.look(job_id).error or "")
    with pytest.raises(UnknownJobKindError):
        kind_of("test.unheard_of")


def test_work_that_asks_stops_when_cancelled_and_stores_nothing(desk: Desk, do: Do) -> None:
    cancel_soon(desk)

    def work(running: RunningJob) -> None:
        while running.step(0.1):
            time.sleep(0.01)
        running.record(lambda session: leave_effect(session, running, "done"))

    job_id = do(work)
    assert desk.look(job_id).state is JobState.cancelled
    assert desk.effects(job_id) == []


def test_work_that_never_asks_is_interrupted_within_a_second(desk: Desk, do: Do) -> None:
    cancel_soon(desk)
    start = time.monotonic()
    row = desk.look(do(lambda running: time.sleep(30)))
    assert row.state is JobState.cancelled
    assert time.monotonic() - start < 1.5


def test_work_past_its_deadline_fails_with_the_reason(desk: Desk, do: Do) -> None:
    start = time.monotonic()
    row = desk.look(do(lambda running: time.sleep(30), deadline_seconds=1))
    assert 1.0 < time.monotonic() - start < 2.0
    assert row.state is JobState.failed
    assert "1 seconds" in (row.error or "")


def test_a_long_step_keeps_its_lease(desk: Desk, do: Do) -> None:
    def work(running: RunningJob) -> None:
        time.sleep(3 * PACE.lease_seconds)
        running.record(lambda session: leave_effect(session, running, "done"))

    job_id = do(work)
    assert desk.effects(job_id) == [("done", 1)]


def test_a_job_that_was_taken_over_stores_nothing(desk: Desk, do: Do) -> None:
    def work(running: RunningJob) -> None:
        with transaction(desk.engine) as session:
            session.execute(text("UPDATE job SET owner = 'other', attempt = attempt + 1"))
        running.record(lambda session: leave_effect(session, running, "done"))

    job_id = do(work)
    assert desk.effects(job_id) == []
    assert (desk.look(job_id).state, desk.look(job_id).owner) == (JobState.running, "other")


def test_a_worker_told_to_stop_puts_its_job_back(desk: Desk, do: Do) -> None:
    def work(running: RunningJob) -> None:
        signal.raise_signal(INTERRUPT)
        time.sleep(30)

    row = desk.look(do(work))
    assert (row.state, row.attempt) == (JobState.queued, 0)


def test_a_transaction_is_not_interrupted(desk: Desk, do: Do) -> None:
    def work(running: RunningJob) -> None:
        def store(session: Session) -> dict[str, int]:
            running.interrupt(JobReleasedError())
            return leave_effect(session, running, "done")

        running.record(store)

    job_id = do(work)
    assert desk.effects(job_id) == [("done", 1)]
    assert desk.look(job_id).state is JobState.finished


def test_what_a_job_makes_belongs_to_the_account_that_asked_for_it(desk: Desk, kinds: None) -> None:
    made: list[UUID] = []

    def upload(session: Session) -> None:
        made.append(UUID(int=len(made) + 100))
        session.add(UploadRow(id=made[-1], file_name="made", bytes=1, sha256=""))

    @job("test.work")
    def work(running: RunningJob) -> None:
        running.store(upload)
        running.record(upload)

    with transaction(desk.engine) as session:
        account = AccountRow(email="ada@example.org")
        session.add(account)
    with transaction(desk.engine, owner=account.id) as session:
        job_id = enqueue(session, "test.work", UUID(int=1))
    run_job(desk.engine, PACE, job_id)
    with transaction(desk.engine) as session:
        assert [session.get_one(UploadRow, upload_id).owner_id for upload_id in made] == [account.id] * 2
        assert desk.look(job_id).owner_id == account.id
