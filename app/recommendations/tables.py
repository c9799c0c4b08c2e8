"""The row behind a recommendation."""

from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from app.datasets.tables import DatasetRow
from app.db.base import Base, CreatedAt, Json, PublicId
from app.db.owned import Owned
from app.experiments.tables import CheckpointRow, RunRow


class RecommendationRow(Owned, Base):
    """The architectures ranked for one dataset by one checkpoint, and the run that later showed the truth.

    `architectures` is the ranked list as the interface shows it; `seconds` names each part of
    the answer's time; `learned_hash` is of the texts that it is for; `vector` is the task's z, which
    belongs to `checkpoint_id`.
    """

    __tablename__ = "recommendation"

    id: Mapped[PublicId]
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey(DatasetRow.id, ondelete="CASCADE"), index=True)
    learned_hash: Mapped[str | None]
    checkpoint_id: Mapped[str] = mapped_column(ForeignKey(CheckpointRow.id), index=True)
    question: Mapped[Json] = mapped_column(JSONB, default=dict)
    architectures: Mapped[list[Json]] = mapped_column(JSONB)
    seconds: Mapped[Json] = mapped_column(JSONB)
    latency_seconds: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    notes: Mapped[Json] = mapped_column(JSONB, default=dict)
    vector: Mapped[list[float] | None] = mapped_column(ARRAY(REAL))
    run_id: Mapped[int | None] = mapped_column(ForeignKey(RunRow.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[CreatedAt]


class RecommendationTruthRow(Base):
    """What an architecture of a recommendation reached when it was trained, beside what was foretold."""

    __tablename__ = "recommendation_truth"

    recommendation_id: Mapped[UUID] = mapped_column(
        ForeignKey(RecommendationRow.id, ondelete="CASCADE"), primary_key=True
    )
    rank: Mapped[int] = mapped_column(primary_key=True)
    seed: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    predicted: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    low: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    high: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    validation_accuracy: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    test_accuracy: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    created_at: Mapped[CreatedAt]
