"""What the service knows beside your own data, as frozen values: tasks, runs, value networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forethought_client.decode import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Answer):
    """A learning problem that the value networks learned from; `best` is the id of its best run."""

    id: str
    name: str
    family: str
    language: str | None
    rows: int
    classes: int
    runs: int
    best: str | None
    best_validation_accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Answer):
    """An architecture trained once on a task; without scores if it failed."""

    id: str
    task_id: str
    task: str
    space: str
    architecture: str
    decisions: Mapping[str, Any]
    seed: int
    state: str
    error: str | None
    validation_accuracy: float | None
    test_accuracy: float | None
    train_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Answer):
    """A task on the map; y grows downwards."""

    name: str
    family: str
    language: str
    x: float
    y: float
    neighbours: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMap(Answer):
    """The map of tasks; `explained` is the share of their variance that it shows."""

    checkpoint: str
    by: str
    width: int
    height: int
    explained: float
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Answer):
    """A value network; the one in use answers recommendations of its space."""

    id: str
    space: str
    is_shipped: bool
    is_in_use: bool
    fitted_at: datetime | None
    promoted_at: datetime | None
    tasks: int
    families: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointCard(Answer):
    """A value network with its manifest and its model card in Markdown."""

    checkpoint: Checkpoint
    manifest: Mapping[str, Any]
    card: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Module(Answer):
    """An embedding module with its licence."""

    name: str
    kind: str
    bytes: int
    licence: str
    package: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedTask(Answer):
    """A left-out task: `expected` with its interval was predicted, `reached` came out."""

    name: str
    family: str
    expected: float
    low: float
    high: float
    reached: float
    is_covered: bool
    regret: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord(Answer):
    """Every task left out of the experience, predicted and true."""

    space: str
    checkpoint: str
    nominal: float
    mean_error: float
    mean_regret: float
    tasks: tuple[TrackedTask, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOutcome(Answer):
    """An architecture that was recommended and trained here."""

    classifier_id: str
    dataset_id: str
    recommendation_id: str
    rank: int
    expected: float
    low: float
    high: float
    reached: float
    is_covered: bool
    ended_at: datetime
