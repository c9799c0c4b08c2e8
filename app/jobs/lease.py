"""A queued job becomes this worker's for a while: every statement that takes, keeps or ends a lease.

A lease is held by (owner, attempt). Whatever a worker writes is fenced by both, in the same
transaction, so that a worker which lost its lease can store nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.db.base import Json
from app.errors import JobCancelledError, JobLostError
from app.jobs.registry import KINDS
from app.jobs.service import add_event
from app.jobs.tables import JobId, JobRow, JobState


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's hold on one job."""

    job_id: JobId
    owner: str
    owner_id: UUID
    attempt: int
    seconds: float
    kind: str
    subject_id: UUID
    arguments: Json
    started_at: datetime
    claimed_at: datetime
    deadline_seconds: float | None

    @property
    def seconds_left(self) -> float | None:
        """Seconds from the claim to the deadline, which counts from the first attempt's start."""
        if self.deadline_seconds is None:
            return None
        return self.deadline_seconds - (self.claimed_at - self.started_at).total_seconds()

    def still_holds(self) -> ColumnElement[bool]:
        return and_(
            JobRow.id == self.job_id,
            JobRow.owner == self.owner,
            JobRow.attempt == self.attempt,
            JobRow.state == JobState.running,
        )


def claim(
    session: Session, job_id: JobId, *, owner: str, lease_seconds: float, max_attempts: int
) -> Lease | None:
    """Take a job that is queued or whose worker is dead; None: it is done, cancelled or somebody else's."""
    free = or_(
        JobRow.state == JobState.queued,
        and_(JobRow.state == JobState.running, JobRow.lease_until < func.now()),
    )
    taken = session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, free, JobRow.cancel_requested.is_(False), JobRow.attempt < max_attempts)
        .values(
            state=JobState.running,
            owner=owner,
            attempt=JobRow.attempt + 1,
            lease_until=func.now() + timedelta(seconds=lease_seconds),
            heartbeat_at=func.now(),
            started_at=func.coalesce(JobRow.started_at, func.now()),
        )
        .returning(
            JobRow.attempt,
            JobRow.owner_id,
            JobRow.kind,
            JobRow.subject_id,
            JobRow.arguments,
            JobRow.started_at,
            JobRow.heartbeat_at.label("claimed_at"),
            JobRow.deadline_seconds,
        )
    ).one_or_none()
    if taken is None:
        return None
    add_event(session, job_id, "state", state=JobState.running, attempt=taken.attempt)
    return Lease(job_id=job_id, owner=owner, seconds=lease_seconds, **taken._mapping)


def renew(session: Session, lease: Lease, **changed: Any) -> None:
    """Hold the job for another term, with `changed` columns; the row stays locked until the commit.

    Raises:
        JobLostError: Another worker has it, or it has ended.
        JobCancelledError: A user wants it to end.
    """
    until = func.now() + timedelta(seconds=lease.seconds)
    fenced = update(JobRow).where(lease.still_holds()).returning(JobRow.cancel_requested)
    cancelled = session.scalar(fenced.values(lease_until=until, heartbeat_at=func.now(), **changed))
    if cancelled is None:
        raise JobLostError
    if cancelled:
        raise JobCancelledError


def check(session: Session, lease: Lease) -> None:
    """Raise as `renew` does, but write nothing."""
    cancelled = session.scalar(select(JobRow.cancel_requested).where(lease.still_holds()))
    if cancelled is None:
        raise JobLostError
    if cancelled:
        raise JobCancelledError


def finish(session: Session, lease: Lease, result: Json | None) -> None:
    """End the job with its result. Call after `renew` in the same transaction."""
    end(session, lease.still_holds(), JobState.finished, result=result, progress=1.0)


def give_up(session: Session, lease: Lease, state: JobState, sentence: str) -> None:
    """End the job without a result, if it is still held."""
    error = sentence if state is JobState.failed else None
    end(session, lease.still_holds(), state, sentence=sentence, error=error)


def release(session: Session, lease: Lease) -> None:
    """Put the job back into the queue as if it had never been taken."""
    back = {"state": JobState.queued, "owner": None, "lease_until": None, "attempt": JobRow.attempt - 1}
    freed = update(JobRow).where(lease.still_holds()).values(send_after=func.now(), **back)
    if session.scalar(freed.returning(JobRow.id)) is not None:
        add_event(session, lease.job_id, "state", state=JobState.queued)


def end(
    session: Session, which: ColumnElement[bool], state: JobState, *, sentence: str = "", **changed: Any
) -> list[JobId]:
    """End every job that fits, tell its feature if there is no result, and give their ids."""
    ended = session.execute(
        update(JobRow)
        .where(which)
        .values(state=state, owner=None, lease_until=None, ended_at=func.now(), **changed)
        .returning(JobRow.id, JobRow.kind, JobRow.subject_id)
    ).all()
    for job_id, kind, subject_id in ended:
        hook = KINDS[kind].give_up if kind in KINDS else None
        if hook is not None and state is not JobState.finished:
            hook(session, subject_id, state, sentence)
        add_event(session, JobId(job_id), "state", state=state, sentence=sentence)
    return [JobId(job_id) for job_id, _, _ in ended]
