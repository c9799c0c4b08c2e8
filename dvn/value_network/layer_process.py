"""A Gaussian process over what the layers of a `relaxed_ffnn` child add up to, and what its task looks like.

The kernel is a product: that of two architectures is a radial basis function of their layer summaries, that
of two tasks is rho + (1 - rho) times one of their hand-made meta-features, so that rho is what tasks have
in common. Each task has its own noise, since a validation part of a hundred texts measures less well than
one of thousands. Its mean, v(u, z), is smooth in u, and gradient ascent climbs it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dvn.architecture.layer_summary import LayerSummary
from dvn.metafeatures import TaskDescription
from dvn.value_network.observations import EmptyExperienceError, Standardiser
from dvn.value_network.paper_network import normalised
from dvn.value_network.snapshot import Experience

_TUNED_ON = 800
_TUNE_STEPS = 40
_TUNE_RATE = 0.1
_LEAST_NOISE = 1e-3
_MOST_SCALES = 4.0
"""Beyond that many standard deviations, no summary is told apart."""


@dataclass(frozen=True, slots=True)
class _Kernel:
    """Logarithms and logits of the kernel's parameters; `rho` is None where tasks are not told apart."""

    amplitude: Tensor
    reach: Tensor
    noise: Float[Tensor, " tasks"]
    task_reach: Tensor
    rho: Tensor | None

    def values(self) -> tuple[Tensor | None, ...]:
        """The parameters in the order of their names here."""
        return self.amplitude, self.reach, self.noise, self.task_reach, self.rho

    def frozen(self) -> "_Kernel":
        """The same kernel, which no gradient flows to."""
        values = [None if value is None else value.detach() for value in self.values()]
        return _Kernel(*values)  # type: ignore[arg-type]  # only rho may be None

    def between(
        self,
        left: tuple[Float[Tensor, "left features"], Float[Tensor, "left handmade"]],
        right: tuple[Float[Tensor, "right features"], Float[Tensor, "right handmade"]],
    ) -> Float[Tensor, "left right"]:
        """The covariance of scores, noise apart; distances are mean squares over the features."""
        near = torch.exp(self.amplitude - 0.5 * _gaps(left[0], right[0]) * torch.exp(-2 * self.reach))
        if self.rho is None:
            return near
        alike = torch.exp(-0.5 * _gaps(left[1], right[1]) * torch.exp(-2 * self.task_reach))
        shared = torch.sigmoid(self.rho)
        return near * (shared + (1.0 - shared) * alike)


@dataclass(frozen=True, slots=True)
class LayerProcess:
    """The fitted process; `weights` are the kernel's inverse times the known scores."""

    kernel: _Kernel
    mean: Float[Tensor, " features"]
    scale: Float[Tensor, " features"]
    standardiser: Standardiser
    known: tuple[Float[Tensor, "runs features"], Float[Tensor, "runs handmade"]]
    weights: Float[Tensor, " runs"]

    def describe(self, description: TaskDescription) -> Float[Tensor, " handmade"]:
        """Z of a task: its standardised hand-made meta-features."""
        return torch.from_numpy(self.standardiser(description.handmade))

    def score(self, u: Float[Tensor, "rows logits"], z: Float[Tensor, " handmade"]) -> Float[Tensor, " rows"]:
        """Expected normalised scores of points u on a task; smooth in u."""
        summaries = _standard(LayerSummary()(u), self.mean, self.scale)
        asked = (summaries, z.unsqueeze(0).expand(len(u), -1))
        return self.kernel.between(asked, self.known) @ self.weights


