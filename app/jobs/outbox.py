"""Queued rows become messages, dead leases become queued rows: the reconciler.

It runs in every worker's parent process; an advisory lock lets one of them do it at a time.
It is woken by a notification when a job is queued or cancelled, and looks by itself every few seconds.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import psycopg
from sqlalchemy import ColumnElement, Engine, and_, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.errors import AppError, JobCancelledError
from app.jobs import lease as leases
from app.jobs.broker import BrokerError
from app.jobs.service import QUEUE_CHANNEL, add_event
from app.jobs.tables import JobId, JobRow, JobState

LOG: Final = logging.getLogger("forethought.jobs")
RECONCILER_LOCK: Final = 0x0F0E_7406_4712
FIRST_BACKOFF_SECONDS: Final = 4.0
LONGEST_BACKOFF_SECONDS: Final = 60.0
BATCH: Final = 100

Announce = Callable[[JobId], None]
Plan = Callable[[Session], None]


class WorkerKeptDyingError(AppError):
    def __init__(self, attempts: int) -> None:
        super().__init__(
            f"The worker stopped {attempts} times while doing this, perhaps for lack of memory; try with "
            "fewer rows or shorter texts."
        )


def reconcile(
    engine: Engine, announce: Announce, *, max_attempts: int, at_once: bool = False, plan: Plan | None = None
) -> None:
    """One look at all jobs: end, requeue, announce. `at_once` announces what was announced before, too.

    Before that, `plan` queues the jobs whose hour has come.
    """
    with transaction(engine) as session:
        if plan is not None:
            plan(session)
        end_cancelled(session)
        end_hopeless(session, max_attempts)
        requeue_expired(session)
        waiting = take_waiting(session, at_once=at_once)
    # After the commit: a message must not be faster than its row.
    for job_id in waiting:
        announce(job_id)


def is_expired() -> ColumnElement[bool]:
    return and_(JobRow.state == JobState.running, JobRow.lease_until < func.now())


def end_cancelled(session: Session) -> None:
    """Cancelled before a worker took them, or after their worker died."""
    idle = or_(JobRow.state == JobState.queued, is_expired())
    leases.end(
        session, and_(JobRow.cancel_requested, idle), JobState.cancelled, sentence=str(JobCancelledError())
    )


def end_hopeless(session: Session, max_attempts: int) -> None:
    """Jobs that have killed a worker too often."""
    sentence = str(WorkerKeptDyingError(max_attempts))
    hopeless = and_(is_expired(), JobRow.attempt >= max_attempts)
    leases.end(session, hopeless, JobState.failed, sentence=sentence, error=sentence)


def requeue_expired(session: Session) -> None:
    """Jobs whose worker showed no life for a whole lease."""
    freed = update(JobRow).where(is_expired()).returning(JobRow.id)
    values = {"state": JobState.queued, "owner": None, "lease_until": None, "send_after": func.now()}
    for job_id in session.scalars(freed.values(sent=0, **values)).all():
        LOG.warning("job.requeued id=%s reason=lease_expired", job_id)
        add_event(session, JobId(job_id), "state", state=JobState.queued)


def take_waiting(session: Session, *, at_once: bool) -> Sequence[JobId]:
    """Queued jobs to announce now, oldest first. Each announcement is repeated later, and ever later."""
    due = JobRow.state == JobState.queued
    if not at_once:
        due = and_(due, JobRow.send_after <= func.now())
    order = (JobRow.created_at, JobRow.id)
    waiting = session.scalars(
        select(JobRow.id).where(due).order_by(*order).limit(BATCH).with_for_update(skip_locked=True)
    ).all()
    backoff = func.least(
        FIRST_BACKOFF_SECONDS * func.power(2, func.least(JobRow.sent, 10)), LONGEST_BACKOFF_SECONDS
    )
    later = func.now() + backoff * timedelta(seconds=1)
    session.execute(
        update(JobRow).where(JobRow.id.in_(waiting)).values(sent=JobRow.sent + 1, send_after=later)
    )
    return [JobId(job_id) for job_id in waiting]


def keep_reconciling(
    engine: Engine,
    announce: Announce,
    stop: threading.Event,
    *,
    every_seconds: float,
    max_attempts: int,
    plan: Plan | None = None,
) -> None:
    """Reconcile until `stop`, whenever notified and every few seconds, unless another process does it."""
    while not stop.is_set():
        try:
            with listening(engine) as connection:
                if connection.execute("SELECT pg_try_advisory_lock(%s)", [RECONCILER_LOCK]).fetchone() != (
                    True,
                ):
                    stop.wait(every_seconds)
                    continue
                at_once = True
                while not stop.is_set():
                    reconcile(engine, announce, max_attempts=max_attempts, at_once=at_once, plan=plan)
                    at_once = False
                    for _ in connection.notifies(timeout=every_seconds, stop_after=1):
                        pass
        except (psycopg.Error, DBAPIError, BrokerError, OSError) as error:
            LOG.warning("reconciler.interrupted reason=%s", error)
            stop.wait(every_seconds)


def listening(engine: Engine) -> "psycopg.Connection[tuple[bool]]":
    """A connection of its own that hears of queued and cancelled jobs."""
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection: psycopg.Connection[tuple[bool]] = psycopg.connect(address, autocommit=True)
    connection.execute(f"LISTEN {QUEUE_CHANNEL}")
    return connection
