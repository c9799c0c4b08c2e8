"""The known tasks become a map by which a new one is near to some of them, or outside of all experience."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dvn.metafeatures import TaskDescription
from dvn.metafeatures.task_sample import DIMENSIONS
from dvn.value_network.observations import Standardiser
from dvn.value_network.snapshot import KnownTask

LEAST_SCALE = 0.05
"""Of a hand-made feature. Shares are the features that no known task may have, such as those of a script: a
task with a twentieth of its characters in such a script is one deviation away."""

MOST_DEVIATIONS = 8.0
"""One feature that is out of all proportion is enough to be far; beyond this it is not further."""

USUAL = 0.95
"""The share of known tasks that lie within the limits when their own family is left out."""

GAIN = "static_gain"
"""The landmarker that says how much better than guessing a quick classifier is."""

EXPLAINED = "static_explained"
"""The landmarker that says which part of the labels' variance a quick classifier explains."""

LITTLE = 0.007
"""Eight datasets with their labels shuffled, from two seeds each, had at most 0.005 explained; as they are,
`cola` and `jcola` of 104 have less, which sentence encoders learn (`reports/wide_deep/intervals.md`)."""

_LEAST_FAR = 1.0
_NEVER = 1e9
"""A limit that nothing passes, where there is none to learn; JSON knows no infinity."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The known tasks a new one is compared with.

    Attributes:
        names: Of the tasks.
        families: Of the tasks.
        content_hashes: Of their datasets.
        handmade: Their standardised hand-made features.
        centres: The means of their samples' vectors; NaN for a task without a sample.
        far: The largest usual distance to the nearest task of another family, in features.
        far_centre: The same in centres.
        least_gain: The smallest `GAIN` of a known task; far below any where none has one.
    """

    names: tuple[str, ...]
    families: tuple[str, ...]
    content_hashes: tuple[str, ...]
    handmade: Float[np.ndarray, "tasks handmade"]
    centres: Float[np.ndarray, "tasks dimensions"]
    far: float
    far_centre: float
    least_gain: float

    @classmethod
    def of(cls, tasks: Sequence[KnownTask], standardiser: Standardiser) -> "Landmarks":
        """The map of these tasks; what is usual is learned by leaving families out."""
        handmade = standardiser(np.stack([task.description.handmade for task in tasks]))
        centres = np.stack([centre_of(task.description) for task in tasks])
        families = np.array([task.family for task in tasks])
        gains = [task.description.landmarkers.get(GAIN, np.inf) for task in tasks]
        return cls(
            tuple(task.name for task in tasks),
            tuple(task.family for task in tasks),
            tuple(task.content_hash for task in tasks),
            handmade,
            centres,
            max(_usual(handmade, families), _LEAST_FAR),
            _usual(centres, families),
            min(gains) if np.isfinite(min(gains)) else -_NEVER,
        )

    def distances(self, handmade: Float[np.ndarray, " handmade"]) -> Float[np.ndarray, " tasks"]:
        """Root mean square difference to each known task, in standard deviations."""
        result: np.ndarray = np.sqrt(np.square(self.handmade - handmade).mean(axis=1))
        return result

    def nearest(self, distances: Float[np.ndarray, " tasks"], number: int) -> tuple[str, ...]:
        """The names of the nearest known tasks, one of each dataset, whatever sizes of it are known."""
        of_dataset: dict[str, str] = {}
        for place in np.argsort(distances, kind="stable"):
            of_dataset.setdefault(self.content_hashes[place], self.names[place])
        return tuple(of_dataset.values())[:number]

    def is_outside(self, description: TaskDescription, handmade: Float[np.ndarray, " handmade"]) -> bool:
        """Whether a task is unlike every known one: in features, in its texts, or with less to learn.

        Args:
            description: The task.
            handmade: Its standardised hand-made features.
        """
        if self.distances(handmade).min() > self.far:
            return True
        if description.landmarkers.get(GAIN, np.inf) < self.least_gain:
            return True
        gaps = np.sqrt(np.square(self.centres - centre_of(description)).mean(axis=1))
        known = gaps[np.isfinite(gaps)]
        return bool(len(known)) and float(known.min()) > self.far_centre


def says_little(description: TaskDescription) -> bool:
    """Whether quick classifiers find next to nothing in the texts that tells the labels; not if none ran."""
    return description.landmarkers.get(EXPLAINED, np.inf) < LITTLE


def landmark_standardiser(tasks: Sequence[KnownTask]) -> Standardiser:
    """Means and scales by which distances between tasks are measured; no feature is left out of them."""
    handmade = np.stack([task.description.handmade for task in tasks])
    scale = np.maximum(handmade.std(axis=0), LEAST_SCALE).astype(np.float32)
    return Standardiser(handmade.mean(axis=0), scale, MOST_DEVIATIONS)


def centre_of(description: TaskDescription) -> Float[np.ndarray, " dimensions"]:
    """The mean of the sample's vectors; NaN without a sample."""
    if not len(description.sample.classes):
        return np.full(DIMENSIONS, np.nan, dtype=np.float32)
    result: np.ndarray = description.sample.floats().mean(axis=0)
    return result


def _usual(points: Float[np.ndarray, "tasks columns"], families: np.ndarray) -> float:
    """The distance to the nearest task of another family that `USUAL` of the tasks do not exceed."""
    gaps = np.sqrt(np.square(points[:, None] - points[None]).mean(axis=2))
    gaps[(families[:, None] == families[None]) | ~np.isfinite(gaps)] = np.inf
    nearest = gaps.min(axis=1)
    nearest = nearest[np.isfinite(nearest)]
    return float(np.quantile(nearest, USUAL)) if len(nearest) else _NEVER
