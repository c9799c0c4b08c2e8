"""The experience as Parquet files: tasks (no texts), runs with their costs, and learning curves.

A snapshot is a folder of `tasks.parquet`, `runs.parquet` and `curves.parquet`. A task is a row of
hand-made meta-features and at most 512 eight-bit vectors with anonymous class numbers; a run is a
row under its natural key, failures and those of older versions of the space included.
"""

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from dvn.architecture import Architecture, get_space
from dvn.embeddings import MODULES
from dvn.errors import ArchitectureError, CheckpointError
from dvn.metafeatures import HANDMADE_NAMES, TaskDescription, TaskSample, landmarkers_of
from dvn.metafeatures.task_sample import DIMENSIONS, TABLE

TASKS, RUNS, CURVES = "tasks.parquet", "runs.parquet", "curves.parquet"

TASK_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("family", pa.string()),
        ("language", pa.string()),
        ("licence", pa.string()),
        ("content_hash", pa.string()),
        ("split_seed", pa.int64()),
        ("split_hash", pa.string()),
        ("train_rows", pa.binary()),
        ("validation_rows", pa.binary()),
        ("test_rows", pa.binary()),
        ("rows", pa.int64()),
        ("classes", pa.int64()),
        ("class_counts", pa.list_(pa.int64())),
        ("module", pa.string()),
        ("module_version", pa.string()),
        ("handmade", pa.map_(pa.string(), pa.float32())),
        ("vectors", pa.binary()),
        ("sample_classes", pa.list_(pa.int16())),
    ]
)
METRICS = (
    ("validation", "accuracy"),
    ("validation", "macro_f1"),
    ("test", "accuracy"),
    ("test", "macro_f1"),
    ("validation", "balanced_accuracy"),
    ("test", "balanced_accuracy"),
)
Metric = Literal["accuracy", "macro_f1", "balanced_accuracy"]
"""What the runs of an experience may be scored by. The oldest runs have not recorded balanced accuracy: an
experience scored by it is without them."""

COSTS = ("embed_seconds", "train_seconds", "predict_milliseconds", "peak_bytes", "parameters", "bundle_bytes")
RUN_KEY = ("content_hash", "split_hash", "architecture", "seed", "fidelity")
RUN_SCHEMA = pa.schema(
    [
        ("content_hash", pa.string()),
        ("split_hash", pa.string()),
        ("architecture", pa.string()),
        ("seed", pa.int64()),
        ("fidelity", pa.float64()),
        ("space", pa.string()),
        ("version", pa.string()),
        ("decisions", pa.string()),
        ("origin", pa.string()),
        ("state", pa.string()),
        ("error", pa.string()),
        ("steps", pa.int64()),
        *((f"{part}_{metric}", pa.float64()) for part, metric in METRICS),
        *((cost, pa.float64()) for cost in COSTS),
        ("started_at", pa.timestamp("us", tz="UTC")),
        ("ended_at", pa.timestamp("us", tz="UTC")),
        ("code_version", pa.string()),
        ("libraries", pa.string()),
    ]
)
CURVE_SCHEMA = pa.schema(
    [
        ("content_hash", pa.string()),
        ("split_hash", pa.string()),
        ("architecture", pa.string()),
        ("seed", pa.int64()),
        ("fidelity", pa.float64()),
        ("step", pa.int64()),
        ("metric", pa.string()),
        ("value", pa.float32()),
        ("seconds", pa.float32()),
    ]
)
_LATER = ("validation_balanced_accuracy", "test_balanced_accuracy")
"""Columns that snapshots of before lack: nobody measured them, so they are null there."""

_SCHEMAS = {TASKS: TASK_SCHEMA, RUNS: RUN_SCHEMA, CURVES: CURVE_SCHEMA}


