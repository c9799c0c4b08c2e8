"""Normalised scores become the coefficients of a value form: the mean of a Gaussian process.

The hyperparameters are those of the greatest marginal likelihood (with a wide prior) on random subsets of
the runs; the coefficients then solve the normal equations of all runs at once. As the covariance is a
polynomial in the decision features and linear in the task features, the mean at a task never seen is

    v(u, z) = sum_f z_f (x . linear_f + x . square_f x),    z_0 = 1,

so nothing of the runs is needed to evaluate it: one main effect for each choice and one interaction for
each pair of choices, and how each moves with each task feature.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dvn.value_network.process_kernel import Hyperparameters, ProcessData, cross, noise, surprise

EXACT_RUNS = 4_000
"""Up to here the normal equations are solved in double precision; beyond, single halves time and memory."""

TUNE_RATE = 0.15
TUNE_RUNS = 1_200
"""The size of the random subsets that hyperparameters are tuned on."""

STEPS_A_SUBSET = 2
"""Many subsets, not many steps on few: on 104 tasks left out, Spearman 0.713 after 0.699 with 15 on 800."""
_ROWS_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The value form in numbers; index zero of the first dimension is what holds for every task."""

    linear: Float[Tensor, "forms logits"]
    square: Float[Tensor, "forms logits logits"]


def tune(
    data: ProcessData, steps: int, generator: np.random.Generator, *, has_own: bool = True
) -> Hyperparameters:
    """The hyperparameters that explain the scores best; single precision is enough to find them."""
    data = data.cast(torch.float32)
    weights = Hyperparameters.prior(int(data.decision_of.max()) + 1, data.z.shape[1]).cast(torch.float32)
    if not has_own:
        nothing = torch.tensor(-torch.inf)
        weights = replace(weights, own=nothing, kin=nothing)
    parameters = [tensor.requires_grad_() for tensor in weights.tensors() if tensor.isfinite().all()]
    optimiser = torch.optim.Adam(parameters, lr=TUNE_RATE)
    part = data
    for step in range(steps):
        if step % STEPS_A_SUBSET == 0 and len(data.x) > TUNE_RUNS:
            part = data.part(np.sort(generator.permutation(len(data.x))[:TUNE_RUNS]))
        optimiser.zero_grad()
        surprise(part, weights).backward()  # type: ignore[no-untyped-call]  # torch's own
        optimiser.step()
    return weights.cast(torch.float64)


def solve(data: ProcessData, weights: Hyperparameters) -> Coefficients:
    """The coefficients of the mean of the process, given all runs."""
    dtype = torch.float64 if len(data.x) <= EXACT_RUNS else torch.float32
    try:
        witness = _witness(data.cast(dtype), weights.cast(dtype))
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]  # it is there, and not exported
        # Thousands of like architectures and little noise can leave single precision no digits.
        dtype = torch.float64
        witness = _witness(data.cast(dtype), weights.cast(dtype))
    data, weights = data.cast(dtype), weights.cast(dtype)
    scale = weights.decisions.exp()[data.decision_of]
    weighted = data.x * scale
    of_feature = torch.cat([torch.ones(len(data.z), 1, dtype=dtype), data.z * weights.features.exp()], dim=1)
    # Row f holds each run's share in the coefficients that task feature f multiplies.
    shares = of_feature.T[:, data.of_task] * witness
    linear = shares @ weighted
    square = torch.stack([(weighted.T * share) @ weighted for share in shares]) * weights.square.exp()
    return Coefficients(linear, square)


def _witness(data: ProcessData, weights: Hyperparameters) -> Float[Tensor, " runs"]:
    """The inverse of the covariance times the scores; the matrix is filled in place, some rows at a time."""
    number = len(data.x)
    matrix = torch.empty(number, number, dtype=data.x.dtype)
    for start in range(0, number, _ROWS_AT_A_TIME):
        rows = np.arange(start, min(start + _ROWS_AT_A_TIME, number))
        matrix[start : start + len(rows)] = cross(data.part(rows), data, weights)
    matrix.diagonal().add_(noise(data, weights))
    torch.linalg.cholesky(matrix, out=matrix)
    return torch.cholesky_solve(data.scores.unsqueeze(1), matrix).squeeze(1)
