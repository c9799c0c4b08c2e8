"""v(u, z): the predicted score, cost and level of architectures on a task, as an ensemble in one batch.

Every weight has a leading `members` dimension, so that an ensemble costs one pass. The task part
follows eq. 1 of Kokiopoulou et al. (2019), v(u, z) = rho(u, sum over x of phi(x)), with phi over (text
vector, label): samples are pooled within each class and classes are pooled across the task, so that
neither the order of samples nor the names or number of the classes matter.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

COSTS = 2
"""Predicted costs: log seconds to train, log bytes of the bundle."""


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Widths of the network; all that is needed to rebuild it before loading weights."""

    members: int
    logits: int
    handmade: int
    dimensions: int = 64
    sample_hidden: int = 50
    class_hidden: int = 50
    task: int = 16
    trunk: int = 64
    factors: int = 12
    reads_sample: bool = True
    reads_handmade: bool = True


class EnsembleLinear(nn.Module):
    """One linear layer for each member: (members, rows, inputs) to (members, rows, outputs)."""

    def __init__(self, members: int, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = (3.0 / max(inputs, 1)) ** 0.5
        weight = (torch.rand(members, inputs, outputs, generator=generator) * 2 - 1) * bound
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(self, rows: Float[Tensor, "members rows inputs"]) -> Float[Tensor, "members rows outputs"]:
        """Each member's own rows through its own weights."""
        return torch.baddbmm(self.bias, rows, self.weight)


@dataclass(frozen=True, slots=True)
class SampleBatch:
    """Samples of one task for each member, and how they average into classes.

    Attributes:
        vectors: Text vectors with about unit mean square.
        averaging: Row c averages the samples of class c; zero rows are padding.
        shares: Each class's share of the samples; zero for padding.
    """

    vectors: Float[Tensor, "members samples dimensions"]
    averaging: Float[Tensor, "members classes samples"]
    shares: Float[Tensor, "members classes 1"]


class SetEncoder(nn.Module):
    """The learned meta-features: labelled samples of a task to one vector, in whatever order they come."""

    def __init__(self, shape: NetworkShape, generator: torch.Generator) -> None:
        super().__init__()
        self.of_sample = EnsembleLinear(shape.members, shape.dimensions, shape.sample_hidden, generator)
        self.of_class = EnsembleLinear(
            shape.members, 2 * shape.sample_hidden + 2, shape.class_hidden, generator
        )
        self.of_task = EnsembleLinear(shape.members, 2 * shape.class_hidden, shape.task, generator)

    def forward(self, batch: SampleBatch) -> Float[Tensor, "members task"]:
        """One vector a member: phi over samples, mean within classes, mean and weighted mean across them.

        A task without a sample is nothing: zeros, through which no gradient reaches the encoder.
        """
        hidden = torch.nn.functional.gelu(self.of_sample(batch.vectors))
        means = batch.averaging @ hidden
        centre = (batch.shares * means).sum(dim=1, keepdim=True)
        exists = (batch.shares > 0).to(hidden.dtype)
        number = exists.sum(dim=1, keepdim=True).clamp(min=1.0)
        logs = torch.log(batch.shares.clamp(min=1e-4)) * exists
        features = torch.cat(
            [means - centre, centre.expand_as(means), logs, torch.log(number).expand_as(logs)], dim=2
        )
        classes = torch.nn.functional.gelu(self.of_class(features)) * exists
        pooled = torch.cat(
            [classes.sum(dim=1, keepdim=True) / number, (batch.shares * classes).sum(dim=1, keepdim=True)], 2
        )
        return torch.tanh(self.of_task(pooled)).squeeze(1) * exists.amax(dim=1)


@dataclass(frozen=True, slots=True)
class TaskVector:
    """z of one task for each member, and what the heads on it say of the task's own scores."""

    z: Float[Tensor, "members task"]
    level: Float[Tensor, " members"]
    spread: Float[Tensor, " members"]


class ValueNetwork(nn.Module):
    """The ensemble: `describe` turns a task into z, `score` values architectures on it."""

    def __init__(self, shape: NetworkShape, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        members = shape.members
        self.set_encoder = SetEncoder(shape, generator) if shape.reads_sample else None
        self.of_handmade = (
            EnsembleLinear(members, shape.handmade, shape.task, generator) if shape.reads_handmade else None
        )
        self.of_level = EnsembleLinear(members, 2 * shape.task, 2, generator)
        self.trunk_in = EnsembleLinear(members, shape.logits, shape.trunk, generator)
        self.trunk_out = EnsembleLinear(members, shape.trunk, shape.trunk, generator)
        self.main = EnsembleLinear(members, shape.trunk, 1 + COSTS, generator)
        self.factors = EnsembleLinear(members, shape.trunk, shape.factors, generator)
        self.weights = EnsembleLinear(members, 2 * shape.task, shape.factors + COSTS, generator)
        with torch.no_grad():
            self.weights.weight.mul_(0.3)  # The interaction starts small beside the main effect.

    def describe(self, batch: SampleBatch | None, handmade: Float[Tensor, "members handmade"]) -> TaskVector:
        """Z of one task for each member: the learned half beside the hand-made half."""
        members, width = self.shape.members, self.shape.task
        nothing = handmade.new_zeros(members, width)
        learned = nothing if self.set_encoder is None or batch is None else self.set_encoder(batch)
        made = nothing
        if self.of_handmade is not None:
            made = torch.tanh(self.of_handmade(handmade.unsqueeze(1))).squeeze(1)
        z = torch.cat([learned, made], dim=1)
        head = self.of_level(z.unsqueeze(1)).squeeze(1)
        return TaskVector(z, head[:, 0], head[:, 1])

    def score(
        self, u: Float[Tensor, "members rows logits"], z: Float[Tensor, "members task"]
    ) -> tuple[Float[Tensor, "members rows"], Float[Tensor, "members rows costs"]]:
        """Normalised score and log costs of architectures, given as weighted relaxed vectors.

        The score is a main effect plus a low-rank interaction, rho(u, z) = a(u) + <b(u), c(z)>.
        """
        hidden = torch.nn.functional.gelu(self.trunk_in(u))
        hidden = hidden + torch.nn.functional.gelu(self.trunk_out(hidden))
        main = self.main(hidden)
        weights = self.weights(z.unsqueeze(1))
        factors = self.shape.factors
        interaction = (self.factors(hidden) * weights[..., :factors]).sum(dim=2)
        return main[..., 0] + interaction, main[..., 1:] + weights[..., factors:]


def sample_batch(
    vectors: Float[Tensor, "members samples dimensions"],
    classes: Int[Tensor, "members samples"],
    number: int,
) -> SampleBatch:
    """Samples with their class numbers (-1 is padding) as a batch of `number` classes."""
    one_hot = (classes.unsqueeze(1) == torch.arange(number).view(1, -1, 1)).to(vectors.dtype)
    counts = one_hot.sum(dim=2, keepdim=True)
    total = counts.sum(dim=1, keepdim=True).clamp(min=1.0)
    return SampleBatch(vectors, one_hot / counts.clamp(min=1.0), counts / total)
