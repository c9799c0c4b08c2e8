"""A task becomes numbers: hand-made meta-features, landmarkers, and a small sample for the set encoder."""

from dvn.metafeatures.description import TaskDescription, describe_task
from dvn.metafeatures.handcrafted import NAMES as HANDMADE_NAMES
from dvn.metafeatures.landmarkers import ENCODERS, LANDMARKER_NAMES, STATIC
from dvn.metafeatures.stored_numbers import landmarkers_of, stored_numbers
from dvn.metafeatures.task_sample import TaskSample

__all__ = [
    "ENCODERS",
    "HANDMADE_NAMES",
    "LANDMARKER_NAMES",
    "STATIC",
    "TaskDescription",
    "TaskSample",
    "describe_task",
    "landmarkers_of",
    "stored_numbers",
]
