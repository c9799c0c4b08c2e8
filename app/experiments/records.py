"""Facts become rows of the experiment database.

Every write is idempotent: a row whose natural key is there already is left as it is, and its id is given.
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from jaxtyping import Float, Int
from sqlalchemy import cast, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from app.datasets.tables import DatasetRow, Visibility
from app.db.owned import owner_of
from app.experiments.tables import (
    ArchitectureRow,
    CheckpointRow,
    Origin,
    RunCostRow,
    RunCurveRow,
    RunMetricRow,
    RunPredictionRow,
    RunRow,
    RunState,
    TaskRow,
    TaskSampleRow,
)


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What the experiment database keeps of a dataset; its texts stay in their file."""

    content_hash: str
    name: str
    text_column: str
    label_column: str
    rows: int
    class_counts: Mapping[str, int]
    languages: Sequence[str] = ()
    licence: str | None = None
    visibility: Visibility = Visibility.private


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """A task to store: its split as row numbers of the dataset."""

    name: str
    family: str
    split_seed: int
    train_rows: Int[np.ndarray, " rows"]
    validation_rows: Int[np.ndarray, " rows"]
    test_rows: Int[np.ndarray, " rows"]
    metric: str = "accuracy"


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """What the value network sees of a task."""

    module: str
    module_version: str
    vectors: Int[np.ndarray, "samples features"]
    classes: Int[np.ndarray, " samples"]
    metafeatures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One ended run. `error` is the reason of a failure; without it the run is finished.

    `metrics` maps (split, metric) to a value, `curve` holds (step, metric, value, seconds), `cost` the
    columns of `RunCostRow` by name.
    """

    task_id: int
    architecture_id: int
    seed: int
    origin: Origin
    code_version: str
    libraries: Mapping[str, str]
    started_at: datetime
    ended_at: datetime
    fidelity: float = 1.0
    steps: int | None = None
    error: str | None = None
    metrics: Mapping[tuple[str, str], float] | None = None
    curve: Sequence[tuple[int, str, float, float]] = ()
    cost: Mapping[str, float] | None = None
    validation_probabilities: Float[np.ndarray, "rows classes"] | None = None


def pack_rows(rows: Int[np.ndarray, " rows"]) -> bytes:
    """Row numbers as bytes: sorted, differences, little-endian int32, zlib."""
    return zlib.compress(np.diff(np.sort(rows), prepend=0).astype("<i4").tobytes())


def unpack_rows(packed: bytes) -> Int[np.ndarray, " rows"]:
    """The row numbers that `pack_rows` packed, sorted."""
    return np.cumsum(np.frombuffer(zlib.decompress(packed), dtype="<i4"), dtype=np.int64)


def pack_probabilities(probabilities: Float[np.ndarray, "rows classes"]) -> bytes:
    """Probabilities as little-endian float16, zlib; exact to about 5e-4."""
    return zlib.compress(np.ascontiguousarray(probabilities, dtype="<f2").tobytes())


def unpack_probabilities(row: RunPredictionRow) -> Float[np.ndarray, "rows classes"]:
    """The probabilities of a stored run, as float32."""
    flat = np.frombuffer(zlib.decompress(row.probabilities), dtype="<f2")
    return flat.reshape(row.rows, row.classes).astype(np.float32)


def upsert_dataset(session: Session, facts: DatasetFacts) -> UUID:
    """The id of the dataset with this content; stored now if it is new."""
    owner = owner_of(session)
    same = (DatasetRow.owner_id == owner, DatasetRow.content_hash == facts.content_hash)
    known = select(DatasetRow.id).where(*same)
    new = insert(DatasetRow).values(
        owner_id=owner,
        content_hash=facts.content_hash,
        name=facts.name,
        text_column=facts.text_column,
        label_column=facts.label_column,
        rows=facts.rows,
        classes=len(facts.class_counts),
        class_counts=dict(facts.class_counts),
        languages=list(facts.languages),
        licence=facts.licence,
        visibility=facts.visibility,
    )
    session.execute(new.on_conflict_do_nothing(index_elements=["owner_id", "content_hash"]))
    return session.execute(known).scalar_one()


def upsert_task(session: Session, dataset_id: UUID, facts: TaskFacts) -> int:
    """The id of the task with this dataset, metric and split; stored now if it is new."""
    parts = [pack_rows(rows) for rows in (facts.train_rows, facts.validation_rows, facts.test_rows)]
    split_hash = hash_parts(parts)
    new = insert(TaskRow).values(
        dataset_id=dataset_id,
        name=facts.name,
        family=facts.family,
        metric=facts.metric,
        split_seed=facts.split_seed,
        split_hash=split_hash,
        train_rows=parts[0],
        validation_rows=parts[1],
        test_rows=parts[2],
    )
    session.execute(new.on_conflict_do_nothing(index_elements=["dataset_id", "metric", "split_hash"]))
    natural_key = (
        TaskRow.dataset_id == dataset_id,
        TaskRow.metric == facts.metric,
        TaskRow.split_hash == split_hash,
    )
    return session.execute(select(TaskRow.id).where(*natural_key)).scalar_one()


def hash_parts(parts: Sequence[bytes]) -> str:
    """The fingerprint of a split, from its packed row numbers in their order."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def upsert_sample(session: Session, task_id: int, facts: SampleFacts) -> None:
    """Store what the value network sees of a task, unless this version of it is there."""
    rows, dim = facts.vectors.shape
    new = insert(TaskSampleRow).values(
        task_id=task_id,
        module=facts.module,
        module_version=facts.module_version,
        rows=rows,
        dim=dim,
        vectors=np.ascontiguousarray(facts.vectors, dtype=np.int8).tobytes(),
        classes=np.ascontiguousarray(facts.classes, dtype="<i2").tobytes(),
        metafeatures=dict(facts.metafeatures),
    )
    session.execute(new.on_conflict_do_nothing())


