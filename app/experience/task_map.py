"""The tasks of a value network become a map: as the network sees them, or by the facts of their texts.

Decision: the map by facts is drawn from the standardised hand-made features of the checkpoint's own
landmarks, the ones that "nearest tasks" and "outside my experience" are judged by; the map by the network
from z, its members side by side. Neither trains anything. Places are those of two principal components,
neighbours are told by all numbers.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from app.experience.known import Known
from app.experience.label_places import MARK, Named, name_heights
from app.experiments.checkpoints import shipped_folder, shipped_snapshot
from app.settings import Settings
from app.web.wording import language_name
from dvn.errors import CheckpointError
from dvn.evaluation.task_map import nearest_tasks, task_plane
from dvn.value_network import Checkpoint
from dvn.value_network.checkpoint import WEIGHTS
from dvn.value_network.snapshot import TASKS, read_tasks

_WIDTH, _HEIGHT, _MARGIN = 640, 440, 26
_GROUPS: Final = 6
"""Languages with a mark of their own; all others share one."""
_NEIGHBOURS: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """One task on the map: where it stands, its mark, and the tasks most like it."""

    name: str
    href: str
    family: str
    language: str
    group: int
    x: float
    y: float
    label_x: float
    label_y: float
    is_right: bool
    is_near: bool
    neighbours: tuple[str, ...]

    @property
    def words(self) -> str:
        return f"{self.name} ({self.language}); most like {', '.join(self.neighbours) or 'none'}"


@dataclass(frozen=True, slots=True)
class Group:
    """A kind of mark and what it stands for."""

    number: int
    words: str
    tasks: int


@dataclass(frozen=True, slots=True)
class TaskMap:
    """Everything a template needs to draw the map."""

    width: int
    height: int
    by: str
    explained: float
    checkpoint: str
    places: tuple[Place, ...]
    groups: tuple[Group, ...]

    @property
    def near(self) -> tuple[Place, ...]:
        """The tasks that stand out, in the order of their names."""
        return tuple(place for place in self.places if place.is_near)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Names, numbers and places of the tasks of one checkpoint."""

    checkpoint: str
    names: tuple[str, ...]
    families: tuple[str, ...]
    neighbours: tuple[tuple[str, ...], ...]
    places: Float[np.ndarray, "tasks 2"]
    explained: float


def task_map(
    settings: Settings, known: Known, space: str, *, by: str = "network", near: Iterable[str] = ()
) -> TaskMap | None:
    """The map of a space's tasks with some of them standing out; none where no checkpoint can be read.

    Without a snapshot beside the checkpoint the tasks are compared by facts, whatever is asked for.
    """
    checkpoint, snapshot = shipped_folder(settings, space), shipped_snapshot(settings, space)
    is_whole = by == "network" and (snapshot / TASKS).is_file()
    try:
        if is_whole:
            drawn = _by_network(checkpoint, snapshot, _stamp(checkpoint / WEIGHTS), _stamp(snapshot / TASKS))
        else:
            drawn = _by_facts(checkpoint, _stamp(checkpoint / WEIGHTS))
    except CheckpointError:
        return None
    return _picture(drawn, known, "network" if is_whole else "facts", frozenset(near))


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0


@lru_cache(maxsize=4)
def _by_network(checkpoint_folder: Path, snapshot: Path, *_: int) -> _Drawn:
    """By z: each member's own numbers, which belong to this checkpoint and mean nothing to another."""
    checkpoint = Checkpoint.load(checkpoint_folder)
    tasks = read_tasks(snapshot)
    z = np.stack([checkpoint.describe(task.description).z.numpy().ravel() for task in tasks])
    return _drawn(checkpoint.id, [task.name for task in tasks], [task.family for task in tasks], z)


@lru_cache(maxsize=4)
def _by_facts(checkpoint_folder: Path, *_: int) -> _Drawn:
    checkpoint = Checkpoint.load(checkpoint_folder)
    landmarks = checkpoint.landmarks
    return _drawn(checkpoint.id, landmarks.names, landmarks.families, landmarks.handmade)


def _drawn(
    checkpoint: str,
    names: Sequence[str],
    families: Sequence[str],
    vectors: Float[np.ndarray, "tasks features"],
) -> _Drawn:
    plane = task_plane(vectors)
    neighbours = tuple(
        tuple(names[other] for other in nearest_tasks(vectors, place, count=_NEIGHBOURS))
        for place in range(len(names))
    )
    return _Drawn(
        checkpoint, tuple(names), tuple(families), neighbours, plane.places(vectors), plane.explained
    )


def _picture(drawn: _Drawn, known: Known, by: str, near: frozenset[str]) -> TaskMap:
    languages = [_language(known, name) for name in drawn.names]
    groups = _groups(languages)
    number = {group.words: group.number for group in groups}
    across = _scaled(drawn.places[:, 0], _WIDTH)
    # Pictures count downwards.
    down = _HEIGHT - _scaled(drawn.places[:, 1], _HEIGHT)
    places = [
        Place(
            name=name,
            href=f"/experience/tasks/{known.task_by_name[name].id}" if name in known.task_by_name else "",
            family=drawn.families[place],
            language=languages[place],
            group=number.get(languages[place], len(groups)),
            x=round(float(across[place]), 1),
            y=round(float(down[place]), 1),
            label_x=round(float(across[place]) + (-MARK if across[place] > _WIDTH / 2 else MARK), 1),
            label_y=round(float(down[place]), 1),
            is_right=bool(across[place] > _WIDTH / 2),
            is_near=name in near,
            neighbours=drawn.neighbours[place],
        )
        for place, name in enumerate(drawn.names)
    ]
    # What is drawn last is on top.
    places.sort(key=lambda place: (place.is_near, place.name))
    return TaskMap(_WIDTH, _HEIGHT, by, drawn.explained, drawn.checkpoint, legible(places), groups)


def legible(places: Sequence[Place]) -> tuple[Place, ...]:
    """The same places; names that are always shown cover nothing. Those of others come and go."""
    near = [place for place in places if place.is_near]
    heights = name_heights([Named(one.x, one.y, one.name, one.is_right) for one in near], _HEIGHT)
    moved = {one.name: round(height, 1) for one, height in zip(near, heights, strict=True)}
    return tuple(replace(place, label_y=moved.get(place.name, place.y)) for place in places)


def _language(known: Known, name: str) -> str:
    task = known.task_by_name.get(name)
    return language_name(task.language if task else None)


def _groups(languages: Sequence[str]) -> tuple[Group, ...]:
    """The most frequent languages, then all others together."""
    counted = sorted(Counter(languages).items(), key=lambda pair: (-pair[1], pair[0]))
    shown = counted if len(counted) <= _GROUPS + 1 else counted[:_GROUPS]
    groups = [Group(number, words, tasks) for number, (words, tasks) in enumerate(shown, start=1)]
    if len(shown) < len(counted):
        rest = counted[len(shown) :]
        groups.append(Group(len(groups) + 1, f"{len(rest)} other languages", sum(n for _, n in rest)))
    return tuple(groups)


def _scaled(values: Float[np.ndarray, " tasks"], length: int) -> Float[np.ndarray, " tasks"]:
    """Values from margin to margin; where all are equal, in the middle."""
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        return np.full(len(values), length / 2)
    result: np.ndarray = _MARGIN + (length - 2 * _MARGIN) * (values - low) / (high - low)
    return result
