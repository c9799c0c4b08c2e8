"""The covariance of normalised scores: similarity of architectures times similarity of tasks.

For runs i, j with decision features x and task features z the covariance of their scores is

    k(i, j) = (s + c s^2) (1 + sum_f a_f z_f z'_f + own + kin) + level + noise,    s = sum_d w_d <x_d, x'_d>

where `own` counts for runs of one task, `kin` for tasks of one family, `level` for the unknown mean of a
task, and `noise` for one run, more of it where few rows measured the scores. The first term of the second
factor is what an architecture is worth everywhere, the second what task features move, the third and fourth
what is a task's own: without them the runs of one task would pass for as many witnesses of what holds on
others.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

PRIOR_LOGS = {
    "decisions": -2.0,
    "square": -1.0,
    "features": -3.5,
    "own": -1.0,
    "kin": -1.0,
    "noise": -1.0,
    "sampling": 0.0,
    "level": -3.0,
}
"""Where the logarithms of the hyperparameters start, and what they are drawn to, with a spread of two."""

_PRIOR_VARIANCE = 4.0
_LEAST_NOISE = 0.01
"""Of normal scores, whose variance is about one: single precision cannot factor a covariance with less."""


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Logarithms of the weights of the covariance."""

    decisions: Float[Tensor, " decisions"]
    square: Float[Tensor, ""]
    features: Float[Tensor, " features"]
    own: Float[Tensor, ""]
    kin: Float[Tensor, ""]
    noise: Float[Tensor, ""]
    sampling: Float[Tensor, ""]
    level: Float[Tensor, ""]

    @classmethod
    def prior(cls, decisions: int, features: int) -> "Hyperparameters":
        """The centre of the prior."""
        sizes = {"decisions": (decisions,), "features": (features,)}
        return cls(
            **{
                name: torch.full(sizes.get(name, ()), value, dtype=torch.float64)
                for name, value in PRIOR_LOGS.items()
            }
        )

    def tensors(self) -> list[Tensor]:
        """All of them, in order."""
        return [getattr(self, field.name) for field in fields(self)]

    def cast(self, dtype: torch.dtype) -> "Hyperparameters":
        """The same numbers in another precision, apart from any graph."""
        return replace(self, **{f.name: getattr(self, f.name).detach().to(dtype) for f in fields(self)})

    def improbability(self) -> Float[Tensor, ""]:
        """Minus the log density of the prior, but for a constant."""
        gaps = [
            (tensor - PRIOR_LOGS[field.name]).square().sum()
            for field, tensor in zip(fields(self), self.tensors(), strict=True)
            if tensor.isfinite().all()  # A term that is left out has a weight of zero.
        ]
        return torch.stack(gaps).sum() / (2.0 * _PRIOR_VARIANCE)


@dataclass(frozen=True, slots=True)
class ProcessData:
    """Runs with their decision features, tasks with theirs.

    Attributes:
        x: Features of each run's architecture.
        scores: Normalised within the task.
        of_task: The task of each run.
        z: Standardised features of each task.
        family: The number of each task's family.
        sampling: The variance that each task's few validation rows alone give to a score.
        decision_of: The decision that each column of `x` belongs to.
    """

    x: Float[Tensor, "runs logits"]
    scores: Float[Tensor, " runs"]
    of_task: Int[Tensor, " runs"]
    z: Float[Tensor, "tasks features"]
    family: Int[Tensor, " tasks"]
    sampling: Float[Tensor, " tasks"]
    decision_of: Int[Tensor, " logits"]

    def part(self, rows: Int[np.ndarray, " rows"]) -> "ProcessData":
        """Some of the runs."""
        places = torch.from_numpy(rows)
        return replace(self, x=self.x[places], scores=self.scores[places], of_task=self.of_task[places])

    def cast(self, dtype: torch.dtype) -> "ProcessData":
        """The same numbers in another precision."""
        return replace(
            self,
            x=self.x.to(dtype),
            scores=self.scores.to(dtype),
            z=self.z.to(dtype),
            sampling=self.sampling.to(dtype),
        )


def covariance(data: ProcessData, weights: Hyperparameters) -> Float[Tensor, "runs runs"]:
    """The covariance of the recorded scores, noise included."""
    return cross(data, data, weights) + torch.diag(noise(data, weights))


def cross(left: ProcessData, right: ProcessData, weights: Hyperparameters) -> Float[Tensor, "left right"]:
    """The covariance of the scores of some runs with those of others, without noise."""
    similar = (left.x * weights.decisions.exp()[left.decision_of]) @ right.x.T
    dtype = similar.dtype
    own = (left.of_task[:, None] == right.of_task[None]).to(dtype)
    kin = (left.family[left.of_task][:, None] == right.family[right.of_task][None]).to(dtype)
    moved = (left.z[left.of_task] * weights.features.exp()) @ right.z[right.of_task].T
    tasks = 1.0 + moved + weights.own.exp() * own + weights.kin.exp() * kin
    return (similar + weights.square.exp() * similar.square()) * tasks + weights.level.exp() * own


def noise(data: ProcessData, weights: Hyperparameters) -> Float[Tensor, " runs"]:
    """The variance of each run's score that nothing explains."""
    return _LEAST_NOISE + weights.noise.exp() + weights.sampling.exp() * data.sampling[data.of_task]


def surprise(data: ProcessData, weights: Hyperparameters) -> Float[Tensor, ""]:
    """Minus the log marginal likelihood of the scores less the log prior, but for a constant."""
    matrix = covariance(data, weights)
    factor = torch.linalg.cholesky(matrix.detach())
    solved = torch.cholesky_solve(data.scores.unsqueeze(1), factor)
    value = 0.5 * (data.scores @ solved).sum() + factor.diagonal().log().sum()
    # The gradient is tr(G dK) / 2 with G = K^-1 - K^-1 y y' K^-1: one inverse costs less than
    # differentiating the factorisation, and the last difference adds nothing to the value.
    slope = torch.cholesky_inverse(factor) - solved @ solved.T
    moved = 0.5 * (slope * matrix).sum()
    total: Tensor = value + moved - moved.detach() + weights.improbability()
    return total
