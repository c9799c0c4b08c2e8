"""Algorithm 1: observations become a fitted ensemble.

For each outer iteration a member samples a task, picks a mini-batch of that task's runs
(kOuterIters = 1), and takes kInnerIters = 2 gradient steps, each with another large batch of the task's
samples (Kokiopoulou et al., 2019, Algorithm 1 and section 5.1). Members sample tasks, runs and samples
independently and share one pass. AdamW stands in for the paper's SGD with momentum.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from dvn.metafeatures import STATIC
from dvn.value_network.network import NetworkShape, ValueNetwork
from dvn.value_network.observations import Observations
from dvn.value_network.targets import Targets
from dvn.value_network.task_features import HANDMADE

OUTER_BATCHES = 1
"""kOuterIters of the paper: mini-batches of runs from one sampled task."""

INNER_STEPS = 2
"""kInnerIters of the paper: gradient steps for each mini-batch, each on another batch of samples."""


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How a value network is fitted: the process that ships, and the network of Algorithm 1.

    The process reads `seed` and the last five: which groups of task features it reads, how many steps its
    hyperparameters are tuned, how scores are normalised, whether noise grows where few rows measured them,
    and whether tasks have terms of their own. The rest is the network's. The defaults are those that ship.
    """

    members: int = 4
    iterations: int = 1200
    runs_in_batch: int = 40
    samples_in_batch: int = 256
    rate: float = 3e-3
    weight_decay: float = 0.2
    squared: float = 1.0
    pairwise: float = 1.0
    listwise: float = 0.0
    level: float = 0.3
    cost: float = 0.3
    input_dropout: float = 0.3
    seed: int = 0
    reads_sample: bool = True
    reads_handmade: bool = True
    groups: tuple[str, ...] = (HANDMADE, STATIC)
    tune_steps: int = 120
    targets: Targets = "normal"
    knows_rows: bool = True
    has_own: bool = True


Watch = Callable[[int, int], None]


def fit(observations: Observations, options: FitOptions, *, watch: Watch | None = None) -> ValueNetwork:
    """The ensemble fitted to all tasks of the observations, in evaluation mode.

    Args:
        observations: What to learn from.
        options: Sizes and rates.
        watch: Told (iteration, iterations) now and then.
    """
    generator = torch.Generator().manual_seed(options.seed)
    shape = NetworkShape(
        members=options.members,
        logits=observations.runs[0].u.shape[1],
        handmade=observations.handmade.shape[1],
        reads_sample=options.reads_sample,
        reads_handmade=options.reads_handmade,
    )
    network = ValueNetwork(shape, generator)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=options.rate, weight_decay=options.weight_decay, fused=True
    )
    steps = options.iterations * OUTER_BATCHES * INNER_STEPS
    # A first phase of no step at all would divide by its length.
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=steps, pct_start=max(0.1, 1.5 / steps)
    )
    draw = _Draw(observations, options, generator)
    for iteration in range(options.iterations):
        tasks = torch.randint(len(observations.runs), (options.members,), generator=generator)
        for _ in range(OUTER_BATCHES):
            batch = draw.runs(tasks)
            for _ in range(INNER_STEPS):
                optimiser.zero_grad()
                loss = _loss(network, observations, batch, draw.task(tasks), options)
                loss.backward()  # type: ignore[no-untyped-call]  # torch's own
                optimiser.step()
                schedule.step()
        if watch is not None and iteration % 50 == 0:
            watch(iteration, options.iterations)
    return network.eval()


@dataclass(frozen=True, slots=True)
class _Runs:
    """A mini-batch of runs for each member, with the targets of its task."""

    u: Float[Tensor, "members runs logits"]
    scores: Float[Tensor, "members runs"]
    costs: Float[Tensor, "members runs costs"]
    level: Float[Tensor, " members"]
    spread: Float[Tensor, " members"]


@dataclass(frozen=True, slots=True)
class _Draw:
    """Random mini-batches."""

    observations: Observations
    options: FitOptions
    generator: torch.Generator

    def runs(self, tasks: Tensor) -> _Runs:
        parts = [self.observations.runs[int(task)] for task in tasks]
        size = self.options.runs_in_batch
        rows = [torch.randint(len(part.scores), (size,), generator=self.generator) for part in parts]
        pairs = list(zip(parts, rows, strict=True))
        return _Runs(
            u=torch.stack([part.u[row] for part, row in pairs]),
            scores=torch.stack([part.scores[row] for part, row in pairs]),
            costs=torch.stack([part.costs[row] for part, row in pairs]),
            level=torch.tensor([level_target(part.level) for part in parts]),
            spread=torch.tensor([spread_target(part.spread) for part in parts]),
        )

    def task(self, tasks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The tasks, rows of their samples, and hand-made features with some left out."""
        observations = self.observations
        longest = observations.vectors.shape[1]
        sizes = (observations.classes[tasks] >= 0).sum(dim=1, keepdim=True)
        number = min(self.options.samples_in_batch, longest)
        draws = torch.rand(len(tasks), number, generator=self.generator)
        handmade = observations.handmade[tasks]
        kept = torch.rand(handmade.shape, generator=self.generator) >= self.options.input_dropout
        return tasks, (draws * sizes).long(), handmade * kept / (1.0 - self.options.input_dropout)


def level_target(level: float) -> float:
    """The logit of a task's mean score, kept finite."""
    return float(torch.logit(torch.tensor(level), eps=1e-3))


def spread_target(spread: float) -> float:
    """The logarithm of a task's spread of scores, in tens of points: ln(spread / 0.1)."""
    return float(torch.log(torch.tensor(spread / 0.1)))


def _loss(
    network: ValueNetwork,
    observations: Observations,
    batch: _Runs,
    drawn: tuple[Tensor, Tensor, Tensor],
    options: FitOptions,
) -> Tensor:
    tasks, rows, handmade = drawn
    samples = observations.batch(tasks, rows) if options.reads_sample else None
    described = network.describe(samples, handmade)
    scores, costs = network.score(batch.u, described.z)
    ranking = (
        options.squared * functional.mse_loss(scores, batch.scores)
        + options.pairwise * _pairwise(scores, batch.scores)
        + options.listwise * _listwise(scores, batch.scores)
    )
    level = functional.mse_loss(described.level, batch.level) + functional.mse_loss(
        described.spread, batch.spread
    )
    cost = functional.mse_loss(costs, batch.costs)
    return ranking + options.level * level + options.cost * cost


def _pairwise(scores: Float[Tensor, "members runs"], truth: Float[Tensor, "members runs"]) -> Tensor:
    """A pairwise ranking loss, as Dubatovka et al. (2019) use one; the weight by the true gap is ours."""
    gap = truth - torch.roll(truth, 1, dims=1)
    predicted = scores - torch.roll(scores, 1, dims=1)
    return (gap.abs() * functional.softplus(-predicted * gap.sign())).mean()


def _listwise(scores: Float[Tensor, "members runs"], truth: Float[Tensor, "members runs"]) -> Tensor:
    """How unlikely the true order is where runs are drawn by the softmax of their scores, a run at a time.

    Source: ListMLE, Xia et al. (2008), by the mean over places.
    """
    ordered = scores.gather(1, truth.argsort(dim=1, descending=True))
    rest = ordered.flip(1).logcumsumexp(dim=1).flip(1)
    return (rest - ordered).mean()
