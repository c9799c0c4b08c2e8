"""Algorithm 2: a new task gets an architecture before anything is trained on it."""

from dvn.architecture_inference.ascent import NonFiniteValueError, ascend
from dvn.architecture_inference.climb import climb
from dvn.architecture_inference.objective import Objective
from dvn.architecture_inference.question import Question
from dvn.architecture_inference.ranking import RankedArchitecture
from dvn.architecture_inference.recommend import Recommendation, recommend, recommend_for_dataset
from dvn.architecture_inference.stage import Stage

__all__ = [
    "NonFiniteValueError",
    "Objective",
    "Question",
    "RankedArchitecture",
    "Recommendation",
    "Stage",
    "ascend",
    "climb",
    "recommend",
    "recommend_for_dataset",
]
