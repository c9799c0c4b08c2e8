"""The first architecture becomes its reasons: what each of its decisions is worth on this task.

A decision is worth what the value network expects to lose without it: the expected accuracy less that of the
same architecture with the best other value of that decision. These are predictions, of neighbours that
nobody trained; those of one decision do not add up with those of another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dvn.architecture import Architecture, Choice
from dvn.architecture.space import ForbiddenCombinationError
from dvn.architecture_inference.costs import Costs
from dvn.value_network.decision_features import INPUTS

NONE = "none"


@dataclass(frozen=True, slots=True)
class Worth:
    """What a decision is worth: `gain` of `value` over `other`, in accuracy, negative if `other` is ahead.

    `is_whole` marks an input against having none of its kind at all.
    """

    decision: str
    value: Choice
    other: Choice
    gain: float
    is_whole: bool


def worth_of(costs: Costs, architecture: Architecture) -> tuple[Worth, ...]:
    """The worth of every decision that has an allowed alternative, most valuable first."""
    others = {name: _others(costs, architecture, name) for name in architecture.decisions}
    # All at once: a hundred predictions cost as much as one.
    asked = [(name, choice) for name, changed in others.items() for choice in changed]
    expected = _expected(costs, [architecture, *(others[name][choice] for name, choice in asked)])
    losses = {pair: float(expected[0] - value) for pair, value in zip(asked, expected[1:], strict=True)}
    found = []
    for name, value in architecture.decisions.items():
        left = [choice for choice in others[name] if name not in INPUTS or choice != NONE]
        if left:
            best = min(left, key=lambda choice: losses[name, choice])
            found.append(Worth(name, value, best, losses[name, best], is_whole=False))
        if name in INPUTS and (name, NONE) in losses:
            found.append(Worth(name, value, NONE, losses[name, NONE], is_whole=True))
    return tuple(sorted(found, key=lambda worth: (-worth.gain, worth.decision, not worth.is_whole)))


def _others(costs: Costs, architecture: Architecture, name: str) -> dict[Choice, Architecture]:
    """The architecture with each other value of one decision, those that are allowed."""
    found = {}
    for choice in costs.checkpoint.relaxation.space.by_name[name].choices:
        if choice != architecture.decisions[name]:
            try:
                found[choice] = _changed(costs, architecture.decisions, {name: choice})
            except ForbiddenCombinationError:
                continue
    return found


def _changed(costs: Costs, kept: Mapping[str, Choice], changed: Mapping[str, Choice]) -> Architecture:
    """An architecture with one decision changed; those that come to exist take their best values in turn."""
    space = costs.checkpoint.relaxation.space
    values = {d.name: d.choices[0] for d in space.decisions} | dict(kept) | dict(changed)
    found = space.complete(values)
    for name in [name for name in found.decisions if name not in kept]:
        tried = [space.complete(values | {name: choice}) for choice in space.by_name[name].choices]
        values[name] = space.by_name[name].choices[int(np.argmax(_expected(costs, tried)))]
    return space.complete(values)


def _expected(costs: Costs, architectures: list[Architecture]) -> Float[np.ndarray, " architectures"]:
    prediction = costs.checkpoint.predict(architectures, costs.task)
    middle, _, _ = costs.checkpoint.interval(prediction.accuracies, prediction.doubt)
    return middle
