"""The price of size and speed, limits and caution become terms of what the ascent climbs."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dvn.architecture import Architecture
from dvn.architecture_inference.costs import MILLISECONDS, Costs, limits_of
from dvn.architecture_inference.question import Question
from dvn.value_network.checkpoint import CAUTION, Checkpoint
from dvn.value_network.value_form import TaskView

LIMIT_WEIGHT = 5.0
"""Normal scores lost for each factor of ten beyond a limit."""

MARGIN = 0.05
"""Factors of ten by which ascent keeps away from a limit, for rounding moves costs."""

_USUAL_SCORE = 1.0
"""About the best sixth of architectures: where recommendations lie, points are turned into scores."""


@dataclass(frozen=True, slots=True)
class CostTerm:
    """What cost takes from the score of each row: its price, and what lies beyond the limits.

    Attributes:
        costs: Of the task.
        question: Holds the limits.
        prices: In normal scores for each factor of ten of size and speed: one for all rows, or one a row.
        limit_weight: In normal scores for each factor of ten beyond a limit.
    """

    costs: Costs
    question: Question
    prices: Float[Tensor, " rows"]
    limit_weight: float = LIMIT_WEIGHT

    def __call__(
        self, u: Float[Tensor, "rows logits"], weighted: Float[Tensor, "rows logits"]
    ) -> Float[Tensor, " rows"]:
        """The sum of both; within the limits the price alone."""
        logs = self.costs.logs(u, weighted)
        limits = torch.from_numpy(np.log10(limits_of(self.question))).to(u.dtype)
        beyond = torch.relu(logs - (limits - MARGIN)).sum(dim=1)
        return self.prices * logs[:, MILLISECONDS:].mean(dim=1) + self.limit_weight * beyond


@dataclass(frozen=True, slots=True)
class CautionTerm:
    """What doubt takes from each row: `CAUTION` deviations of what it gains on a known good architecture.

    Attributes:
        checkpoint: The value network.
        reference: The known architecture, as a weighted relaxed vector.
    """

    checkpoint: Checkpoint
    reference: Float[Tensor, " logits"]

    @classmethod
    def over(cls, reference: Architecture, checkpoint: Checkpoint) -> "CautionTerm":
        """The term of a known architecture."""
        relaxation = checkpoint.relaxation
        vertex = torch.from_numpy(relaxation.vertices([reference]))
        return cls(checkpoint, relaxation.weighted(vertex)[0])

    def __call__(
        self, _: Float[Tensor, "rows logits"], weighted: Float[Tensor, "rows logits"]
    ) -> Float[Tensor, " rows"]:
        """Nothing at the reference itself."""
        return CAUTION * self.checkpoint.network.doubt_of_gain(weighted, self.reference)


def scores_for(price: float, task: TaskView) -> float:
    """A price in accuracy as one in normal scores, by what a score is worth where recommendations lie."""
    worth = np.exp(task.spread)
    share = 1.0 / (1.0 + np.exp(-(task.level + worth * _USUAL_SCORE)))
    return float(price / max(share * (1.0 - share) * worth, 1e-4))
