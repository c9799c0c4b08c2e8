"""The shipped snapshots become tasks and runs to look at, read once for each version of their files.

Decision: the pages show the shipped snapshots, and of this machine's database only the number of its runs.
Why: a snapshot is exactly what the value network in use has learned from, it is there before anybody
has restored or populated a database, it holds nothing of any user, and as it never changes while it is
read, all its runs fit in memory as they are sorted. Rejected: merging both, as a run of a user's own
dataset would show its name to every visitor.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from math import exp
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from app.errors import NotFoundError
from app.experiments.checkpoints import shipped_snapshot
from app.settings import Settings
from dvn.architecture import SPACES
from dvn.value_network.snapshot import CURVES, RUNS, TASKS, read_rows


class UnknownTaskIdError(NotFoundError):
    def __init__(self, task_id: str) -> None:
        super().__init__(
            f"There is no task {task_id!r} in the experience; /experience lists those there are."
        )


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run as it was recorded; shares in [0, 1], or none if it failed."""

    id: str
    task_id: str
    task: str
    space: str
    version: str
    architecture: str
    stated: str
    seed: int
    fidelity: float
    origin: str
    state: str
    error: str | None
    steps: int | None
    validation_accuracy: float | None
    test_accuracy: float | None
    macro_f1: float | None
    embed_seconds: float | None
    train_seconds: float | None
    predict_milliseconds: float | None
    bundle_bytes: float | None
    parameters: float | None
    started_at: datetime | None
    code_version: str | None

    @property
    def decisions(self) -> Mapping[str, Any]:
        """The architecture's decisions by name."""
        found: Mapping[str, Any] = json.loads(self.stated)
        return found

    @property
    def predict_seconds(self) -> float | None:
        """What one text takes to classify."""
        return None if self.predict_milliseconds is None else self.predict_milliseconds / 1000


@dataclass(frozen=True, slots=True)
class SeenTask:
    """A task of the experience with its finished runs, the best by validation first."""

    id: str
    name: str
    family: str
    language: str | None
    licence: str | None
    rows: int
    classes: int
    largest_share: float | None
    characters: float | None
    content_hash: str
    split_hash: str
    runs: int
    failed: int
    finished: tuple[SeenRun, ...]

    @property
    def best(self) -> SeenRun | None:
        """The best by validation."""
        return self.finished[0] if self.finished else None


@dataclass(frozen=True)
class Known:
    """Every task by name, and every run by task and then by validation accuracy."""

    tasks: tuple[SeenTask, ...]
    runs: tuple[SeenRun, ...]

    @cached_property
    def task_by_id(self) -> Mapping[str, SeenTask]:
        return {task.id: task for task in self.tasks}

    @cached_property
    def task_by_name(self) -> Mapping[str, SeenTask]:
        return {task.name: task for task in self.tasks}

    @cached_property
    def spaces(self) -> tuple[str, ...]:
        return tuple(sorted({run.space for run in self.runs}))

    @cached_property
    def origins(self) -> tuple[str, ...]:
        return tuple(sorted({run.origin for run in self.runs}))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted({task.language for task in self.tasks if task.language}))

    @cached_property
    def families(self) -> int:
        return len({task.family for task in self.tasks})

    def task(self, task_id: str) -> SeenTask:
        """The task of this id.

        Raises:
            UnknownTaskIdError: There is none.
        """
        if task_id not in self.task_by_id:
            raise UnknownTaskIdError(task_id)
        return self.task_by_id[task_id]


def known_experience(settings: Settings) -> Known:
    """All that ships; nothing where no snapshot lies.

    Raises:
        UnusableSnapshotError: A snapshot is damaged or of another form.
    """
    folders = [shipped_snapshot(settings, space) for space in SPACES]
    found = [folder for folder in folders if (folder / RUNS).is_file()]
    return _read(tuple((folder, *_stamps(folder)) for folder in found))


