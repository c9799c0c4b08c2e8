"""The row behind a classifier."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, false
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.datasets.tables import DatasetRow
from app.db.base import Base, CreatedAt, Json, PublicId, choice
from app.db.owned import Owned
from app.experiments.tables import ArchitectureRow, RunRow
from app.recommendations.tables import RecommendationRow


class ClassifierState(StrEnum):
    """waiting -> training -> ready; either of the first two may end as failed or cancelled."""

    waiting = "waiting"
    training = "training"
    ready = "ready"
    failed = "failed"
    cancelled = "cancelled"


class ClassifierRow(Owned, Base):
    """A text model trained on one dataset; its files lie in storage under its id.

    `assessment` holds no text; a prediction less probable than `abstain_below` is withheld; `keep_requested`
    asks a training to end and to keep the best so far, which is told by `metric`.
    `learned_hash` is of the texts that it learns from: its dataset's fixes may have changed since.
    """

    __tablename__ = "classifier"

    id: Mapped[PublicId]
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey(DatasetRow.id, ondelete="CASCADE"), index=True)
    recommendation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey(RecommendationRow.id, ondelete="SET NULL"), index=True
    )
    learned_hash: Mapped[str | None]
    architecture_id: Mapped[int] = mapped_column(ForeignKey(ArchitectureRow.id), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey(RunRow.id, ondelete="SET NULL"), index=True)
    rank: Mapped[int | None]
    seed: Mapped[int] = mapped_column(default=0)
    metric: Mapped[str] = mapped_column(default="accuracy", server_default="accuracy")
    state: Mapped[ClassifierState] = mapped_column(
        choice(ClassifierState, "state"), default=ClassifierState.waiting
    )
    error: Mapped[str | None]
    folder: Mapped[str | None]
    metrics: Mapped[Json | None] = mapped_column(JSONB)
    confusion: Mapped[Json | None] = mapped_column(JSONB, deferred=True)
    cost: Mapped[Json | None] = mapped_column(JSONB)
    assessment: Mapped[Json | None] = mapped_column(JSONB, deferred=True)
    abstain_below: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    keep_requested: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
