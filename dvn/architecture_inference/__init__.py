"""Algorithm 2: a new task gets an architecture before anything is trained on it."""

from dvn.architecture_inference.ascent import NonFiniteValueError, ascend
from dvn.architecture_inference.climb import Climbed, climb
from dvn.architecture_inference.costs import Costs, seconds_of_inputs
from dvn.architecture_inference.described import DescribedTask, describe
from dvn.architecture_inference.objective import Objective
from dvn.architecture_inference.question import MOST_POINTS, PREFERENCE_STEPS, Question, price_at
from dvn.architecture_inference.ranking import FrontPoint, RankedArchitecture
from dvn.architecture_inference.recommend import (
    Recommendation,
    answer,
    describe_dataset,
    recommend,
    recommend_for_dataset,
)
from dvn.architecture_inference.stage import Stage
from dvn.architecture_inference.standing import Rule, Standing
from dvn.architecture_inference.worth import Worth

__all__ = [
    "MOST_POINTS",
    "PREFERENCE_STEPS",
    "Climbed",
    "Costs",
    "DescribedTask",
    "FrontPoint",
    "NonFiniteValueError",
    "Objective",
    "Question",
    "RankedArchitecture",
    "Recommendation",
    "Rule",
    "Stage",
    "Standing",
    "Worth",
    "answer",
    "ascend",
    "climb",
    "describe",
    "describe_dataset",
    "price_at",
    "recommend",
    "recommend_for_dataset",
    "seconds_of_inputs",
]
