"""A job's id becomes its work, done once: claimed with a lease, computed, recorded if the claim still stands.

    with_claim ──► work(running) ──► record
                     │    ▲
            heartbeat│    │ stop: cancelled, lost, deadline, released
                     ▼    │
                     pulse (a thread): renews the lease, looks for a cancel

A stop is first offered: `step` answers False. Work that does not ask within a moment is interrupted
between two bytecodes of the main thread by a signal.
"""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from types import FrameType
from typing import Any, Final, TypeVar, final
from uuid import UUID, uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app.db.base import Json
from app.db.session import transaction
from app.errors import (
    AppError,
    JobCancelledError,
    JobDeadlineError,
    JobError,
    JobLostError,
    JobReleasedError,
)
from app.jobs import lease as leases
from app.jobs.lease import Lease
from app.jobs.registry import kind_of
from app.jobs.service import add_event
from app.jobs.tables import JobId, JobState
from app.settings import Settings
from dvn.errors import DvnError

LOG: Final = logging.getLogger("forethought.jobs")
STEP_SECONDS: Final = 0.25
"""Progress is written at most this often."""
GRACE_SECONDS: Final = 0.4
"""How long work may go on after it should have stopped, before it is interrupted."""
REPEAT_SECONDS: Final = 2.0
INTERRUPT: Final = signal.SIGUSR2

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a running job shows life and looks for a cancel."""

    lease_seconds: float
    poll_seconds: float
    max_attempts: int

    @classmethod
    def of(cls, settings: Settings) -> "Pace":
        return cls(settings.lease_seconds, settings.cancel_poll_seconds, settings.max_attempts)


@final
class RunningJob:
    """What a job's work is handed: what it is about, and the ways to show progress and to store."""

    def __init__(self, engine: Engine, lease: Lease) -> None:
        self.id: JobId = lease.job_id
        self.subject_id: UUID = lease.subject_id
        self.arguments: Json = lease.arguments
        self.attempt: int = lease.attempt
        self.lease = lease
        self.stop: JobError | None = None
        self.is_over = False
        self._interrupted_at = -REPEAT_SECONDS
        self.engine = engine
        self._shields = 0
        self._stepped_at = -STEP_SECONDS

    def load(self, read: Callable[[Session], Loaded]) -> Loaded:
        """What `read` finds, in a short transaction."""
        with self._shielded(), self._transaction() as session:
            return read(session)

    def step(self, progress: float, message: str = "", **facts: Any) -> bool:
        """Show progress (in [0, 1]) and facts; False: stop now. Cheap, so call it as often as you like.

        What comes within a quarter of a second of the last is not written.
        """
        if self.stop is None and monotonic() - self._stepped_at >= STEP_SECONDS:
            self._stepped_at = monotonic()
            event = partial(add_event, job_id=self.id, kind="progress", progress=progress, step=message)
            self._under_lease(partial(event, **facts), progress=min(max(progress, 0.0), 1.0), step=message)
        return self.stop is None

    def store(self, write: Callable[[Session], None]) -> None:
        """Store the result of one step, if the job is still this worker's.

        Raises:
            JobError: It must stop; nothing is stored.
        """
        self.check()
        if not self._under_lease(write):
            self.check()

    def record(self, write: Callable[[Session], Json | None] | None = None) -> None:
        """Store the result and end the job, in one transaction, if it is still this worker's.

        Raises:
            JobError: It must stop; nothing is stored.
        """

        def write_and_finish(session: Session) -> None:
            leases.finish(session, self.lease, write(session) if write else None)

        self.check()
        if not self._under_lease(write_and_finish):
            self.check()
        self.is_over = True

    def check(self) -> None:
        """Raise the reason to stop, if there is one."""
        if self.stop is not None:
            raise self.stop

    def interrupt(self, reason: JobError) -> None:
        """Raise the reason to stop right here, unless a transaction is under way: that comes first.

        What is raised needs time to travel, so it is not raised again at once.
        """
        self.stop = self.stop or reason
        if self._shields == 0 and not self.is_over and monotonic() - self._interrupted_at > REPEAT_SECONDS:
            self._interrupted_at = monotonic()
            raise self.stop

    def _under_lease(self, write: Callable[[Session], None], **changed: Any) -> bool:
        """Write in a transaction that holds the lease; if that is gone, write nothing and keep the reason."""
        try:
            with self._shielded(), self._transaction() as session:
                leases.renew(session, self.lease, **changed)
                write(session)
        except (JobCancelledError, JobLostError) as reason:
            self.stop = self.stop or reason
            return False
        return True

    def _transaction(self) -> AbstractContextManager[Session]:
        """One that sees all rows and makes them in the name of the account that the job belongs to."""
        return transaction(self.engine, makes_for=self.lease.owner_id)

    @contextmanager
    def _shielded(self) -> Iterator[None]:
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1


