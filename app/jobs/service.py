"""A wish becomes a queued job; a change of mind becomes a cancel."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.owned import owner_of
from app.errors import NotFoundError
from app.jobs.tables import ENDED, JobEventRow, JobId, JobRow, JobState

QUEUE_CHANNEL: Final = "forethought_queue"
EVENT_CHANNEL: Final = "forethought_job"


class NoSuchJobError(NotFoundError):
    def __init__(self, job_id: object) -> None:
        super().__init__(f"There is no job {job_id}.")


def enqueue(
    session: Session,
    kind: str,
    subject_id: UUID,
    *,
    arguments: Mapping[str, Any] | None = None,
    deadline_seconds: float | None = None,
    idempotency_key: str | None = None,
) -> JobId:
    """Queue a job; it is sent when this transaction commits. One idempotency key, one job."""
    new = insert(JobRow).values(
        id=uuid4(),
        owner_id=owner_of(session),
        kind=kind,
        subject_id=subject_id,
        arguments=dict(arguments or {}),
        deadline_seconds=deadline_seconds,
        idempotency_key=idempotency_key,
    )
    made = session.scalar(new.on_conflict_do_nothing(index_elements=["idempotency_key"]).returning(JobRow.id))
    if made is None:
        same = select(JobRow.id).where(JobRow.idempotency_key == idempotency_key)
        return JobId(session.execute(same).scalar_one())
    add_event(session, JobId(made), "state", state=JobState.queued)
    ring(session)
    return JobId(made)


def request_cancel(session: Session, job_id: JobId) -> None:
    """Ask that a job ends; one that has ended stays as it is.

    Raises:
        NoSuchJobError: There is none with this id.
    """
    wish = update(JobRow).where(JobRow.id == job_id).values(cancel_requested=True).returning(JobRow.state)
    state = session.scalar(wish)
    if state is None:
        raise NoSuchJobError(job_id)
    if state not in ENDED:
        ring(session)


def add_event(session: Session, job_id: JobId, kind: str, **facts: Any) -> None:
    """Note what happened; live pages hear of it when this transaction commits."""
    session.add(JobEventRow(job_id=job_id, kind=kind, facts=facts))
    session.flush()
    session.execute(select(func.pg_notify(EVENT_CHANNEL, str(job_id))))


def ring(session: Session) -> None:
    """Wake the reconciler when this transaction commits."""
    session.execute(select(func.pg_notify(QUEUE_CHANNEL, "")))
