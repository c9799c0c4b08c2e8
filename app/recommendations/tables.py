"""The row behind a recommendation."""

from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from app.datasets.tables import DatasetRow
from app.db.base import Base, CreatedAt, Json, PublicId
from app.experiments.tables import CheckpointRow, RunRow


class RecommendationRow(Base):
    """The architectures ranked for one dataset by one checkpoint, and the run that later showed the truth.

    `architectures` is the ranked list as the interface shows it; `seconds` names each part of
    the answer's time; `vector` is the task's z, which belongs to `checkpoint_id`.
    """

    __tablename__ = "recommendation"

    id: Mapped[PublicId]
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey(DatasetRow.id, ondelete="CASCADE"), index=True)
    checkpoint_id: Mapped[str] = mapped_column(ForeignKey(CheckpointRow.id), index=True)
    question: Mapped[Json] = mapped_column(JSONB, default=dict)
    architectures: Mapped[list[Json]] = mapped_column(JSONB)
    seconds: Mapped[Json] = mapped_column(JSONB)
    latency_seconds: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    notes: Mapped[Json] = mapped_column(JSONB, default=dict)
    vector: Mapped[list[float] | None] = mapped_column(ARRAY(REAL))
    run_id: Mapped[int | None] = mapped_column(ForeignKey(RunRow.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[CreatedAt]
