"""What the ascent climbs: the predicted score of a relaxed architecture, less all that counts against it."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from dvn.value_network.checkpoint import Checkpoint
from dvn.value_network.value_form import TaskView

Term = Callable[[Tensor, Tensor], Tensor]
"""Points u of the polytope, and the same weighted, become normal scores, one a row; differentiable."""


@dataclass(frozen=True, slots=True)
class Objective:
    """The predicted score less the sum of the terms; without any, what the paper climbs (Algorithm 2).

    Each row depends on its own point alone, so that paths stay independent.
    """

    checkpoint: Checkpoint
    task: TaskView
    terms: tuple[Term, ...] = ()

    def __call__(self, theta: Float[Tensor, "starts logits"]) -> Float[Tensor, " starts"]:
        """The value of architecture logits."""
        u = self.checkpoint.relaxation.softmax(theta)
        weighted = self.checkpoint.relaxation.weighted(u)
        value = self.checkpoint.network.score(weighted, self.task)
        for term in self.terms:
            value = value - term(u, weighted)
        return value
