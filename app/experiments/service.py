"""Files become tasks, tasks and architectures become planned runs, outcomes become recorded runs."""

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from sqlalchemy.orm import Session

from app.datasets.tables import DatasetRow, Visibility
from app.errors import BadInputError, NotFoundError
from app.experiments import queries, records
from app.experiments.tables import Origin, TaskRow
from app.storage import Storage
from dvn.architecture import Architecture, Relaxation, get_space
from dvn.data.choices import ReadChoices
from dvn.data.dataset import Dataset
from dvn.data.rare_classes import RareClasses
from dvn.data.read_csv import read_dataset
from dvn.data.smaller import rows_of_smaller, smaller_split, whole_rows
from dvn.data.split import Split, rows_outside_test, split_dataset
from dvn.data.split_report import SplitReport
from dvn.embeddings import MODULES, VectorCache
from dvn.metafeatures import LANDMARKER_NAMES, describe_task, stored_numbers
from dvn.metafeatures.task_sample import TABLE
from dvn.training import Outcome
from dvn.training.cost import encoding_seconds
from dvn.training.features import known_vectors

SHARED_SEED = 20190218
"""The day of the paper: every installation shares the same architectures."""

SECOND_SEED = 1
SIZE_MARK = "@"

CATALOG = "catalog.json"
_LIBRARIES = ("torch", "numpy", "numba", "scikit-learn", "onnxruntime")


class NoTasksError(NotFoundError):
    def __init__(self) -> None:
        super().__init__("There are no tasks yet; `forethought tasks add FILE...` makes some.")


class UnknownTaskError(BadInputError):
    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(f"There is no task {', '.join(names)}; there are {', '.join(known)}.")


