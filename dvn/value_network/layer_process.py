"""A Gaussian process over what the layers of a `relaxed_ffnn` child add up to, and what its task looks like.

The kernel is a product: that of two architectures is a radial basis function of their layer summaries, each
number with a reach of its own; that of two tasks is rho + (1 - rho) times one of a few meta-features, so
that rho is what tasks have in common. Each task has its own noise, since a validation part of a hundred
texts measures less well than one of thousands. Where a task has landmarkers, how well each embedding
module suits it is one more number of an architecture: gamma times what the module's landmarker has beyond
the others'. The mean of the process, v(u, z), is smooth in u, and gradient ascent climbs it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dvn.architecture.layer_summary import LayerSummary
from dvn.architecture.relaxed_ffnn import MODULES
from dvn.metafeatures import TaskDescription
from dvn.metafeatures.landmarkers import ENCODERS, STATIC
from dvn.value_network.observations import EmptyExperienceError
from dvn.value_network.paper_network import normalised
from dvn.value_network.snapshot import Experience
from dvn.value_network.task_features import HANDMADE, TaskFeatures

_TUNED_ON = 800
_TUNE_STEPS = 40
_TUNE_RATE = 0.1
_LEAST_NOISE = 1e-3
_LEAST_SPREAD = 0.03
"""Log odds: modules that differ by less hardly differ."""

_START_REACH = 2.0
"""The logarithm of a reach of seven deviations: near to linear."""

_GROUPS = (HANDMADE, STATIC, ENCODERS)
NUMBERS = ("log_rows", "log_words", "static_more_rows", "encoders_explained")
"""How much there is to learn from, whether more of it helps, and how much of it can be learned."""

_MOST_SCALES = 4.0
"""Beyond that many standard deviations, no summary is told apart."""


@dataclass(frozen=True, slots=True)
class _Kernel:
    """Logarithms and a logit of the kernel's parameters; `rho` is None where tasks are not told apart."""

    amplitude: Tensor
    reach: Float[Tensor, " features"]
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
        """The covariance of scores, noise apart."""
        reach = torch.exp(-self.reach)
        near = torch.exp(self.amplitude - 0.5 * _gaps(left[0] * reach, right[0] * reach))
        if self.rho is None:
            return near
        alike = torch.exp(-0.5 * _gaps(left[1], right[1]) * torch.exp(-2 * self.task_reach))
        shared = torch.sigmoid(self.rho)
        return near * (shared + (1.0 - shared) * alike)


@dataclass(frozen=True, slots=True)
class TaskNumbers:
    """What the process reads of a task: standardised numbers, and how well each module suits it."""

    z: Float[Tensor, " numbers"]
    suits: Float[Tensor, " modules"]


@dataclass(frozen=True, slots=True)
class LayerProcess:
    """The fitted process; `weights` are the kernel's inverse times the known scores."""

    kernel: _Kernel
    mean: Float[Tensor, " features"]
    scale: Float[Tensor, " features"]
    features: TaskFeatures | None
    known: tuple[Float[Tensor, "runs features"], Float[Tensor, "runs numbers"]]
    weights: Float[Tensor, " runs"]

    def describe(self, description: TaskDescription) -> TaskNumbers:
        """What is read of a task."""
        return _described(self.features, [description])[0]

    def score(self, u: Float[Tensor, "rows logits"], task: TaskNumbers) -> Float[Tensor, " rows"]:
        """Expected normalised scores of points u on a task; smooth in u."""
        read = _standard(_read(u, task.suits), self.mean, self.scale)
        asked = (read, task.z.unsqueeze(0).expand(len(u), -1))
        return self.kernel.between(asked, self.known) @ self.weights


def fit_layer_process(experience: Experience, *, seed: int = 0, reads_task: bool = True) -> LayerProcess:
    """The process fitted to all runs; its parameters maximise the likelihood of a seeded part of them.

    Raises:
        EmptyExperienceError: There is no run in it.
    """
    if not experience.runs:
        raise EmptyExperienceError(experience.space)
    descriptions = [task.description for task in experience.tasks]
    features = _chosen(TaskFeatures.of(descriptions, _GROUPS)) if reads_task else None
    tasks = _described(features, descriptions)
    of_task = torch.tensor([run.task for run in experience.runs])
    vertices = LayerSummary().relaxation.vertices(run.architecture for run in experience.runs)
    read = _read(torch.from_numpy(vertices), torch.stack([task.suits for task in tasks])[of_task])
    mean, scale = read.mean(dim=0), read.std(dim=0).clamp(min=1e-3)
    known = (_standard(read, mean, scale), torch.stack([task.z for task in tasks])[of_task])
    scores = _scores(experience)
    generator = torch.Generator().manual_seed(seed)
    part = torch.randperm(len(scores), generator=generator)[:_TUNED_ON]
    kernel = _tuned((known[0][part], known[1][part]), scores[part], of_task[part], reads_task=reads_task)
    factor = _factor(kernel, known, of_task)
    weights = torch.cholesky_solve(scores.double().unsqueeze(1), factor).squeeze(1).float()
    return LayerProcess(kernel, mean, scale, features, known, weights)


def _chosen(features: TaskFeatures) -> TaskFeatures:
    """Of all the numbers of a task those that the process reads, as far as they are known."""
    places = features.places(NUMBERS)
    names = tuple(features.names[place] for place in places)
    return TaskFeatures(names, features.mean[places], features.scale[places])


def _described(features: TaskFeatures | None, descriptions: Sequence[TaskDescription]) -> list[TaskNumbers]:
    """Without features, a task that is like any other."""
    if features is None:
        return [TaskNumbers(torch.zeros(0), torch.zeros(len(MODULES))) for _ in descriptions]
    rows = torch.from_numpy(features(descriptions)).float()
    return [TaskNumbers(row, _suits(each)) for row, each in zip(rows, descriptions, strict=True)]


def _suits(description: TaskDescription) -> Float[Tensor, " modules"]:
    """What each module's landmarker has beyond the mean of all, in their spread; zeros without them."""
    found = [description.landmarkers.get(f"{name}_beyond", math.nan) for name in MODULES]
    beyond = torch.tensor(found)
    if not torch.isfinite(beyond).all():
        return torch.zeros(len(MODULES))
    return (beyond - beyond.mean()) / beyond.std().clamp(min=_LEAST_SPREAD)


def _read(
    u: Float[Tensor, "rows logits"], suits: Float[Tensor, "*rows modules"]
) -> Float[Tensor, "rows features"]:
    """The summary of each point, and how well its modules suit its task."""
    summary = LayerSummary()
    gamma = u[:, summary.relaxation.blocks["embedding"]]
    return torch.cat([summary(u), (gamma * suits).sum(dim=1, keepdim=True)], dim=1)


def _tuned(
    known: tuple[Tensor, Tensor],
    scores: Float[Tensor, " runs"],
    of_task: Int[Tensor, " runs"],
    *,
    reads_task: bool,
) -> _Kernel:
    kernel = _Kernel(
        amplitude=torch.tensor(0.0, requires_grad=True),
        reach=torch.full((known[0].shape[1],), _START_REACH, requires_grad=True),
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
    """Squared differences, without a tensor of all differences."""
    squares = left.square().sum(dim=1, keepdim=True) + right.square().sum(dim=1)
    return (squares - 2.0 * left @ right.T).clamp(min=0.0)
