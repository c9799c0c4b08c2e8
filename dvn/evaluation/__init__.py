"""Studies on tasks left out by family: does the value network beat what is simpler?"""

from dvn.evaluation.leave_one_family_out import (
    Summary,
    TaskScore,
    deal_families,
    judge_families,
    judge_family,
    leave_one_family_out,
    summarise,
)
from dvn.evaluation.paired import Comparison, compare_all
from dvn.evaluation.predictors import BEST_ON_AVERAGE, PROCESS_LINE

__all__ = [
    "BEST_ON_AVERAGE",
    "PROCESS_LINE",
    "Comparison",
    "Summary",
    "TaskScore",
    "compare_all",
    "deal_families",
    "judge_families",
    "judge_family",
    "leave_one_family_out",
    "summarise",
]
