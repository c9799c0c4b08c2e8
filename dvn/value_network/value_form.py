"""v(u, z) in closed form: main effects and pair interactions of decisions, each moved by the task's features.

The score is the mean of a Gaussian process (see `process_fit`), level and spread are those of a process
over tasks, costs those of a ridge regression. All of it is a function of the relaxed vector u that is
smooth everywhere, so that ascent climbs it, and one small quadratic form once the task is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dvn.value_network.cost_regression import CostRegression
from dvn.value_network.process_fit import Coefficients
from dvn.value_network.targets import ANCHOR
from dvn.value_network.task_regression import TaskRegression

LEVEL, SPREAD = "level", "spread"
_SMALLEST_VARIANCE = 1e-6
"""Keeps the root smooth where it vanishes."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task as the value form sees it.

    Attributes:
        z: Standardised task features.
        linear: What each logit of a weighted relaxed vector adds to the score.
        square: What each pair of them adds.
        level: The logit of the accuracy at a score of zero.
        spread: The logarithm of the logits that one unit of score is worth.
        doubt: The standard deviation of the logit of the accuracy at the score `ANCHOR`.
        costs: Log costs: a constant, what each logit adds and what pairs of inputs add, a column a cost.
    """

    z: Float[Tensor, " features"]
    linear: Float[Tensor, " logits"]
    square: Float[Tensor, "logits logits"]
    level: float
    spread: float
    doubt: float
    costs: Float[Tensor, "columns costs"]


@dataclass(frozen=True, slots=True)
class FormParts:
    """All that fitting found.

    Attributes:
        root: Turns weighted relaxed vectors into decision features.
        coefficients: Of the scores.
        likeness: The weight of each decision feature in how alike two architectures are.
        unexplained: Weight of the square of that likeness, and of what is a task's own.
        tasks: Level and spread.
        costs: The regression of log costs.
        size_places: The task features that costs are read from.
        cost_pairs: The pairs of inputs that cost more or less together.
    """

    root: Float[np.ndarray, "logits logits"]
    coefficients: Coefficients
    likeness: Float[Tensor, " logits"]
    unexplained: Float[Tensor, "2"]
    tasks: Mapping[str, TaskRegression]
    costs: CostRegression
    size_places: tuple[int, ...]
    cost_pairs: Int[np.ndarray, "2 pairs"]


class ValueForm(nn.Module):
    """The fitted form; its state is buffers alone, for nothing of it is trained by gradient."""

    def __init__(self, buffers: Mapping[str, Tensor]) -> None:
        super().__init__()
        for name, tensor in buffers.items():
            self.register_buffer(name, tensor)

    @classmethod
    def of(cls, parts: FormParts) -> "ValueForm":
        """The form of freshly fitted parts, in single precision but for the processes over tasks."""
        root = torch.from_numpy(parts.root)
        linear = parts.coefficients.linear.double() @ root.T
        square = root @ parts.coefficients.square.double() @ root.T
        costs = parts.costs.coefficients.double()
        inner = costs[:, 1 : 1 + len(root)]
        moved = torch.cat([costs[:, :1], root @ inner, costs[:, 1 + len(root) :]], dim=1)
        buffers = {
            "linear": linear.float(),
            "square": square.float(),
            "likeness": ((root * parts.likeness) @ root.T).float(),
            "unexplained": parts.unexplained.float(),
            "costs": moved.float(),
            "size_places": torch.tensor(parts.size_places, dtype=torch.int64),
            "cost_pairs": torch.from_numpy(parts.cost_pairs),
        }
        for head, regression in parts.tasks.items():
            buffers |= {f"{head}_{f.name}": getattr(regression, f.name) for f in fields(regression)}
        return cls(buffers)

    @classmethod
    def restored(cls, state: Mapping[str, Tensor], features: int) -> "ValueForm":
        """The form with this state.

        Raises:
            ValueError: The state is not whole, or is of another number of task features.
        """
        # Value networks of before read no pairs of inputs.
        form = cls({"cost_pairs": torch.empty((2, 0), dtype=torch.int64), **state})
        missing = [name for name in _buffer_names() if name not in state]
        if missing or len(state["linear"]) != features + 1:
            raise ValueError(missing or features)
        return form

    def describe(self, z: Float[Tensor, " features"]) -> TaskView:
        """The task with these standardised features: everything but the architecture is settled."""
        forms = torch.cat([torch.ones(1), z.float()])
        level, doubt = self._regression(LEVEL)(z.unsqueeze(0))
        spread, _ = self._regression(SPREAD)(z.unsqueeze(0))
        level = level - spread.exp() * ANCHOR
        sizes = torch.cat([torch.ones(1), z.float()[self.get_buffer("size_places")]])
        return TaskView(
            z=z.float(),
            linear=forms @ self.get_buffer("linear"),
            square=torch.einsum("f,fij->ij", forms, self.get_buffer("square")),
            level=float(level),
            spread=float(spread),
            doubt=float(doubt),
            costs=torch.einsum("s,sdc->dc", sizes, self.get_buffer("costs")),
        )

    def score(self, weighted: Float[Tensor, "rows logits"], task: TaskView) -> Float[Tensor, " rows"]:
        """Normal scores of weighted relaxed vectors: a . w + w . S w."""
        return weighted @ task.linear + ((weighted @ task.square) * weighted).sum(dim=1)

    def doubt_of_gain(
        self, weighted: Float[Tensor, "rows logits"], reference: Float[Tensor, " logits"]
    ) -> Float[Tensor, " rows"]:
        """How far a score less that of a reference strays on a task never seen, in standard deviations.

        What no task feature explains has the covariance (s + c s^2) (own + kin) of `process_kernel`; near
        the reference it vanishes. Smooth in `weighted`.
        """
        curvature, own = self.get_buffer("unexplained")
        likeness = self.get_buffer("likeness")

        def covariance(similar: Tensor) -> Tensor:
            found: Tensor = similar + curvature * similar.square()
            return found

        itself = covariance(((weighted @ likeness) * weighted).sum(dim=1))
        shared = covariance(weighted @ (likeness @ reference))
        variance: Tensor = own * (itself + covariance(reference @ likeness @ reference) - 2.0 * shared)
        spread: Tensor = (variance.clamp(min=0.0) + _SMALLEST_VARIANCE).sqrt() - _SMALLEST_VARIANCE**0.5
        return spread

    def cost_logs(
        self, weighted: Float[Tensor, "rows logits"], task: TaskView
    ) -> Float[Tensor, "rows costs"]:
        """Log costs of weighted relaxed vectors."""
        columns = cost_columns(weighted, self.get_buffer("cost_pairs"))
        return task.costs[0] + columns @ task.costs[1:]

    def _regression(self, head: str) -> TaskRegression:
        return TaskRegression(**{f.name: self.get_buffer(f"{head}_{f.name}") for f in fields(TaskRegression)})


def cost_columns(
    weighted: Float[Tensor, "rows logits"], pairs: Int[Tensor, "2 pairs"]
) -> Float[Tensor, "rows columns"]:
    """The features that log costs are linear in: the weighted vector, then the products of its pairs."""
    return torch.cat([weighted, weighted[:, pairs[0]] * weighted[:, pairs[1]]], dim=1)


def _buffer_names() -> list[str]:
    heads = [f"{head}_{f.name}" for head in (LEVEL, SPREAD) for f in fields(TaskRegression)]
    return ["linear", "square", "likeness", "unexplained", "costs", "size_places", *heads]
