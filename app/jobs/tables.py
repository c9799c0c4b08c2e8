"""The rows behind a job and what happened to it.

                claim                    record
enqueue ─► queued ───► running ───────────► finished
             │  ▲         │ │ │  error
             │  └─────────┘ │ └───────────► failed     (a sentence in `error`)
             │   lease over,│
             │   released   │ cancel_requested
             └──────────────┴─────────────► cancelled
"""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CreatedAt, Json, PublicId, choice
from app.db.owned import Owned

JobId = NewType("JobId", UUID)


class JobState(StrEnum):
    queued = "queued"
    running = "running"
    finished = "finished"
    failed = "failed"
    cancelled = "cancelled"


ENDED = frozenset({JobState.finished, JobState.failed, JobState.cancelled})


class JobRow(Owned, Base):
    """One unit of background work: `kind` says what, `subject_id` on which thing.

    `owner` is the worker that holds it, `owner_id` the account that it belongs to.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("(state = 'running') = (owner IS NOT NULL)", name="running_has_an_owner"),
        CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="running_has_a_lease"),
        CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="failed_has_a_reason"),
        Index(None, "kind", "subject_id"),
        Index("ix_job_to_send", "send_after", postgresql_where=text("state = 'queued'")),
        Index("ix_job_leased", "lease_until", postgresql_where=text("state = 'running'")),
    )

    id: Mapped[PublicId]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    arguments: Mapped[Json] = mapped_column(JSONB, default=dict)
    state: Mapped[JobState] = mapped_column(choice(JobState, "state"), default=JobState.queued)
    owner: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    progress: Mapped[float] = mapped_column(DOUBLE_PRECISION, default=0.0)
    step: Mapped[str] = mapped_column(default="")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    deadline_seconds: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    error: Mapped[str | None]
    result: Mapped[Json | None] = mapped_column(JSONB)
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    sent: Mapped[int] = mapped_column(default=0)
    send_after: Mapped[datetime] = mapped_column(server_default=text("now()"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class JobEventRow(Base):
    """Something that happened to a job, in order; what a live page replays."""

    __tablename__ = "job_event"
    __table_args__ = (Index(None, "job_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey(JobRow.id, ondelete="CASCADE"))
    kind: Mapped[str]
    facts: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