def fit_layer_process(experience: Experience, *, seed: int = 0, reads_task: bool = True) -> LayerProcess:
    """The process fitted to all runs; its parameters maximise the likelihood of a seeded part of them.

    Raises:
        EmptyExperienceError: There is no run in it.
    """
    if not experience.runs:
        raise EmptyExperienceError(experience.space)
    summaries = _summaries(experience)
    mean, scale = summaries.mean(dim=0), summaries.std(dim=0).clamp(min=1e-3)
    of_task = torch.tensor([run.task for run in experience.runs])
    handmade = np.stack([task.description.handmade for task in experience.tasks])
    standardiser = Standardiser.of(handmade)
    known = (_standard(summaries, mean, scale), torch.from_numpy(standardiser(handmade))[of_task])
    scores = _scores(experience)
    generator = torch.Generator().manual_seed(seed)
    part = torch.randperm(len(scores), generator=generator)[:_TUNED_ON]
    kernel = _tuned((known[0][part], known[1][part]), scores[part], of_task[part], reads_task=reads_task)
    factor = _factor(kernel, known, of_task)
    weights = torch.cholesky_solve(scores.double().unsqueeze(1), factor).squeeze(1).float()
    return LayerProcess(kernel, mean, scale, standardiser, known, weights)


def _tuned(
    known: tuple[Tensor, Tensor],
    scores: Float[Tensor, " runs"],
    of_task: Int[Tensor, " runs"],
    *,
    reads_task: bool,
) -> _Kernel:
    kernel = _Kernel(
        amplitude=torch.tensor(0.0, requires_grad=True),
        reach=torch.tensor(0.5, requires_grad=True),
        noise=torch.full((int(of_task.max()) + 1,), -1.0, requires_grad=True),
        task_reach=torch.tensor(0.0, requires_grad=True),
        rho=torch.tensor(1.0, requires_grad=True) if reads_task else None,
    )
    parameters = [value for value in kernel.values() if value is not None]
    optimiser = torch.optim.Adam(parameters, lr=_TUNE_RATE)
    for _ in range(_TUNE_STEPS):
        optimiser.zero_grad()
        factor = _factor(kernel, known, of_task)
        white = torch.linalg.solve_triangular(factor, scores.double().unsqueeze(1), upper=False)
        loss = 0.5 * white.square().sum() + factor.diagonal().log().sum()
        loss.backward()
        optimiser.step()
    return kernel.frozen()


def _factor(
    kernel: _Kernel, known: tuple[Tensor, Tensor], of_task: Int[Tensor, " runs"]
) -> Float[Tensor, "runs runs"]:
    """The Cholesky factor of the covariance of noisy scores.

    In double precision: thousands of like architectures and little noise leave single no digits.
    """
    noise = torch.exp(kernel.noise)[of_task] + _LEAST_NOISE
    covariance = kernel.between(known, known) + torch.diag(noise)
    factor: Tensor = torch.linalg.cholesky(covariance.double())
    return factor


def _summaries(experience: Experience) -> Float[Tensor, "runs features"]:
    summary = LayerSummary()
    vertices = summary.relaxation.vertices(run.architecture for run in experience.runs)
    return summary(torch.from_numpy(vertices))


def _scores(experience: Experience) -> Float[Tensor, " runs"]:
    """Normalised within each task, in the order of the runs."""
    of_task = np.array([run.task for run in experience.runs])
    raw = np.array([run.validation_accuracy for run in experience.runs])
    scores = np.empty(len(raw), dtype=np.float32)
    for place in range(len(experience.tasks)):
        rows = of_task == place
        scores[rows] = normalised(raw[rows].tolist())
    return torch.from_numpy(scores)


def _standard(
    summaries: Float[Tensor, "rows features"],
    mean: Float[Tensor, " features"],
    scale: Float[Tensor, " features"],
) -> Float[Tensor, "rows features"]:
    return ((summaries - mean) / scale).clamp(-_MOST_SCALES, _MOST_SCALES)


def _gaps(
    left: Float[Tensor, "left features"], right: Float[Tensor, "right features"]
) -> Float[Tensor, "left right"]:
    """Mean squared differences, without a tensor of all differences."""
    squares = left.square().sum(dim=1, keepdim=True) + right.square().sum(dim=1)
    return (squares - 2.0 * left @ right.T).clamp(min=0.0) / left.shape[1]
