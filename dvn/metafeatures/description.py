"""The two parts of z that are not learned: hand-made numbers and the sample the set encoder reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from dvn.metafeatures.handcrafted import handcrafted
from dvn.metafeatures.task_sample import TaskSample, sample_task, text_order


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """What the value network may know of a task; `handmade` in the order of `handcrafted.NAMES`.

    `landmarkers` are further numbers by name; a task may lack them.
    """

    handmade: Float[np.ndarray, " features"]
    sample: TaskSample
    rows: int
    classes: int
    landmarkers: Mapping[str, float] = field(default_factory=dict)


def describe_task(texts: Sequence[str], labels: Sequence[str]) -> TaskDescription:
    """The description of a task; nothing is trained, and row order and label names do not matter."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(labels))}
    ids = np.fromiter(map(numbers.__getitem__, labels), dtype=np.int64, count=len(labels))
    order = text_order(texts, ids)
    sample = sample_task(texts, ids, order)
    return TaskDescription(handcrafted(texts, ids, order, sample), sample, len(texts), len(numbers))
