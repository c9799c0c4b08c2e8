"""A checkpoint and the time there is become the groups of landmarkers to compute for an answer.

Decision: landmarkers are computed only where the value network reads them. Why: those through the encoders
take seconds. On the 44 tasks first shipped, families left out, they told no more of a task's level than the
static ones did (R2 of the best level's logit 0.94 with both, 0.95 with the static ones alone, 0.43 with
hand-made features): a checkpoint must have earned them.
"""

from enum import StrEnum

from dvn.metafeatures import ENCODERS, LANDMARKER_NAMES
from dvn.value_network.checkpoint import Checkpoint


class Stage(StrEnum):
    """How long an answer may take."""

    instant = "instant"
    """About a second: nothing is read through an encoder."""
    sharper = "sharper"
    """Some seconds more: a sample of the texts is read through the encoders."""


def groups_to_compute(checkpoint: Checkpoint, stage: Stage) -> tuple[str, ...]:
    """The groups of landmarkers that a checkpoint reads and a stage has the time for."""
    read = [group for group, names in LANDMARKER_NAMES.items() if set(names) & set(checkpoint.reads)]
    return tuple(group for group in read if stage is Stage.sharper or group != ENCODERS)
