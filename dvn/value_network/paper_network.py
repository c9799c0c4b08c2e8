"""The value network as Kokiopoulou et al. (2019) describe it, fitted by their Algorithm 1.

Two layers of 50 for the task, phi; two of 50 and 10 for the value, rho; L2 loss; stochastic gradient
descent with momentum 0.5 and rate 1e-4; kOuterIters 1, kInnerIters 2 (section 5.1). What the paper leaves
open is ours: ReLU; mini-batches of 50 runs; large batches of 256 samples, averaged where eq. 1 sums, which a
fixed size makes the same; a sample is its text vector beside the one-hot number of its class. The rate is
ten times the paper's and the iterations are that many fewer: steps this small follow the gradient's flow,
so that both end in the same place.

Members are repeats: independent networks, each with its own weights and batches, that share one pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from dvn.architecture import Relaxation, get_space
from dvn.metafeatures import TaskDescription
from dvn.value_network.network import EnsembleLinear
from dvn.value_network.observations import MIN_SPREAD, EmptyExperienceError, padded
from dvn.value_network.snapshot import Experience

CLASSES = 32
"""One-hot places for the number of a class; classes beyond them share the last."""

INNER_STEPS = 2
"""kInnerIters of the paper: gradient steps for each mini-batch, each on another batch of samples."""

_PHI, _RHO = (50, 50), (50, 10)
_MOMENTUM = 0.5


@dataclass(frozen=True, slots=True)
class PaperOptions:
    """How the paper's network is fitted; 1e-4 is the rate that the paper gives, for ten times as long."""

    iterations: int = 2_500
    rate: float = 1e-3
    runs_in_batch: int = 50
    samples_in_batch: int = 256
    reads_sample: bool = True


class PaperNetwork(nn.Module):
    """v(u, z) = rho(u, mean of phi(x)) (eq. 1), once for each member."""

    def __init__(
        self, shape: tuple[int, int, int], generator: torch.Generator, *, reads_sample: bool
    ) -> None:
        """A network of (members, logits, numbers of a sample)."""
        super().__init__()
        members, logits, inputs = shape
        self.members, self.reads_sample = members, reads_sample
        self.phi = _layers(members, (inputs, *_PHI), generator)
        self.rho = _layers(members, (logits + _PHI[-1] * reads_sample, *_RHO, 1), generator)

    def describe(self, samples: Float[Tensor, "members samples inputs"]) -> Float[Tensor, "members task"]:
        """Z, the pooled samples of one task for each member."""
        hidden = samples
        for layer in self.phi:
            hidden = torch.relu(layer(hidden))
        return hidden.mean(dim=1)

    def score(
        self, u: Float[Tensor, "members rows logits"], z: Float[Tensor, "members task"] | None
    ) -> Float[Tensor, "members rows"]:
        """Normalised scores of points u on a task."""
        hidden = u
        if z is not None and self.reads_sample:
            hidden = torch.cat([u, z.unsqueeze(1).expand(-1, u.shape[1], -1)], dim=2)
        for layer in self.rho[:-1]:
            hidden = torch.relu(layer(hidden))
        values: Tensor = self.rho[-1](hidden)
        return values.squeeze(2)


def _layers(members: int, widths: Sequence[int], generator: torch.Generator) -> nn.ModuleList:
    return nn.ModuleList(EnsembleLinear(members, *pair, generator) for pair in pairwise(widths))


@dataclass(frozen=True, slots=True)
class _Known:
    """What fitting reads, task by task: vertices, scores normalised within the task, samples for phi."""

    u: list[Float[Tensor, "runs logits"]]
    scores: list[Float[Tensor, " runs"]]
    inputs: Float[Tensor, "tasks samples inputs"]
    sizes: Int[Tensor, " tasks"]


def fit_paper_network(
    experience: Experience, *, members: int, seed: int, options: PaperOptions
) -> PaperNetwork:
    """Members fitted to all tasks of the experience by Algorithm 1; validation scores only.

    Raises:
        EmptyExperienceError: There is no run in it.
    """
    if not experience.runs:
        raise EmptyExperienceError(experience.space)
    generator = torch.Generator().manual_seed(seed)
    known = _known(experience)
    shape = (members, known.u[0].shape[1], known.inputs.shape[2])
    network = PaperNetwork(shape, generator, reads_sample=options.reads_sample)
    optimiser = torch.optim.SGD(network.parameters(), lr=options.rate, momentum=_MOMENTUM)
    for _ in range(options.iterations):
        tasks = torch.randint(len(known.u), (members,), generator=generator)
        points, scores = _runs(known, tasks, options, generator)
        for _ in range(INNER_STEPS):
            z = None
            if options.reads_sample:
                z = network.describe(_samples(known, tasks, options, generator))
            optimiser.zero_grad()
            # A sum over members: each one's gradient is that of its own mean squared error.
            loss = functional.mse_loss(network.score(points, z), scores, reduction="none").mean(1).sum()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own
            optimiser.step()
    return network.requires_grad_(requires_grad=False).eval()


def normalised(scores: Sequence[float]) -> Float[np.ndarray, " runs"]:
    """Scores of one task less their mean, in units of their spread (section 5.1)."""
    values = np.array(scores)
    result: np.ndarray = ((values - values.mean()) / max(float(values.std()), MIN_SPREAD)).astype(np.float32)
    return result


def sample_inputs(
    description: TaskDescription, rows: Int[Tensor, " samples"] | None = None
) -> Float[Tensor, "samples inputs"]:
    """What phi reads of a task's samples, or of some of them."""
    vectors, classes = padded([description])
    inputs = _inputs(vectors, classes)[0]
    return inputs if rows is None else inputs[rows]


def _known(experience: Experience) -> _Known:
    relaxation = Relaxation(get_space(experience.space))
    u, scores = [], []
    for place in range(len(experience.tasks)):
        runs = [run for run in experience.runs if run.task == place]
        u.append(torch.from_numpy(relaxation.vertices(run.architecture for run in runs)))
        scores.append(torch.from_numpy(normalised([run.validation_accuracy for run in runs])))
    vectors, classes = padded([task.description for task in experience.tasks])
    return _Known(u, scores, _inputs(vectors, classes), (classes >= 0).sum(dim=1))


def _inputs(
    vectors: Float[Tensor, "tasks samples dimensions"], classes: Int[Tensor, "tasks samples"]
) -> Float[Tensor, "tasks samples inputs"]:
    """Text vectors of about unit mean square, beside the one-hot class."""
    one_hot = functional.one_hot(classes.clamp(min=0, max=CLASSES - 1), CLASSES).to(vectors.dtype)
    return torch.cat([vectors, one_hot], dim=2)


def _runs(
    known: _Known, tasks: Int[Tensor, " members"], options: PaperOptions, generator: torch.Generator
) -> tuple[Float[Tensor, "members rows logits"], Float[Tensor, "members rows"]]:
    points, scores = [], []
    for task in tasks.tolist():
        rows = torch.randint(len(known.u[task]), (options.runs_in_batch,), generator=generator)
        points.append(known.u[task][rows])
        scores.append(known.scores[task][rows])
    return torch.stack(points), torch.stack(scores)


def _samples(
    known: _Known, tasks: Int[Tensor, " members"], options: PaperOptions, generator: torch.Generator
) -> Float[Tensor, "members samples inputs"]:
    draws = torch.rand(len(tasks), options.samples_in_batch, generator=generator)
    return known.inputs[tasks.unsqueeze(1), (draws * known.sizes[tasks].unsqueeze(1)).long()]
