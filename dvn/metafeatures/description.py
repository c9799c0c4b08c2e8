"""The two parts of z that are not learned: hand-made numbers and the sample the set encoder reads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dvn.metafeatures.handcrafted import handcrafted
from dvn.metafeatures.task_sample import TaskSample, sample_task


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """What the value network may know of a task; `handmade` in the order of `handcrafted.NAMES`."""

    handmade: Float[np.ndarray, " features"]
    sample: TaskSample
    rows: int
    classes: int


def describe_task(texts: Sequence[str], labels: Sequence[str]) -> TaskDescription:
    """The description of a task; nothing is trained, and row order and label names do not matter."""
    names, ids = np.unique(np.asarray(labels, dtype=object), return_inverse=True)
    sample = sample_task(texts, ids)
    return TaskDescription(handcrafted(texts, ids, sample), sample, len(texts), len(names))
