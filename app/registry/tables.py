"""The rows behind the choice of a value network: attempts to refit it, and what was promoted when.

              worker or `forethought refit`
waiting ──┬─► promoted      better on families left out, or there was none to compare with
          ├─► kept          not better, or something changed meanwhile; `sentence` says which
          ├─► nothing_new   no run that the present value network has not learned from
          └─► failed, cancelled
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CreatedAt, Json, PublicId, SerialId, choice
from app.experiments.tables import CheckpointRow


class RefitState(StrEnum):
    waiting = "waiting"
    promoted = "promoted"
    kept = "kept"
    nothing_new = "nothing_new"
    failed = "failed"
    cancelled = "cancelled"


class RefitRow(Base):
    """One attempt to make a better value network of a space.

    `compared_with` is the checkpoint that answered before, `figures` what `dvn.evaluation.comparison` said
    of both, `run_keys` the runs that the candidate learned from, as `service.pack_keys` makes them.
    """

    __tablename__ = "refit"

    id: Mapped[PublicId]
    space: Mapped[str] = mapped_column(index=True)
    space_version: Mapped[str]
    state: Mapped[RefitState] = mapped_column(choice(RefitState, "state"), default=RefitState.waiting)
    sentence: Mapped[str] = mapped_column(default="")
    compared_with: Mapped[str | None] = mapped_column(ForeignKey(CheckpointRow.id))
    checkpoint_id: Mapped[str | None] = mapped_column(ForeignKey(CheckpointRow.id), index=True)
    tasks: Mapped[int | None]
    runs: Mapped[int | None]
    figures: Mapped[Json] = mapped_column(JSONB, default=dict)
    run_keys: Mapped[bytes | None] = mapped_column(deferred=True)
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]


class PromotionRow(Base):
    """A checkpoint that was put to use; of one space, the newest that is not withdrawn answers."""

    __tablename__ = "promotion"

    id: Mapped[SerialId]
    checkpoint_id: Mapped[str] = mapped_column(ForeignKey(CheckpointRow.id), index=True)
    refit_id: Mapped[UUID | None] = mapped_column(ForeignKey(RefitRow.id, ondelete="SET NULL"), index=True)
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
