"""A job's row becomes what the API answers and live pages show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.jobs.tables import ENDED, JobRow, JobState
from app.web.paging import PageForm


class JobAnswer(BaseModel):
    """A job; `percent` is null while its length cannot be told, `words` say what it does."""

    id: UUID
    kind: str
    subject: UUID
    state: JobState
    percent: int | None
    words: str
    error: str | None
    result: Mapping[str, Any] | None
    attempt: int
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class JobsAnswer(BaseModel):
    """Some jobs, the newest first; ask again with `after` = `next` for more."""

    jobs: list[JobAnswer]
    next: str | None


class JobsQuestion(PageForm):
    """Which jobs a program wants, the newest first."""

    subject: UUID | None = Field(default=None, description="Only those on this thing, such as a classifier.")
    state: JobState | None = Field(default=None, description="Only those in this state.")


def job_answer(row: JobRow) -> JobAnswer:
    return JobAnswer(
        id=row.id,
        kind=row.kind,
        subject=row.subject_id,
        state=row.state,
        percent=percent_of(row),
        words=words_of(row),
        error=row.error,
        result=row.result,
        attempt=row.attempt,
        cancel_requested=row.cancel_requested,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def percent_of(row: JobRow) -> int | None:
    """How much is done, if that can be told."""
    if row.state == JobState.finished:
        return 100
    return round(100 * row.progress) if row.progress > 0 else None


def words_of(row: JobRow) -> str:
    """What is going on, for a person."""
    if row.state in ENDED:
        return row.error or row.state.value.capitalize()
    if row.cancel_requested:
        return "Cancelling…"
    if row.state == JobState.queued:
        return "Waiting for a worker…"
    return row.step or "Starting…"