class UnusableSnapshotError(CheckpointError):
    """A folder does not hold a snapshot that this program can read."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The snapshot in {folder} cannot be read: {reason}; `forethought export` writes a whole one."
        )


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task of the experience; `validation_rows` measure its scores, zero if their number is unknown.

    That of a user is shared without a sample: it has named numbers only.
    """

    name: str
    family: str
    content_hash: str
    split_hash: str
    description: TaskDescription
    validation_rows: int = 0

    @property
    def has_sample(self) -> bool:
        """Whether the set encoder can read it."""
        return len(self.description.sample.classes) > 0


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A finished run of the experience; the test score is for judging, never for fitting.

    The two accuracies are values of the experience's metric, which usually is accuracy.
    `predict_milliseconds` are for one text; NaN where they were not measured. A run `is_climbed` if a value
    network named its architecture for its very task: such runs teach, and no random search is judged by them.
    """

    task: int
    architecture: Architecture
    is_shared: bool
    seed: int
    validation_accuracy: float
    test_accuracy: float
    own_seconds: float
    bundle_bytes: float
    predict_milliseconds: float = math.nan
    is_climbed: bool = False


@dataclass(frozen=True, slots=True)
class Experience:
    """What a value network learns from: tasks, and finished runs that point to them by position.

    `metric` is what the runs are scored by.
    """

    space: str
    tasks: tuple[KnownTask, ...]
    runs: tuple[KnownRun, ...]
    snapshot_hash: str
    metric: Metric = "accuracy"

    @property
    def searched(self) -> "Experience":
        """The experience without climbed runs: what random search alone would have recorded."""
        return replace(self, runs=tuple(run for run in self.runs if not run.is_climbed))

    def without_family(self, family: str) -> "Experience":
        """The experience without a family's tasks and their runs."""
        return self.of_tasks([i for i, task in enumerate(self.tasks) if task.family != family])

    def of_tasks(self, kept: Sequence[int]) -> "Experience":
        """The experience of some tasks, renumbered in the order given."""
        place = {old: new for new, old in enumerate(kept)}
        runs = tuple(_moved(run, place[run.task]) for run in self.runs if run.task in place)
        tasks = tuple(self.tasks[i] for i in kept)
        names = "\n".join(f"{task.content_hash} {task.split_hash}" for task in tasks)
        digest = hashlib.sha256(f"{self.snapshot_hash}\n{names}".encode()).hexdigest()
        return Experience(self.space, tasks, runs, digest, self.metric)


def read_experience(folder: Path, space: str, metric: Metric = "accuracy") -> Experience:
    """The finished runs of one space at its present version or one that it includes, and their tasks.

    Of several versions, the architectures that tasks share are those of the one that most tasks ran them of.
    Tasks whose sample another version of the table made are left out: their vectors mean something else.

    Raises:
        UnusableSnapshotError: A file is missing, damaged or of another form.
    """
    known = read_tasks(folder)
    place = {(task.content_hash, task.split_hash): i for i, task in enumerate(known)}
    described = get_space(space)
    versions = {str(version) for version in (described.version, *described.includes)}
    runs, shared = [], {}
    for row in read_rows(folder, RUNS):
        is_current = row["space"] == space and row["version"] in versions and row["fidelity"] == 1.0
        is_current = is_current and not _is_older_than(metric, row)
        task = place.get((row["content_hash"], row["split_hash"]))
        if is_current and row["state"] == "finished" and task is not None:
            runs.append(_run(folder, row, task, metric))
            if runs[-1].is_shared:
                shared[len(runs) - 1] = int(row["version"])
    tasks_of = {version: set[int]() for version in shared.values()}
    for number, version in shared.items():
        tasks_of[version].add(runs[number].task)
    usual = max(tasks_of, key=lambda version: (len(tasks_of[version]), version), default=0)
    for number, version in shared.items():
        if version != usual:
            runs[number] = replace(runs[number], is_shared=False)
    with_runs = sorted({run.task for run in runs})
    experience = Experience(space, known, tuple(runs), snapshot_hash(folder), metric)
    return experience if len(with_runs) == len(known) else experience.of_tasks(with_runs)


def read_tasks(folder: Path) -> tuple[KnownTask, ...]:
    """The tasks of a snapshot whose sample the present version of the table made.

    Raises:
        UnusableSnapshotError: The file is missing, damaged or of another form.
    """
    return tuple(_task(folder, row) for row in read_rows(folder, TASKS) if _is_current_sample(row))


