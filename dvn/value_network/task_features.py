"""Descriptions of tasks become the numbers z that the value form reads, in groups that can be left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dvn.metafeatures import HANDMADE_NAMES, LANDMARKER_NAMES, TaskDescription

HANDMADE = "handmade"
"""The group of the hand-made numbers; the others are those of `LANDMARKER_NAMES`."""

MOST_DEVIATIONS = 4.0
_SMALLEST_SCALE = 1e-6
_GROUP_OF = dict.fromkeys(HANDMADE_NAMES, HANDMADE) | {
    name: group for group, names in LANDMARKER_NAMES.items() for name in names
}


def numbers_of(description: TaskDescription) -> Mapping[str, float]:
    """All named numbers of a task."""
    made = dict(zip(HANDMADE_NAMES, description.handmade.tolist(), strict=True))
    return made | {name: value for name, value in description.landmarkers.items() if name in _GROUP_OF}


@dataclass(frozen=True, slots=True)
class TaskFeatures:
    """Which numbers are read, and their means and scales over the known tasks."""

    names: tuple[str, ...]
    mean: Float[np.ndarray, " features"]
    scale: Float[np.ndarray, " features"]

    @classmethod
    def of(cls, descriptions: Sequence[TaskDescription], groups: Sequence[str]) -> "TaskFeatures":
        """The features of these groups that most tasks have and that differ between them."""
        numbers = [numbers_of(description) for description in descriptions]
        named = dict.fromkeys(name for one in numbers for name in one)
        names = [
            name
            for name in named
            if _GROUP_OF[name] in groups and 2 * sum(name in one for one in numbers) > len(numbers)
        ]
        table = _table(numbers, names)
        mean, scale = np.nanmean(table, axis=0), np.nanstd(table, axis=0)
        kept = scale > _SMALLEST_SCALE
        return cls(tuple(np.array(names)[kept].tolist()), mean[kept], scale[kept])

    def __call__(self, descriptions: Sequence[TaskDescription]) -> Float[np.ndarray, "tasks features"]:
        """Standardised numbers within four deviations; one that a task lacks is at the mean, zero."""
        table = _table([numbers_of(description) for description in descriptions], self.names)
        values = np.nan_to_num((table - self.mean) / self.scale, nan=0.0)
        result: np.ndarray = np.clip(values, -MOST_DEVIATIONS, MOST_DEVIATIONS)
        return result

    def places(self, names: Sequence[str]) -> list[int]:
        """Where those of these names that are read stand."""
        return [self.names.index(name) for name in names if name in self.names]


def _table(
    numbers: Sequence[Mapping[str, float]], names: Sequence[str]
) -> Float[np.ndarray, "tasks features"]:
    """Numbers by name, a row a task; NaN where a task lacks one."""
    rows = [[one.get(name, np.nan) for name in names] for one in numbers]
    return np.array(rows, dtype=np.float64).reshape(len(numbers), len(names))