def describe_sample(session: Session, task_id: int, facts: SampleFacts) -> None:
    """Store what the value network sees of a task; where its sample is there, add numbers or renew them."""
    upsert_sample(session, task_id, facts)
    key = {"task_id": task_id, "module": facts.module, "module_version": facts.module_version}
    numbers = TaskSampleRow.metafeatures.op("||")(cast(dict(facts.metafeatures), JSONB))
    session.execute(update(TaskSampleRow).filter_by(**key).values(metafeatures=numbers))


def sample_of(row: TaskSampleRow) -> SampleFacts:
    """A stored sample as arrays."""
    return SampleFacts(
        module=row.module,
        module_version=row.module_version,
        vectors=np.frombuffer(row.vectors, dtype=np.int8).reshape(row.rows, row.dim),
        classes=np.frombuffer(row.classes, dtype="<i2"),
        metafeatures=row.metafeatures,
    )


def upsert_architecture(
    session: Session,
    description: Mapping[str, Any],
    canonical_hash: str,
    vector: Sequence[float] | None = None,
) -> int:
    """The id of the architecture `description` (`Architecture.to_json()`); stored now if it is new."""
    key = {"space": description["space"], "version": str(description["version"]), "hash": canonical_hash}
    new = insert(ArchitectureRow).values(
        **key, decisions=dict(description["decisions"]), vector=None if vector is None else list(vector)
    )
    session.execute(new.on_conflict_do_nothing(index_elements=list(key)))
    return session.execute(select(ArchitectureRow.id).filter_by(**key)).scalar_one()


def upsert_checkpoint(session: Session, row: CheckpointRow) -> str:
    """The id of a checkpoint; stored now if it is new."""
    names = ("id", "space", "space_version", "snapshot_hash", "manifest", "folder")
    new = insert(CheckpointRow).values(
        scores=row.scores or {}, **{name: getattr(row, name) for name in names}
    )
    session.execute(new.on_conflict_do_nothing(index_elements=["id"]))
    return row.id


def record_run(session: Session, record: RunRecord) -> int:
    """The id of the run with this natural key; the record is stored only if it is the first."""
    key = {
        "task_id": record.task_id,
        "architecture_id": record.architecture_id,
        "seed": record.seed,
        "fidelity": record.fidelity,
    }
    new = insert(RunRow).values(
        **key,
        origin=record.origin,
        state=RunState.finished if record.error is None else RunState.failed,
        error=record.error,
        steps=record.steps,
        code_version=record.code_version,
        libraries=dict(record.libraries),
        started_at=record.started_at,
        ended_at=record.ended_at,
    )
    run_id: int | None = session.scalar(
        new.on_conflict_do_nothing(index_elements=list(key)).returning(RunRow.id)
    )
    if run_id is None:
        return session.execute(select(RunRow.id).filter_by(**key)).scalar_one()
    session.add_all(details(run_id, record))
    session.flush()
    return run_id


def details(
    run_id: int, record: RunRecord
) -> Iterator[RunMetricRow | RunCurveRow | RunCostRow | RunPredictionRow]:
    """The rows that hang on a run."""
    for (split, metric), value in (record.metrics or {}).items():
        yield RunMetricRow(run_id=run_id, split=split, metric=metric, value=float(value))
    for step, metric, value, seconds in record.curve:
        yield RunCurveRow(run_id=run_id, step=step, metric=metric, value=float(value), seconds=float(seconds))
    if record.cost is not None:
        yield RunCostRow(run_id=run_id, **record.cost)
    if (probabilities := record.validation_probabilities) is not None:
        rows, classes = probabilities.shape
        packed = pack_probabilities(probabilities)
        yield RunPredictionRow(run_id=run_id, rows=rows, classes=classes, probabilities=packed)
