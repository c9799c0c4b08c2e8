"""A task becomes numbers: hand-made meta-features and a small sample for the set encoder."""

from dvn.metafeatures.description import TaskDescription, describe_task
from dvn.metafeatures.handcrafted import NAMES as HANDMADE_NAMES
from dvn.metafeatures.task_sample import TaskSample

__all__ = ["HANDMADE_NAMES", "TaskDescription", "TaskSample", "describe_task"]
