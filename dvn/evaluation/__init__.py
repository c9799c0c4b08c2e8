"""Studies on tasks left out by family: does the value network beat what is simpler?"""

from dvn.evaluation.leave_one_family_out import (
    Summary,
    TaskScore,
    judge_family,
    leave_one_family_out,
    summarise,
)

__all__ = ["Summary", "TaskScore", "judge_family", "leave_one_family_out", "summarise"]