def owner_prefix(process: int) -> str:
    """How the owner of every job of a process of this machine begins."""
    return f"{socket.gethostname()}:{process}:"


def run_job(engine: Engine, pace: Pace, job_id: JobId) -> None:
    """Do a job, unless it is done, cancelled or somebody else's. Whatever happens, its row tells."""
    owner = f"{owner_prefix(os.getpid())}{uuid4().hex[:8]}"
    with transaction(engine) as session:
        lease = leases.claim(
            session, job_id, owner=owner, lease_seconds=pace.lease_seconds, max_attempts=pace.max_attempts
        )
    if lease is None:
        return
    LOG.info("job.started id=%s kind=%s attempt=%d", job_id, lease.kind, lease.attempt)
    running = RunningJob(engine, lease)
    try:
        with interruptible(running), beating(running, pace):
            work = kind_of(lease.kind).work
            work(running)
            if not running.is_over:
                running.record()
    except Exception as error:  # noqa: BLE001  (the one place where any failure becomes a sentence)
        running.is_over = True
        settle(engine, lease, running.stop or error)


def settle(engine: Engine, lease: Lease, error: Exception) -> None:
    """End a job that gave no result. If even that fails, its lease runs out and another worker tries."""
    LOG.log(
        logging.INFO if isinstance(error, JobError) else logging.WARNING,
        "job.stopped id=%s kind=%s reason=%s",
        lease.job_id,
        lease.kind,
        error,
        exc_info=None if isinstance(error, (AppError, DvnError)) else error,
    )
    try:
        with transaction(engine) as session:
            if isinstance(error, JobReleasedError):
                leases.release(session, lease)
            elif isinstance(error, JobCancelledError):
                leases.give_up(session, lease, JobState.cancelled, str(error))
            elif not isinstance(error, (JobLostError, OperationalError)):
                leases.give_up(session, lease, JobState.failed, sentence_for(error, lease))
    except DBAPIError as trouble:
        LOG.warning("job.unsettled id=%s reason=%s", lease.job_id, trouble)


def sentence_for(error: Exception, lease: Lease) -> str:
    """What a user may read about a failure: our own errors as they are, others without their innards."""
    if isinstance(error, (AppError, DvnError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory for this; try with fewer rows or shorter texts."
    return f"Something went wrong inside Forethought; the worker's log tells more under job {lease.job_id}."


@contextmanager
def interruptible(running: RunningJob) -> Iterator[None]:
    """While this lasts, the signal INTERRUPT ends the work, in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_signal: int, _frame: FrameType | None) -> None:
        running.interrupt(JobReleasedError())

    before = signal.signal(INTERRUPT, handle)
    try:
        yield
    finally:
        running.is_over = True
        signal.signal(INTERRUPT, before)


@contextmanager
def beating(running: RunningJob, pace: Pace) -> Iterator[None]:
    """While this lasts, a thread renews the lease and looks for a reason to stop."""
    done = threading.Event()
    worker = threading.current_thread()
    pulse = threading.Thread(target=beat, args=(running, pace, worker, done), name="pulse", daemon=True)
    pulse.start()
    try:
        yield
    finally:
        done.set()
        pulse.join()


def beat(running: RunningJob, pace: Pace, worker: threading.Thread, done: threading.Event) -> None:
    """Renew the lease at a third of its length; look for a cancel and for the deadline more often."""
    started = renewed = monotonic()
    offered: float | None = None
    while not done.wait(pace.poll_seconds):
        is_due = monotonic() - renewed > pace.lease_seconds / 3
        running.stop = running.stop or reason_to_stop(running, monotonic() - started, is_due=is_due)
        if is_due:
            renewed = monotonic()
        if running.stop is None:
            continue
        offered = offered or monotonic()
        is_ignored = monotonic() - offered > GRACE_SECONDS
        if is_ignored and worker is threading.main_thread() and not done.is_set():
            signal.pthread_kill(worker.ident or 0, INTERRUPT)


def reason_to_stop(running: RunningJob, seconds: float, *, is_due: bool) -> JobError | None:
    """Why the work must stop, after so many seconds of it; renews the lease if that is due."""
    left = running.lease.seconds_left
    if left is not None and seconds > left:
        return JobDeadlineError(running.lease.deadline_seconds or 0.0)
    try:
        with transaction(running.engine) as session:
            (leases.renew if is_due else leases.check)(session, running.lease)
    except JobError as reason:
        return reason
    except DBAPIError:
        # The database may be restarting; until it is back nobody else can take the job either.
        LOG.warning("job.heartbeat_missed id=%s", running.id)
    return None
