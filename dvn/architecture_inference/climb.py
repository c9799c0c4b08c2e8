"""A described task becomes candidates: the rounded ends of ascents from many starts (Algorithm 2)."""

from collections.abc import Iterable
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dvn.architecture import Architecture, Relaxation
from dvn.architecture_inference.ascent import ascend
from dvn.architecture_inference.objective import Objective
from dvn.architecture_inference.question import Question
from dvn.training.cost import TextVolume, input_seconds
from dvn.value_network.checkpoint import Checkpoint
from dvn.value_network.value_form import TaskView

STEPS = 100
STEP_SIZE = 4.0
START_TEMPERATURE = 0.5
"""Starts lead by two logits: at a vertex the gradient vanishes."""

_FORBIDDEN_LOGIT = -12.0
INPUTS = ("encoder", "table", "ngrams", "embedding")
"""Decisions that name what a network reads the texts through."""


def climb(
    checkpoint: Checkpoint, task: TaskView, volume: TextVolume, question: Question
) -> tuple[list[Architecture], float]:
    """Distinct architectures at the ends of all paths and at their rounded starts, and the relaxation gap.

    The rounded starts are candidates too, so that the winner is never below one of them.
    """
    relaxation = checkpoint.relaxation
    barred = _barred(checkpoint, volume, question.max_seconds)
    starts = _starts(checkpoint, relaxation, question)
    theta = torch.from_numpy(np.stack([relaxation.soften(a, temperature=START_TEMPERATURE) for a in starts]))
    theta = theta + barred

    ends, values = ascend(Objective(checkpoint, task), theta, steps=STEPS, step_size=STEP_SIZE)
    rounded = [relaxation.round(row) for row in ends.numpy()]
    begun = [relaxation.round(row) for row in theta.numpy()]
    best = int(values.argmax())
    vertex = checkpoint.predict([rounded[best]], task).scores[0]
    return _distinct([*rounded, *begun]), float(values[best]) - float(vertex)


def _starts(checkpoint: Checkpoint, relaxation: Relaxation, question: Question) -> list[Architecture]:
    """The best on average, then random architectures."""
    generator = np.random.default_rng(question.seed)
    draw = partial(relaxation.space.sample, generator)
    known = list(checkpoint.best_on_average)[: question.starts]
    return known + [draw() for _ in range(question.starts - len(known))]


def _barred(checkpoint: Checkpoint, volume: TextVolume, max_seconds: float) -> Float[Tensor, " logits"]:
    """A large negative logit on every input that alone would take longer than the limit."""
    relaxation = checkpoint.relaxation
    barred = torch.zeros(relaxation.width)
    for decision in relaxation.space.decisions:
        if decision.name in INPUTS:
            start = relaxation.blocks[decision.name].start
            for place, choice in enumerate(decision.choices):
                if input_seconds(str(choice), volume) > max_seconds:
                    barred[start + place] = _FORBIDDEN_LOGIT
    return barred


def _distinct(architectures: Iterable[Architecture]) -> list[Architecture]:
    return list({architecture.hash: architecture for architecture in architectures}.values())
