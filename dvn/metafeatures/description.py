"""The parts of z that are not learned: hand-made numbers, landmarkers, the sample the set encoder reads."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Float, UInt64

from dvn.data.text_facts import text_keys
from dvn.data.texts_on_disk import take
from dvn.metafeatures.handcrafted import TEXT_SAMPLE, handcrafted
from dvn.metafeatures.landmarkers import (
    ENCODER_SIZE,
    ENCODERS,
    LANDMARKER_NAMES,
    STATIC,
    STATIC_SIZE,
    Embed,
    embed,
    encoder_landmarkers,
    static_landmarkers,
)
from dvn.metafeatures.task_sample import SAMPLES, TaskSample, sample_task, text_order

_MOST_DRAWN: Final = max(TEXT_SAMPLE, SAMPLES, STATIC_SIZE.rows, ENCODER_SIZE.rows)


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """What the value network may know of a task.

    Attributes:
        handmade: The hand-made numbers, in the order of `handcrafted.NAMES`.
        sample: What the set encoder reads.
        rows: Rows of the task.
        classes: Classes of the task.
        landmarkers: The numbers of each group of `LANDMARKER_NAMES` that was computed, by name.
    """

    handmade: Float[np.ndarray, " features"]
    sample: TaskSample
    rows: int
    classes: int
    landmarkers: Mapping[str, float] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of landmarkers that were computed."""
        return tuple(name for name, names in LANDMARKER_NAMES.items() if set(names) <= set(self.landmarkers))


def describe_task(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    groups: Collection[str] = (),
    vectors: Embed = embed,
    keys: UInt64[np.ndarray, " texts"] | None = None,
) -> TaskDescription:
    """The description of a task; nothing is trained by gradient, and row order and label names do not matter.

    Args:
        texts: The texts of the task, none of its test part.
        labels: The label of each text.
        groups: The groups of landmarkers to compute as well: `static` takes half a second, `encoders` four.
        vectors: Where the encoders' vectors come from; computed if not said.
        keys: The keys of the texts, if they are known.
    """
    numbers = {name: number for number, name in enumerate(dict.fromkeys(labels))}
    ids = np.fromiter(map(numbers.__getitem__, labels), dtype=np.int64, count=len(labels))
    order = text_order(text_keys(texts) if keys is None else keys, ids)
    drawn = order.rows[:_MOST_DRAWN]
    # Read at once, since the texts of a large dataset are on disk.
    shown = dict(zip(drawn.tolist(), take(texts, drawn), strict=True))
    sample = sample_task(shown, ids, order)
    landmarkers: dict[str, float] = {}
    if STATIC in groups:
        landmarkers |= static_landmarkers(shown, ids, order)
    if ENCODERS in groups:
        landmarkers |= encoder_landmarkers(shown, ids, order, vectors)
    handmade = handcrafted(shown, ids, order, sample)
    return TaskDescription(handmade, sample, len(texts), len(numbers), landmarkers)