def read_rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of one file of a snapshot.

    Raises:
        UnusableSnapshotError: The file is missing, damaged or of another form.
    """
    try:
        table = pq.read_table(folder / name)
    except (OSError, pa.ArrowException) as error:
        raise UnusableSnapshotError(folder, f"{name} is missing or damaged") from error
    absent = set(_SCHEMAS[name].names) - set(table.column_names)
    for column in absent.intersection(_LATER):
        table = table.append_column(column, pa.nulls(len(table), pa.float64()))
    missing = sorted(absent.difference(_LATER))
    if missing:
        raise UnusableSnapshotError(folder, f"{name} lacks the columns {', '.join(missing)}")
    try:
        typed = table.select(_SCHEMAS[name].names).cast(_SCHEMAS[name])
    except (pa.ArrowException, ValueError) as error:
        raise UnusableSnapshotError(folder, f"{name} has columns of other types") from error
    rows: list[dict[str, Any]] = typed.to_pylist()
    return rows


def write_snapshot(folder: Path, files: Mapping[str, Iterable[Mapping[str, object]]]) -> None:
    """Write the files of a snapshot; none takes the place of an older one before all are complete."""
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {name: folder / f".{name}.part" for name in files}
    try:
        for name, rows in files.items():
            table = pa.Table.from_pylist([dict(row) for row in rows], schema=_SCHEMAS[name])
            pq.write_table(table, drafts[name], compression="zstd", compression_level=12)
        for name, draft in drafts.items():
            draft.replace(folder / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def snapshot_hash(folder: Path) -> str:
    """A fingerprint of the tasks and runs files."""
    digest = hashlib.sha256()
    for name in (TASKS, RUNS):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def _is_current_sample(row: Mapping[str, Any]) -> bool:
    return (row["module"], row["module_version"]) == (TABLE, MODULES[TABLE].version)


def _task(folder: Path, row: Mapping[str, Any]) -> KnownTask:
    handmade = dict(row["handmade"])
    numbers = np.array([handmade.get(name, 0.0) for name in HANDMADE_NAMES], dtype=np.float32)
    classes = np.array(row["sample_classes"], dtype=np.int16)
    flat = np.frombuffer(row["vectors"], dtype=np.int8)
    if len(flat) != len(classes) * DIMENSIONS:
        raise UnusableSnapshotError(folder, f"the sample of the task {row['name']} is not whole")
    sample = TaskSample(flat.reshape(len(classes), DIMENSIONS), classes)
    description = TaskDescription(numbers, sample, row["rows"], row["classes"], landmarkers_of(handmade))
    return KnownTask(
        row["name"],
        row["family"],
        row["content_hash"],
        row["split_hash"],
        description,
        _packed_rows(folder, row),
    )


def _is_older_than(metric: Metric, row: Mapping[str, Any]) -> bool:
    """Whether a run was recorded before anybody measured this."""
    column = f"validation_{metric}"
    return column in _LATER and row[column] is None


def _packed_rows(folder: Path, row: Mapping[str, Any]) -> int:
    """How many rows the validation part of a task has."""
    if row["validation_rows"] is None:
        return 0
    try:
        return len(zlib.decompress(row["validation_rows"])) // 4
    except zlib.error as error:
        raise UnusableSnapshotError(folder, f"the split of the task {row['name']} is damaged") from error


def _run(folder: Path, row: Mapping[str, Any], task: int, metric: Metric) -> KnownRun:
    space = get_space(row["space"])
    try:
        architecture = space.parse(json.loads(row["decisions"]))
    except (ArchitectureError, ValueError) as error:
        reason = f"a run's architecture is none of {space.name} {space.version} ({error})"
        raise UnusableSnapshotError(folder, reason.rstrip(".")) from error
    needed = (f"validation_{metric}", f"test_{metric}", "train_seconds", "bundle_bytes")
    if absent := [name for name in needed if row[name] is None]:
        raise UnusableSnapshotError(folder, f"a finished run lacks its {absent[0]}")
    return KnownRun(
        task=task,
        architecture=architecture,
        is_shared=row["origin"] == "shared",
        seed=row["seed"],
        validation_accuracy=row[f"validation_{metric}"],
        test_accuracy=row[f"test_{metric}"],
        own_seconds=row["train_seconds"],
        bundle_bytes=row["bundle_bytes"],
        predict_milliseconds=math.nan if row["predict_milliseconds"] is None else row["predict_milliseconds"],
        is_climbed=row["origin"] == "recommendation",
    )


def _moved(run: KnownRun, task: int) -> KnownRun:
    return replace(run, task=task)
