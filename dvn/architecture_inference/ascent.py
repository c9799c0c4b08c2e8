"""Gradient ascent on the logits of architectures, from many starts at once (Algorithm 2)."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from dvn.errors import CheckpointError


class NonFiniteValueError(CheckpointError):
    """A prediction or its gradient is not a finite number."""

    def __init__(self, step: int) -> None:
        super().__init__(f"The value network gave a number that is not finite at step {step}; fit it again.")


def ascend(
    predict: Callable[[Tensor], Tensor],
    starts: Float[Tensor, "starts logits"],
    *,
    steps: int,
    step_size: float,
) -> tuple[Float[Tensor, "starts logits"], Float[Tensor, " starts"]]:
    """Climb the predicted score from several architectures at once.

    Starts are independent: climbing them together or one by one gives the same
    result. The best point of each path is returned, which need not be its last.

    Args:
        predict: Maps architecture logits to one predicted score a row.
        starts: Unconstrained architecture logits, one row per start.
        steps: Number of gradient steps.
        step_size: Step length, in logit units times the gradient.

    Raises:
        NonFiniteValueError: A prediction or its gradient is NaN or infinite.

    Source: Kokiopoulou et al. (2019), Algorithm 2.
    """
    point = starts.clone()
    best = starts.clone()
    best_values = torch.full((len(starts),), -torch.inf, dtype=starts.dtype)
    for step in range(steps + 1):
        point.requires_grad_()
        values = predict(point)
        # Summing keeps paths independent: each row's gradient sees only its own value.
        (gradient,) = torch.autograd.grad(values.sum(), point)
        if not (torch.isfinite(values).all() and torch.isfinite(gradient).all()):
            raise NonFiniteValueError(step)
        with torch.no_grad():
            is_better = values > best_values
            best = torch.where(is_better.unsqueeze(1), point, best)
            best_values = torch.where(is_better, values, best_values)
            point = point + step_size * gradient
    return best.detach(), best_values.detach()
