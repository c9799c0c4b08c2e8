"""Tasks, runs, value networks and the map become what the API answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.experience.known import SeenRun, SeenTask
from app.experience.task_map import TaskMap
from app.experience.value_networks import SeenCheckpoint
from dvn.evaluation.model_card import ModelCard, to_markdown


class TaskAnswer(BaseModel):
    """A task; `best` is the id of its best run by validation."""

    id: str
    name: str
    family: str
    language: str | None
    licence: str | None
    rows: int
    classes: int
    largest_share: float | None
    runs: int
    failed: int
    best: str | None
    best_validation_accuracy: float | None


class RunAnswer(BaseModel):
    """A run as it was recorded; scores in [0, 1], none if it failed."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    task_id: str
    task: str
    space: str
    version: str
    architecture: str
    decisions: Mapping[str, Any]
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


class TasksAnswer(BaseModel):
    """Some tasks by name; ask again with `after` = `next` for more."""

    tasks: list[TaskAnswer]
    total: int
    next: str | None


class RunsAnswer(BaseModel):
    """Some runs by task and then the best first; ask again with `after` = `next` for more."""

    runs: list[RunAnswer]
    total: int
    next: str | None


class PlacedTask(BaseModel):
    """A task on the map, in the coordinates of its picture; y grows downwards."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    family: str
    language: str
    x: float
    y: float
    neighbours: tuple[str, ...]


class MapAnswer(BaseModel):
    """The map of one checkpoint's tasks; `explained` is the share of their variance that it shows."""

    model_config = ConfigDict(from_attributes=True)

    checkpoint: str
    by: str
    width: int
    height: int
    explained: float
    places: list[PlacedTask]


class CheckpointAnswer(BaseModel):
    """A value network; the one in use answers recommendations of its space."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    space: str
    is_shipped: bool
    is_in_use: bool
    fitted_at: datetime | None
    promoted_at: datetime | None
    snapshot_hash: str
    tasks: int
    families: int
    scores: Mapping[str, float]


class CheckpointsAnswer(BaseModel):
    """Those that ship first, then the newest."""

    checkpoints: list[CheckpointAnswer]


class CardAnswer(BaseModel):
    """A value network with its manifest and its model card."""

    checkpoint: CheckpointAnswer
    manifest: Mapping[str, Any]
    card: str


def task_answer(task: SeenTask) -> TaskAnswer:
    best = task.best
    names = TaskAnswer.model_fields.keys() - {"best", "best_validation_accuracy"}
    return TaskAnswer(
        **{name: getattr(task, name) for name in names},
        best=None if best is None else best.id,
        best_validation_accuracy=None if best is None else best.validation_accuracy,
    )


def run_answer(run: SeenRun) -> RunAnswer:
    return RunAnswer.model_validate(run)


def map_answer(drawn: TaskMap) -> MapAnswer:
    return MapAnswer.model_validate(drawn)


def checkpoint_answer(seen: SeenCheckpoint) -> CheckpointAnswer:
    return CheckpointAnswer.model_validate(seen)


def card_answer(seen: SeenCheckpoint, card: ModelCard) -> CardAnswer:
    return CardAnswer(checkpoint=checkpoint_answer(seen), manifest=seen.manifest, card=to_markdown(card))
