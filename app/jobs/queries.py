"""Every SELECT about jobs."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import exists, false, or_, select
from sqlalchemy.orm import Session

from app.db.base import Json
from app.jobs.tables import JobEventRow, JobId, JobRow


def find_job(session: Session, job_id: JobId) -> JobRow | None:
    return session.get(JobRow, job_id, populate_existing=True)


def latest_job(session: Session, kind: str, subject_id: UUID) -> JobRow | None:
    """The newest job of a kind on one thing."""
    about = (JobRow.kind == kind, JobRow.subject_id == subject_id)
    newest = (JobRow.created_at.desc(), JobRow.id)
    return session.scalars(select(JobRow).where(*about).order_by(*newest).limit(1)).first()


def latest_jobs(session: Session, kind: str, subject_ids: Collection[UUID]) -> Mapping[UUID, JobRow]:
    """The newest job of a kind on each of several things."""
    about = (JobRow.kind == kind, JobRow.subject_id.in_(subject_ids))
    oldest_first = (JobRow.created_at, JobRow.id.desc())
    jobs = session.scalars(select(JobRow).where(*about).order_by(*oldest_first))
    return {job.subject_id: job for job in jobs}


def is_any_running(session: Session, owner_prefixes: Sequence[str]) -> bool:
    """Whether a job is held by an owner whose name begins so."""
    held = or_(*(JobRow.owner.startswith(prefix, autoescape=True) for prefix in owner_prefixes), false())
    return session.scalar(select(exists().where(held))) or False


def events_after(
    session: Session, job_id: JobId, last_event_id: int = 0, *, limit: int = 500
) -> Sequence[JobEventRow]:
    """What happened to a job after an event, oldest first."""
    later = (JobEventRow.job_id == job_id, JobEventRow.id > last_event_id)
    return session.scalars(select(JobEventRow).where(*later).order_by(JobEventRow.id).limit(limit)).all()


def latest_facts(session: Session, job_id: JobId, kind: str) -> Json:
    """The facts of a job's newest event of a kind; empty if there is none."""
    about = (JobEventRow.job_id == job_id, JobEventRow.kind == kind)
    newest = select(JobEventRow.facts).where(*about).order_by(JobEventRow.id.desc()).limit(1)
    return session.scalar(newest) or {}