class UnusableCatalogError(BadInputError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a JSON list of objects with a slug; put it right or move it away.")


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What is known of a public dataset beside its file."""

    family: str
    language: str | None = None
    licence: str | None = None


def catalog_entry(path: Path, family: str | None) -> CatalogEntry:
    """The entry of a file in the `catalog.json` beside it; without one, the file is its own family.

    Raises:
        UnusableCatalogError: The catalog is of another form.
    """
    catalog = path.parent / CATALOG
    try:
        entries = json.loads(catalog.read_text(encoding="utf-8")) if catalog.is_file() else []
        found: Mapping[str, str] = next((entry for entry in entries if entry["slug"] == path.stem), {})
        return CatalogEntry(
            family or found.get("family", path.stem), found.get("language"), found.get("licence")
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnusableCatalogError(catalog) from error


def add_tasks(
    session: Session, storage: Storage, path: Path, *, family: str | None = None, sizes: Sequence[int] = ()
) -> list[TaskRow]:
    """The tasks that a file poses, at full and smaller sizes; adding them twice adds them once.

    A smaller task is another task of the same family and dataset, named `NAME@ROWS`; sizes that the file
    hardly exceeds are passed over.

    Raises:
        DataError: The file cannot be used.
    """
    entry = catalog_entry(path, family)
    dataset, split = split_dataset(_as_it_stands(path), seed=0, rare=RareClasses.keep)
    storage.save_dataset(dataset)
    counts = np.bincount(dataset.label_ids, minlength=len(dataset.classes)).tolist()
    dataset_id = records.upsert_dataset(
        session,
        records.DatasetFacts(
            content_hash=dataset.content_hash,
            name=path.stem,
            text_column=dataset.text_column,
            label_column=dataset.label_column,
            rows=len(dataset.texts),
            class_counts=dict(zip(dataset.classes, counts, strict=True)),
            languages=[entry.language] if entry.language else [],
            licence=entry.licence,
            visibility=Visibility.private,
        ),
    )
    row = session.get_one(DatasetRow, dataset_id)
    if row.upload_id is None:  # A snapshot brought it without its names.
        row.class_counts = dict(zip(dataset.classes, counts, strict=True))
        row.text_column, row.label_column = dataset.text_column, dataset.label_column
    smaller = [(f"{path.stem}{SIZE_MARK}{rows}", smaller_split(dataset, split, rows)) for rows in sizes]
    added = []
    for name, parts in [(path.stem, split), *smaller]:
        if parts is not None:
            facts = records.TaskFacts(name, entry.family, 0, parts.train, parts.validation, parts.test)
            task = queries.task_with_split(session, records.upsert_task(session, dataset_id, facts))
            shown = rows_shown(dataset, task, row.name)
            records.upsert_sample(session, task.id, sample_facts(dataset, shown, storage))
            added.append(task)
    return added


def _as_it_stands(path: Path) -> Dataset:
    """The dataset of a file, its labels' spelling kept: a task is known by its content's hash."""
    return read_dataset(path, choices=ReadChoices(merge_case=False))


def is_smaller(task: TaskRow, dataset_name: str) -> bool:
    """Whether a task is that of a smaller dataset than the one it is part of."""
    return task.name.startswith(dataset_name + SIZE_MARK)


def rows_of(task: TaskRow, dataset: DatasetRow) -> int:
    """How many rows the dataset of a task has: of a smaller one, as many as its training rows are of."""
    return whole_rows(stored_split(task)) if is_smaller(task, dataset.name) else dataset.rows


def rows_shown(dataset: Dataset, task: TaskRow, dataset_name: str) -> Int[np.ndarray, " rows"]:
    """The rows that a value network may see of a task: none of its test part."""
    if is_smaller(task, dataset_name):
        return rows_of_smaller(dataset, stored_split(task))
    return rows_outside_test(dataset)


def sample_facts(dataset: Dataset, rows: Int[np.ndarray, " rows"], storage: Storage) -> records.SampleFacts:
    """What the value network sees of some rows of a dataset, as it is stored.

    Landmarkers read the encoders' vectors where populating has left them, and store none.
    """
    cached = known_vectors(VectorCache(storage.vectors, max_bytes=0), dataset.texts)
    texts, labels = [dataset.texts[row] for row in rows], [dataset.labels[row] for row in rows]
    described = describe_task(texts, labels, groups=LANDMARKER_NAMES, vectors=cached)
    version, sample = MODULES[TABLE].version, described.sample
    return records.SampleFacts(TABLE, version, sample.vectors, sample.classes, stored_numbers(described))


def stored_split(task: TaskRow) -> Split:
    """The split of a stored task."""
    packed = (task.train_rows, task.validation_rows, task.test_rows)
    train, validation, test = (records.unpack_rows(rows) for rows in packed)
    nothing = np.empty(0, dtype=np.int64)
    return Split(train, validation, test, nothing, task.split_seed, SplitReport())


def shared_architectures(space: str, count: int) -> list[Architecture]:
    """The first architectures that all tasks of all installations share, so that best on average is fair."""
    return distinct_architectures(space, count, np.random.default_rng(SHARED_SEED))


def own_architectures(space: str, count: int, content_hash: str) -> list[Architecture]:
    """The first random architectures of one task, the same wherever it is populated."""
    return distinct_architectures(space, count, np.random.default_rng(int(content_hash[:12], 16)))


def distinct_architectures(space: str, count: int, generator: np.random.Generator) -> list[Architecture]:
    """Random architectures without repetition; asking for more keeps those that were there."""
    found: dict[str, Architecture] = {}
    while len(found) < count:
        architecture = get_space(space).sample(generator)
        found.setdefault(architecture.hash, architecture)
    return list(found.values())


class PlannedTraining(NamedTuple):
    """A run that a task still lacks: its architecture with its row's id, its origin and its seed."""

    architecture_id: int
    architecture: Architecture
    origin: Origin
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """The runs that a task still lacks."""

    task_id: int
    name: str
    content_hash: str
    rows: int
    runs: tuple[PlannedTraining, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What is left to train, as named or small tasks first; and tasks whose texts are not on this machine."""

    plans: tuple[TaskPlan, ...]
    without_texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs each task should have: shared and own architectures, and how many of its own once more.

    The first `twice` own architectures of a task are trained from a second seed, too: how far two trainings
    of one architecture agree is the ceiling of every correlation with a score. Smaller tasks have `smaller`
    own architectures and no others.
    """

    space: str
    shared: int
    random: int
    twice: int = 0
    smaller: int = 15


def plan_runs(
    session: Session, storage: Storage, wanted: Wanted, *, names: Sequence[str] | None = None
) -> Planned:
    """The runs that are left of those wanted, task by task.

    Raises:
        NoTasksError: There is nothing to train on.
        UnknownTaskError: A name is not that of a task.
    """
    found = chosen_tasks(session, names)
    common = shared_architectures(wanted.space, wanted.shared)
    plans, without_texts = [], []
    for task, dataset in found:
        if not (storage.datasets / f"{dataset.content_hash}.parquet").is_file():
            without_texts.append(task.name)
            continue
        plans.append(plan_task(session, task, dataset, _wanted_runs(wanted, common, task, dataset)))
    left = [plan for plan in plans if plan.runs]
    left.sort(key=lambda plan: (plan.rows, plan.name) if names is None else (names.index(plan.name), ""))
    return Planned(tuple(left), tuple(without_texts))


def _wanted_runs(
    wanted: Wanted, common: Sequence[Architecture], task: TaskRow, dataset: DatasetRow
) -> list[tuple[Architecture, Origin, int]]:
    if is_smaller(task, dataset.name):
        seed = hashlib.sha256(f"{dataset.content_hash} {task.split_hash}".encode()).hexdigest()
        return [(one, Origin.random, 0) for one in own_architectures(wanted.space, wanted.smaller, seed)]
    shared = {architecture.hash for architecture in common}
    every = own_architectures(wanted.space, wanted.random, dataset.content_hash)
    own = [(one, Origin.random, 0) for one in every if one.hash not in shared]
    again = [(one, origin, SECOND_SEED) for one, origin, _ in own[: wanted.twice]]
    return [(one, Origin.shared, 0) for one in common] + own + again


def chosen_tasks(session: Session, names: Sequence[str] | None) -> Sequence[tuple[TaskRow, DatasetRow]]:
    """All tasks, or those of these names.

    Raises:
        NoTasksError: There is none.
        UnknownTaskError: A name is not that of a task.
    """
    every = queries.public_tasks(session)
    if not every:
        raise NoTasksError
    known = {task.name for task, _ in every}
    if unknown := sorted(set(names or ()) - known):
        raise UnknownTaskError(unknown, sorted(known))
    return [pair for pair in every if names is None or pair[0].name in names]


def plan_task(
    session: Session, task: TaskRow, dataset: DatasetRow, wanted: Sequence[tuple[Architecture, Origin, int]]
) -> TaskPlan:
    """Those of the wanted runs of one task, (architecture, origin, seed), that it lacks."""
    planned = {}
    for architecture, origin, seed in wanted:
        run = queries.PlannedRun(task.id, store_architecture(session, architecture), seed)
        planned[run] = PlannedTraining(run.architecture_id, architecture, origin, seed)
    runs = tuple(planned[run] for run in queries.pending(session, list(planned)))
    return TaskPlan(task.id, task.name, dataset.content_hash, dataset.rows, runs)


def store_architecture(session: Session, architecture: Architecture) -> int:
    """The row of an architecture with its relaxed vector."""
    vector = Relaxation(get_space(architecture.space)).vertex(architecture)
    return records.upsert_architecture(session, architecture.to_json(), architecture.hash, vector.tolist())


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run as a training process hands it over: an outcome, or the reason of its failure."""

    task_id: int
    architecture_id: int
    origin: Origin
    started_at: datetime
    ended_at: datetime
    outcome: Outcome | None
    error: str | None
    seed: int = 0


def record(session: Session, ended: EndedRun) -> int:
    """Store a run under its natural key; a second one with the same key changes nothing."""
    outcome = ended.outcome
    return records.record_run(
        session,
        records.RunRecord(
            task_id=ended.task_id,
            architecture_id=ended.architecture_id,
            seed=ended.seed,
            origin=ended.origin,
            code_version=code_version(),
            libraries=libraries(),
            started_at=ended.started_at,
            ended_at=ended.ended_at,
            steps=None if outcome is None else outcome.steps,
            error=ended.error,
            metrics=None if outcome is None else outcome.metrics,
            curve=()
            if outcome is None
            else [(point.step, point.metric, point.value, point.seconds) for point in outcome.curve],
            cost=None if outcome is None else asdict(outcome.cost),
            validation_probabilities=None if outcome is None else outcome.validation_probabilities,
        ),
    )


@cache
def code_version() -> str:
    """The version of this program."""
    return importlib.metadata.version("forethought")


@cache
def libraries() -> dict[str, str]:
    """The versions that a run's numbers depend on."""
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in _LIBRARIES
    }


def encoder_seconds(dataset: Dataset) -> float:
    """Seconds to encode a dataset once by every frozen encoder, on one core."""
    return sum(encoding_seconds(name, dataset.texts) for name in MODULES)