def curves_of(settings: Settings, task: SeenTask) -> Mapping[str, Sequence[tuple[int, float]]]:
    """The learning curves of a task's runs, as (step, validation accuracy), by the id of the run."""
    points: dict[str, list[tuple[int, float]]] = {}
    for space in SPACES:
        path = shipped_snapshot(settings, space) / CURVES
        if path.is_file():
            same = [("content_hash", "==", task.content_hash), ("split_hash", "==", task.split_hash)]
            table = pq.read_table(path, filters=[*same, ("metric", "==", "validation_accuracy")])
            for row in table.to_pylist():
                points.setdefault(_run_id(row, space), []).append((row["step"], row["value"]))
    return {run: sorted(curve) for run, curve in points.items()}


def task_id(content_hash: str, split_hash: str) -> str:
    """Twelve hexadecimal digits that stand for a task in addresses."""
    return sha256(f"{content_hash} {split_hash}".encode()).hexdigest()[:12]


def _stamps(folder: Path) -> tuple[int, ...]:
    """What changes when a file is written anew."""
    return tuple((folder / name).stat().st_mtime_ns for name in (TASKS, RUNS) if (folder / name).is_file())


# Two: while a new version is read for one visitor, others still look at the old one.
@lru_cache(maxsize=2)
def _read(stamped: tuple[tuple[Any, ...], ...]) -> Known:
    facts: dict[str, Mapping[str, Any]] = {}
    runs: dict[str, list[SeenRun]] = {}
    for folder, *_ in stamped:
        for row in read_rows(folder, TASKS):
            facts.setdefault(task_id(row["content_hash"], row["split_hash"]), row)
        for row in read_rows(folder, RUNS):
            key = task_id(row["content_hash"], row["split_hash"])
            if key in facts:
                runs.setdefault(key, []).append(_run(row, key, facts[key]["name"]))
    tasks = [_task(key, row, runs.get(key, [])) for key, row in facts.items()]
    tasks.sort(key=lambda task: (task.name, task.id))
    ordered = (run for task in tasks for run in [*task.finished, *_failed(runs.get(task.id, []))])
    return Known(tuple(tasks), tuple(ordered))


def _failed(runs: Iterable[SeenRun]) -> list[SeenRun]:
    return sorted((run for run in runs if run.validation_accuracy is None), key=lambda run: run.id)


def _task(key: str, row: Mapping[str, Any], runs: Sequence[SeenRun]) -> SeenTask:
    counts, handmade = row["class_counts"] or [], dict(row["handmade"] or [])
    finished = [run for run in runs if run.validation_accuracy is not None]
    finished.sort(key=lambda run: (-(run.validation_accuracy or 0.0), run.id))
    return SeenTask(
        id=key,
        name=row["name"],
        family=row["family"],
        language=row["language"],
        licence=row["licence"],
        rows=row["rows"],
        classes=row["classes"],
        largest_share=max(counts) / sum(counts) if counts and sum(counts) else None,
        # The meta-feature is the mean logarithm of the length and one.
        characters=exp(handmade["log_characters"]) - 1.0 if "log_characters" in handmade else None,
        content_hash=row["content_hash"],
        split_hash=row["split_hash"],
        runs=len(runs),
        failed=len(runs) - len(finished),
        finished=tuple(finished),
    )


def _run(row: Mapping[str, Any], key: str, task: str) -> SeenRun:
    names = (
        *("space", "version", "architecture", "seed", "fidelity", "origin", "state", "error", "steps"),
        *("validation_accuracy", "test_accuracy", "embed_seconds", "train_seconds", "predict_milliseconds"),
        *("bundle_bytes", "parameters", "started_at", "code_version"),
    )
    return SeenRun(
        id=_run_id(row, row["space"]),
        task_id=key,
        task=task,
        stated=row["decisions"],
        macro_f1=row["test_macro_f1"],
        **{name: row[name] for name in names},
    )


def _run_id(row: Mapping[str, Any], space: str) -> str:
    key = (row["content_hash"], row["split_hash"], space, row["architecture"], row["seed"], row["fidelity"])
    return sha256(" ".join(map(str, key)).encode()).hexdigest()[:16]
