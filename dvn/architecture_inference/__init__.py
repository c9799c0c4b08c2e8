"""Algorithm 2: a new task gets an architecture before anything is trained on it."""

from dvn.architecture_inference.ascent import NonFiniteValueError, ascend
from dvn.architecture_inference.recommend import (
    Question,
    RankedArchitecture,
    Recommendation,
    climb,
    recommend,
    recommend_for_dataset,
)
from dvn.architecture_inference.stage import Stage

__all__ = [
    "NonFiniteValueError",
    "Question",
    "RankedArchitecture",
    "Recommendation",
    "Stage",
    "ascend",
    "climb",
    "recommend",
    "recommend_for_dataset",
]
