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
        # Sums over blocks are products with a matrix, for to differentiate a choice of columns is slow.
        padded = theta.detach()[..., self._places.clamp(min=0)].masked_fill(self._places < 0, -torch.inf)
        risen = torch.exp(theta - padded.amax(dim=-1)[..., self._decision_of])
        return risen / (risen @ self._same_block.to(theta.dtype))

    def activity(self, u: Float[Tensor, "*starts logits"]) -> Float[Tensor, "*starts decisions"]:
        """The probability that each decision exists, the blocks of u being independent."""
        exists = torch.stack(self._exists(u), dim=-1)
        return exists[..., self._rule_of]

    def weighted(self, u: Float[Tensor, "*starts logits"]) -> Float[Tensor, "*starts logits"]:
        """The point u as the value network reads it: centred blocks, weighted by the probability to exist.

        A block that cannot exist contributes zeros whatever its values, so that it never matters.
        """
        exists = torch.stack(self._exists(u), dim=-1) @ self._under_rule.to(u.dtype)
        return (u - self._uniform) * exists

    def _exists(self, u: Float[Tensor, "*starts logits"]) -> list[Float[Tensor, "*starts"]]:
        """For each rule, the probability that one of its conditions holds and that condition's parent exists.

        Decisions under the same conditions exist together: each rule is worked out once.
        """
        met = (u @ self._meets.to(u.dtype)).unbind(dim=-1)
        certain = torch.ones(u.shape[:-1], dtype=u.dtype, device=u.device)
        found: dict[tuple[Condition, ...], Tensor] = {}
        for rule in self._rules:
            absent = certain
            for condition in rule:
                holds = met[self._conditions.index(condition)]
                parent = self.space.by_name[condition.parent].conditions
                absent = absent * (1.0 - (found[parent] * holds if parent else holds))
            found[rule] = 1.0 - absent if rule else certain
        return list(found.values())

    @cached_property
    def _rules(self) -> tuple[tuple[Condition, ...], ...]:
        """The distinct sets of conditions, parents' before children's."""
        return tuple(dict.fromkeys(decision.conditions for decision in self.space.decisions))

    @cached_property
    def _conditions(self) -> tuple[Condition, ...]:
        """The distinct conditions."""
        return tuple(dict.fromkeys(condition for rule in self._rules for condition in rule))

    @cached_property
    def _rule_of(self) -> Int[Tensor, " decisions"]:
        """The place of each decision's rule."""
        return torch.tensor([self._rules.index(decision.conditions) for decision in self.space.decisions])

    @cached_property
    def _under_rule(self) -> Float[Tensor, "rules logits"]:
        """One where a logit belongs to a decision under a rule."""
        rules = self._rule_of[self._decision_of]
        return (torch.arange(len(self._rules))[:, None] == rules[None]).float()

    @cached_property
    def _meets(self) -> Float[Tensor, "logits conditions"]:
        """One where a logit is that of a value which a condition asks of its parent."""
        meets = torch.zeros(self.width, len(self._conditions))
        for place, condition in enumerate(self._conditions):
            parent = self.space.by_name[condition.parent]
            for value in condition.values:
                meets[self.blocks[condition.parent].start + parent.index(value), place] = 1.0
        return meets

    @cached_property
    def _same_block(self) -> Float[Tensor, "logits logits"]:
        """One where two logits are of one decision."""
        return (self._decision_of[:, None] == self._decision_of[None]).float()

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
