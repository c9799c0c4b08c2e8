"""Architectures become points of a polytope that ascent can climb, and points become architectures.

theta are free logits, one block for each decision; u = softmax(theta), block by block, is what the
value network sees (Kokiopoulou et al., 2019, section 3.4). A recorded architecture is a vertex;
blocks of decisions that do not exist are uniform, and weigh as much as they are likely to exist.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dvn.architecture.space import Architecture, Choice, Condition, Decision, ForbiddenCombinationError, Space


@dataclass(frozen=True)
class Relaxation:
    """The continuous form of one space; `width` logits in `len(space.decisions)` blocks."""

    space: Space

    @cached_property
    def blocks(self) -> Mapping[str, slice]:
        """Where each decision's block lies among the logits."""
        ends = np.cumsum([len(d.choices) for d in self.space.decisions])
        return {
            d.name: slice(int(end) - len(d.choices), int(end))
            for d, end in zip(self.space.decisions, ends, strict=True)
        }

    @cached_property
    def width(self) -> int:
        """The number of logits."""
        return sum(len(d.choices) for d in self.space.decisions)

    def vertex(self, architecture: Architecture) -> Float[np.ndarray, " logits"]:
        """The vertex u of an architecture: one-hot where a decision exists, uniform where it does not."""
        u = np.empty(self.width, dtype=np.float32)
        for decision in self.space.decisions:
            block = self.blocks[decision.name]
            if decision.name in architecture.decisions:
                u[block] = 0.0
                u[block.start + decision.index(architecture.decisions[decision.name])] = 1.0
            else:
                u[block] = 1.0 / len(decision.choices)
        return u

    def vertices(self, architectures: Iterable[Architecture]) -> Float[np.ndarray, "architectures logits"]:
        """The vertices of several architectures, one row each."""
        rows = [self.vertex(architecture) for architecture in architectures]
        return np.stack(rows) if rows else np.empty((0, self.width), dtype=np.float32)

    def soften(self, architecture: Architecture, *, temperature: float) -> Float[np.ndarray, " logits"]:
        """Logits theta near an architecture: its choices lead the others by 1/temperature logits.

        At a vertex the softmax has no gradient, so ascent starts from softened architectures.
        """
        leads = (self.vertex(architecture) == 1.0).astype(np.float32)
        theta: np.ndarray = leads / np.float32(temperature)
        return theta

    def softmax(self, theta: Float[Tensor, "*starts logits"]) -> Float[Tensor, "*starts logits"]:
        """The point u, the softmax of theta block by block (eq. 4's weights)."""
        rows = theta[..., self._places.clamp(min=0)].masked_fill(self._places < 0, -torch.inf)
        return torch.softmax(rows, dim=-1)[..., self._places >= 0]

    def activity(self, u: Float[Tensor, "*starts logits"]) -> Float[Tensor, "*starts decisions"]:
        """The probability that each decision exists, the blocks of u being independent."""
        certain = torch.ones(u.shape[:-1], dtype=u.dtype, device=u.device)
        exists: dict[str, Tensor] = {}
        # Decisions under the same conditions exist together: each set of conditions is worked out once.
        found: dict[tuple[Condition, ...], Tensor] = {(): certain}
        for decision in self.space.decisions:
            if decision.conditions not in found:
                absent = certain
                for condition in decision.conditions:
                    parent = self.space.by_name[condition.parent]
                    start = self.blocks[condition.parent].start
                    places = [start + parent.index(value) for value in condition.values]
                    absent = absent * (1.0 - exists[condition.parent] * u[..., places].sum(-1))
                found[decision.conditions] = 1.0 - absent
            exists[decision.name] = found[decision.conditions]
        return torch.stack([exists[d.name] for d in self.space.decisions], dim=-1)

    def weighted(self, u: Float[Tensor, "*starts logits"]) -> Float[Tensor, "*starts logits"]:
        """The point u as the value network reads it: centred blocks, weighted by the probability to exist.

        A block that cannot exist contributes zeros whatever its values, so that it never matters.
        """
        return (u - self._uniform) * self.activity(u)[..., self._decision_of]

    @cached_property
    def _places(self) -> Int[Tensor, "decisions choices"]:
        """The logits of each decision's block, one row a decision; -1 is padding."""
        widest = max(len(d.choices) for d in self.space.decisions)
        places = torch.full((len(self.space.decisions), widest), -1)
        for row, block in enumerate(self.blocks.values()):
            places[row, : block.stop - block.start] = torch.arange(block.start, block.stop)
        return places

    @cached_property
    def _decision_of(self) -> Int[Tensor, " logits"]:
        """The position of the decision that each logit belongs to."""
        sizes = torch.tensor([len(d.choices) for d in self.space.decisions])
        return torch.repeat_interleave(torch.arange(len(sizes)), sizes)

    @cached_property
    def _uniform(self) -> Float[Tensor, " logits"]:
        """The centre of every block."""
        sizes = torch.tensor([len(d.choices) for d in self.space.decisions])
        return 1.0 / sizes[self._decision_of]

    def round(self, theta: Float[np.ndarray, " logits"]) -> Architecture:
        """The most probable allowed architecture: the best choice of each block, unless forbidden.

        Probable means: of the assignment of every block, also of those that then do not exist, so that a
        deep branch is not punished for having more decisions. Ties go to the earlier choice.
        """
        values = {d.name: d.choices[int(np.argmax(theta[self.blocks[d.name]]))] for d in self.space.decisions}
        try:
            return self.space.complete(values)
        except ForbiddenCombinationError:
            return self._repair(theta, values)

    def _repair(self, theta: Float[np.ndarray, " logits"], values: dict[str, Choice]) -> Architecture:
        names = sorted({name for combination in self.space.forbidden for name in combination})
        decisions = [self.space.by_name[name] for name in names]
        log_softmax = {name: _log_softmax(theta[self.blocks[name]]) for name in names}
        ranked = sorted(
            product(*(range(len(d.choices)) for d in decisions)),
            key=lambda places: (
                -sum(float(log_softmax[name][place]) for name, place in zip(names, places, strict=True))
            ),
        )
        for places in ranked:
            repaired = values | _chosen(decisions, places)
            try:
                return self.space.complete(repaired)
            except ForbiddenCombinationError:
                continue
        raise AssertionError("a space allows at least one architecture")


def _chosen(decisions: Sequence[Decision], places: Sequence[int]) -> dict[str, Choice]:
    return {d.name: d.choices[place] for d, place in zip(decisions, places, strict=True)}


def _log_softmax(logits: Float[np.ndarray, " choices"]) -> Float[np.ndarray, " choices"]:
    shifted = logits.astype(np.float64) - logits.max()
    result: np.ndarray = shifted - np.log(np.exp(shifted).sum())
    return result
