"""Architectures and points of the polytope become what they cost on one task: seconds, milliseconds, bytes.

Decision: size and speed are one price, on the mean of the logarithms of bytes and of milliseconds.
Why: people say "small and fast", one slider says it, and either alone has a limit of its own.
Seconds of training are paid once: they have a limit and no price.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dvn.architecture import Architecture, Space
from dvn.architecture_inference.question import Question
from dvn.training.cost import TextVolume, input_seconds
from dvn.value_network.checkpoint import Checkpoint
from dvn.value_network.decision_features import INPUTS
from dvn.value_network.value_form import TaskView

SECONDS, MILLISECONDS, BYTES = range(3)
_LN_10 = float(np.log(10.0))

InputSeconds = Mapping[str, float]
"""Seconds to compute each input of all texts of a task, by the name of the choice."""


def seconds_of_inputs(space: Space, volume: TextVolume) -> InputSeconds:
    """What each input that a space offers would take on this much text."""
    names = [
        str(choice) for name in INPUTS if name in space.by_name for choice in space.by_name[name].choices
    ]
    return {name: input_seconds(name, volume) for name in names}


@dataclass(frozen=True)
class Costs:
    """What architectures cost on one task; exact for real ones, in expectation between them."""

    checkpoint: Checkpoint
    task: TaskView
    inputs: InputSeconds

    def logs(
        self, u: Float[Tensor, "rows logits"], weighted: Float[Tensor, "rows logits"]
    ) -> Float[Tensor, "rows costs"]:
        """Logarithms to base ten of seconds, milliseconds and bytes of points u; differentiable."""
        logs = self.checkpoint.network.cost_logs(weighted, self.task)
        seconds = torch.log(logs[:, SECONDS].exp() + u @ self._input_seconds)
        return torch.cat([seconds.unsqueeze(1), logs[:, MILLISECONDS:]], dim=1) / _LN_10

    def of(self, architectures: Sequence[Architecture]) -> Float[np.ndarray, "architectures costs"]:
        """Seconds to embed the texts and train, milliseconds to predict a text, bytes on disk."""
        vertices = torch.from_numpy(self.checkpoint.relaxation.vertices(architectures))
        weighted = self.checkpoint.relaxation.weighted(vertices)
        found: np.ndarray = 10.0 ** self.logs(vertices, weighted).double().numpy()
        return found

    @cached_property
    def _input_seconds(self) -> Float[Tensor, " logits"]:
        relaxation = self.checkpoint.relaxation
        seconds = torch.zeros(relaxation.width)
        for name, block in relaxation.blocks.items():
            if name in INPUTS:
                choices = relaxation.space.by_name[name].choices
                seconds[block] = torch.tensor([self.inputs.get(str(choice), 0.0) for choice in choices])
        return seconds


def limits_of(question: Question) -> Float[np.ndarray, " costs"]:
    """The most seconds, milliseconds and bytes; infinite where there is no limit."""
    limits = (question.max_seconds, question.max_milliseconds, question.max_bytes)
    return np.array([np.inf if limit is None else limit for limit in limits])


def size_and_speed(costs: Float[np.ndarray, "architectures costs"]) -> Float[np.ndarray, " architectures"]:
    """Factors of ten of what has a price: the mean over bytes and milliseconds."""
    found: np.ndarray = np.log10(costs[:, [MILLISECONDS, BYTES]]).mean(axis=1)
    return found


def within(
    costs: Float[np.ndarray, "architectures costs"], question: Question
) -> Bool[np.ndarray, " architectures"]:
    """Which architectures keep every limit."""
    kept: np.ndarray = np.all(costs <= limits_of(question), axis=1)
    return kept


def default_within(costs: Costs, question: Question) -> Architecture | None:
    """What is best on average of the known architectures that keep every limit, if any does."""
    known = costs.checkpoint.best_on_average
    if not known:
        return None
    kept = within(costs.of(known), question)
    return known[int(kept.argmax())] if kept.any() else None


def excess(
    costs: Float[np.ndarray, "architectures costs"], question: Question
) -> Float[np.ndarray, " architectures"]:
    """Factors of ten by which architectures break their limits, all limits together."""
    over: np.ndarray = np.maximum(np.log10(costs) - np.log10(limits_of(question)), 0.0).sum(axis=1)
    return over
