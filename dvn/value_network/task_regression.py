"""Task features become a number of a task never seen, with how much to trust it: a small Gaussian process.

One point a task. The covariance is linear in each feature by a weight of its own, plus a smooth term in all
of them together, plus one for tasks of one family; the weights are those of the greatest marginal likelihood.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

RATE = 0.1
_FEATURE_LOG, _SMOOTH_LOG, _REACH_LOG, _KIN_LOG, _NOISE_LOG = -3.5, -1.0, 0.0, -1.0, -1.0
_PRIOR_VARIANCE = 2.0
_SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class TaskRegression:
    """A fitted process over tasks; `known` are their features, `root` the inverse Cholesky factor.

    Attributes:
        known: Standardised features of the tasks.
        features: The weight of each feature in the linear part.
        smooth: Weight and reach of the smooth part, then weight of kin and of noise.
        root: L^-1 of the covariance L L^T of the known tasks.
        solved: The covariance's inverse times the standardised targets.
        scaling: Mean and spread of the targets.
    """

    known: Float[Tensor, "tasks features"]
    features: Float[Tensor, " features"]
    smooth: Float[Tensor, "4"]
    root: Float[Tensor, "tasks tasks"]
    solved: Float[Tensor, " tasks"]
    scaling: Float[Tensor, "2"]

    def __call__(
        self, z: Float[Tensor, "rows features"]
    ) -> tuple[Float[Tensor, " rows"], Float[Tensor, " rows"]]:
        """The expected number of each task and its standard deviation, noise included."""
        z = z.to(self.known.dtype)
        cross = _similarity(z, self.known, self.features, self.smooth)
        own = _similarity(z, z, self.features, self.smooth).diagonal() + self.smooth[2:].sum()
        variance = own - (cross @ self.root.T).square().sum(dim=1)
        mean, spread = self.scaling
        return mean + spread * (cross @ self.solved), spread * variance.clamp(min=1e-6).sqrt()


def regress(
    z: Float[Tensor, "tasks features"],
    targets: Float[Tensor, " tasks"],
    family: Int[Tensor, " tasks"],
    *,
    steps: int,
) -> TaskRegression:
    """The process fitted to one number a task in so many steps, in double precision."""
    z, targets = z.double(), targets.double()
    mean = targets.mean()
    spread = (targets - mean).square().mean().sqrt().clamp(min=_SMALLEST_SPREAD)
    normal = ((targets - mean) / spread).unsqueeze(1)
    kin = (family[:, None] == family[None]).double()
    start = [
        torch.full((z.shape[1],), _FEATURE_LOG, dtype=torch.float64),
        torch.tensor([_SMOOTH_LOG, _REACH_LOG, _KIN_LOG, _NOISE_LOG], dtype=torch.float64),
    ]
    logs = [tensor.clone().requires_grad_() for tensor in start]
    optimiser = torch.optim.Adam(logs, lr=RATE)
    for _ in range(steps):
        optimiser.zero_grad()
        factor = torch.linalg.cholesky(_covariance(z, kin, logs[0].exp(), logs[1].exp()))
        solved = torch.cholesky_solve(normal, factor)
        prior = torch.stack([(log - first).square().sum() for log, first in zip(logs, start, strict=True)])
        loss = 0.5 * (normal * solved).sum() + factor.diagonal().log().sum()
        (loss + prior.sum() / (2.0 * _PRIOR_VARIANCE)).backward()
        optimiser.step()
    features, smooth = (log.detach().exp() for log in logs)
    factor = torch.linalg.cholesky(_covariance(z, kin, features, smooth))
    root = torch.linalg.solve_triangular(factor, torch.eye(len(z), dtype=torch.float64), upper=False)
    solved = torch.cholesky_solve(normal, factor).squeeze(1)
    return TaskRegression(z, features, smooth, root, solved, torch.stack([mean, spread]))


def _covariance(
    z: Float[Tensor, "tasks features"],
    kin: Float[Tensor, "tasks tasks"],
    features: Float[Tensor, " features"],
    smooth: Float[Tensor, "4"],
) -> Float[Tensor, "tasks tasks"]:
    noise = torch.eye(len(z), dtype=z.dtype) * (smooth[3] + 1e-6)
    return _similarity(z, z, features, smooth) + smooth[2] * kin + noise


def _similarity(
    left: Float[Tensor, "left features"],
    right: Float[Tensor, "right features"],
    features: Float[Tensor, " features"],
    smooth: Float[Tensor, "4"],
) -> Float[Tensor, "left right"]:
    linear = (left * features) @ right.T
    # Without any feature all tasks are alike; the mean of nothing would be no number.
    gaps = (left.unsqueeze(1) - right.unsqueeze(0)).square().sum(dim=2) / max(left.shape[1], 1)
    return linear + smooth[0] * torch.exp(-0.5 * gaps / smooth[1].square())
