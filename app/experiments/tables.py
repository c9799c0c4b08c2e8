"""The experiment database: dataset -> task -> run <- architecture, and the checkpoints fitted to it.

Every row has a natural key, so that writing it twice writes it once. Results are only ever
added; a run that failed stays, with its reason.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from app.datasets.tables import DatasetRow
from app.db.base import Base, CreatedAt, Json, SerialId, choice


class RunState(StrEnum):
    finished = "finished"
    failed = "failed"


class Origin(StrEnum):
    """Who asked for a run."""

    shared = "shared"
    """One of the architectures that all tasks share, so that best on average is fair."""
    random = "random"
    recommendation = "recommendation"
    baseline = "baseline"
    tpe = "tpe"
    evolution = "evolution"
    controller = "controller"
    user = "user"


class TaskRow(Base):
    """The learning problem a dataset poses: its metric and its split, with fixed row indices.

    The three parts are row numbers of the dataset, as `queries.pack_rows` makes them.
    """

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("dataset_id", "metric", "split_hash"),)

    id: Mapped[SerialId]
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey(DatasetRow.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(index=True)
    family: Mapped[str] = mapped_column(index=True)
    metric: Mapped[str]
    split_seed: Mapped[int] = mapped_column(BigInteger)
    split_hash: Mapped[str]
    train_rows: Mapped[bytes] = mapped_column(deferred=True)
    validation_rows: Mapped[bytes] = mapped_column(deferred=True)
    test_rows: Mapped[bytes] = mapped_column(deferred=True)
    created_at: Mapped[CreatedAt]


class SharedTaskRow(Base):
    """Marks a task as that of a dataset whose owner shares its runs, and tells which texts it has.

    `sketch` is never exported: eight bytes for each text of its sample (`shared_tasks.sketch_of`).
    """

    __tablename__ = "shared_task"

    task_id: Mapped[int] = mapped_column(ForeignKey(TaskRow.id, ondelete="CASCADE"), primary_key=True)
    sketch: Mapped[bytes]
    created_at: Mapped[CreatedAt]


class TaskSampleRow(Base):
    """What the value network sees of a task: some texts as int8 vectors with class numbers, and facts.

    `vectors` is a C-ordered int8 array of rows x dim, `classes` int16, one per row. No text, no label name.
    A user's task has facts only: both arrays are empty.
    """

    __tablename__ = "task_sample"

    task_id: Mapped[int] = mapped_column(ForeignKey(TaskRow.id, ondelete="CASCADE"), primary_key=True)
    module: Mapped[str] = mapped_column(primary_key=True)
    module_version: Mapped[str] = mapped_column(primary_key=True)
    rows: Mapped[int]
    dim: Mapped[int]
    vectors: Mapped[bytes]
    classes: Mapped[bytes]
    metafeatures: Mapped[Json] = mapped_column(JSONB, default=dict)


class ArchitectureRow(Base):
    """One point of a search space; its vector means nothing without the space's name and version."""

    __tablename__ = "architecture"
    __table_args__ = (UniqueConstraint("space", "version", "hash"),)

    id: Mapped[SerialId]
    space: Mapped[str]
    version: Mapped[str]
    hash: Mapped[str]
    decisions: Mapped[Json] = mapped_column(JSONB)
    vector: Mapped[list[float] | None] = mapped_column(ARRAY(REAL))
    created_at: Mapped[CreatedAt]


class RunRow(Base):
    """One architecture trained once on one task. Fidelity is the part of the full budget it got."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("task_id", "architecture_id", "seed", "fidelity"),
        CheckConstraint("fidelity > 0 AND fidelity <= 1", name="fidelity_is_a_part"),
        CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="failed_has_a_reason"),
        Index(None, "architecture_id"),
    )

    id: Mapped[SerialId]
    task_id: Mapped[int] = mapped_column(ForeignKey(TaskRow.id, ondelete="CASCADE"))
    architecture_id: Mapped[int] = mapped_column(ForeignKey(ArchitectureRow.id))
    seed: Mapped[int] = mapped_column(BigInteger)
    fidelity: Mapped[float] = mapped_column(DOUBLE_PRECISION, default=1.0)
    origin: Mapped[Origin] = mapped_column(choice(Origin, "origin"))
    state: Mapped[RunState] = mapped_column(choice(RunState, "state"))
    error: Mapped[str | None]
    steps: Mapped[int | None]
    code_version: Mapped[str]
    libraries: Mapped[Json] = mapped_column(JSONB)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class RunMetricRow(Base):
    """One score of a run, on one part of its task."""

    __tablename__ = "run_metric"

    run_id: Mapped[int] = mapped_column(ForeignKey(RunRow.id, ondelete="CASCADE"), primary_key=True)
    split: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(DOUBLE_PRECISION)


class RunCurveRow(Base):
    """One point of a run's learning curve."""

    __tablename__ = "run_curve"

    run_id: Mapped[int] = mapped_column(ForeignKey(RunRow.id, ondelete="CASCADE"), primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    seconds: Mapped[float] = mapped_column(DOUBLE_PRECISION)


class RunCostRow(Base):
    """What a run took."""

    __tablename__ = "run_cost"

    run_id: Mapped[int] = mapped_column(ForeignKey(RunRow.id, ondelete="CASCADE"), primary_key=True)
    embed_seconds: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    train_seconds: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    predict_milliseconds: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    peak_bytes: Mapped[int] = mapped_column(BigInteger)
    parameters: Mapped[int] = mapped_column(BigInteger)
    bundle_bytes: Mapped[int] = mapped_column(BigInteger)


class RunPredictionRow(Base):
    """A run's class probabilities on validation, as `queries.pack_probabilities` makes them."""

    __tablename__ = "run_prediction"

    run_id: Mapped[int] = mapped_column(ForeignKey(RunRow.id, ondelete="CASCADE"), primary_key=True)
    rows: Mapped[int]
    classes: Mapped[int]
    probabilities: Mapped[bytes]


class CheckpointRow(Base):
    """One fitted value network: what it was fitted to and how well it does on tasks left out."""

    __tablename__ = "checkpoint"

    id: Mapped[str] = mapped_column(primary_key=True)
    space: Mapped[str] = mapped_column(index=True)
    space_version: Mapped[str]
    snapshot_hash: Mapped[str]
    manifest: Mapped[Json] = mapped_column(JSONB)
    scores: Mapped[Json] = mapped_column(JSONB, default=dict)
    folder: Mapped[str | None]
    promoted_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
