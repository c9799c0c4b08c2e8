"""The value network: what it learns from, its fitting, and its checkpoints."""

from dvn.value_network.checkpoint import Checkpoint, UnusableCheckpointError
from dvn.value_network.fit import FitOptions
from dvn.value_network.make_checkpoint import make_checkpoint
from dvn.value_network.snapshot import Experience, KnownRun, KnownTask, Metric, read_experience

__all__ = [
    "Checkpoint",
    "Experience",
    "FitOptions",
    "KnownRun",
    "KnownTask",
    "Metric",
    "UnusableCheckpointError",
    "make_checkpoint",
    "read_experience",
]
