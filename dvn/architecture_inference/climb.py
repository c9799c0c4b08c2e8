"""A described task becomes candidates: the rounded ends of ascents from many starts (Algorithm 2).

Decision: every position of the slider is climbed in one batch, whatever is asked.
Why: all answers about one task then choose from the same candidates, so that a higher price never ends
in a dearer architecture, and the page can draw what each step of the slider gives up.
Rejected: to climb what is asked alone (noise of the ascent between neighbouring prices), and to choose
from one list climbed without a price (it holds few small architectures and no good ones).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dvn.architecture import Architecture, Relaxation
from dvn.architecture_inference.ascent import ascend
from dvn.architecture_inference.costs import Costs, default_within, within
from dvn.architecture_inference.objective import Objective, Term
from dvn.architecture_inference.question import PREFERENCE_STEPS, Question, price_at
from dvn.architecture_inference.terms import CautionTerm, CostTerm, scores_for
from dvn.value_network.checkpoint import Checkpoint
from dvn.value_network.decision_features import INPUTS

STEPS = 60
"""More change nothing: on nine tasks, the best of 64 starts a position and 150 steps lies 0.002 points of
accuracy less price above 8 starts and 60 steps in the mean over all positions, 0.08 at most."""

STEP_SIZE = 4.0
START_TEMPERATURE = 0.5
"""Starts lead by two logits: at a vertex the gradient vanishes."""

KNOWN_STARTS = 8
"""Starts at what is best on average; the others are random."""

PRICED_STARTS = 8
"""Starts for each position of the slider beside zero."""

_FORBIDDEN_LOGIT = -12.0


@dataclass(frozen=True, slots=True)
class Climbed:
    """What the ascents found.

    Attributes:
        candidates: Distinct architectures at the ends of all paths and at their rounded starts.
        drawn: The random architectures among the starts.
        gap: Predicted score of the best point climbed without a price less that of its rounded architecture.
    """

    candidates: list[Architecture]
    drawn: list[Architecture]
    gap: float


def climb(costs: Costs, question: Question) -> Climbed:
    """Candidates for every position of the slider, within the limits as far as there are any.

    The rounded starts are candidates too, so that the winner is never below one of them.
    """
    checkpoint, task, relaxation = costs.checkpoint, costs.task, costs.checkpoint.relaxation
    known, drawn = _starts(checkpoint, relaxation, question)
    starts = [*known, *drawn]
    theta = torch.from_numpy(np.stack([relaxation.soften(a, temperature=START_TEMPERATURE) for a in starts]))
    theta = theta + _barred(costs, question.max_seconds)
    batch, prices = _priced(costs, theta)
    terms: list[Term] = [CostTerm(costs, question, prices)]
    reference = default_within(costs, question)
    if reference is not None:
        terms.append(CautionTerm.over(reference, checkpoint))
    objective = Objective(checkpoint, task, tuple(terms))
    ends, values = ascend(objective, batch, steps=STEPS, step_size=STEP_SIZE)
    rounded = [relaxation.round(row) for row in ends.numpy()]
    begun = (relaxation.round(row) for row in theta.numpy())
    candidates = _distinct([*rounded, *begun, *([] if reference is None else [reference])])
    if not within(costs.of(candidates), question).any():
        candidates = _distinct([*candidates, *_nearest_to_limits(costs, question, theta)])
    best = int(values[: len(theta)].argmax())
    return Climbed(candidates, drawn, _gap(costs, ends[best], rounded[best]))


def _gap(costs: Costs, end: Float[Tensor, " logits"], rounded: Architecture) -> float:
    u = costs.checkpoint.relaxation.softmax(end.unsqueeze(0))
    climbed = float(costs.checkpoint.score(u, costs.task))
    return climbed - float(costs.checkpoint.predict([rounded], costs.task).scores[0])


def _priced(
    costs: Costs, theta: Float[Tensor, "starts logits"]
) -> tuple[Float[Tensor, "rows logits"], Float[Tensor, " rows"]]:
    """All starts without a price, then the first of them once for each other position of the slider."""
    few = theta[:PRICED_STARTS]
    prices = torch.tensor(
        [scores_for(price_at(step), costs.task) for step in range(1, PREFERENCE_STEPS + 1)], dtype=theta.dtype
    )
    rows = torch.cat([theta, few.repeat(PREFERENCE_STEPS, 1)])
    return rows, torch.cat([torch.zeros(len(theta), dtype=theta.dtype), prices.repeat_interleave(len(few))])


def _nearest_to_limits(
    costs: Costs, question: Question, theta: Float[Tensor, "starts logits"]
) -> list[Architecture]:
    """Where nothing keeps the limits: what is climbed to when nothing else counts."""
    relaxation, term = costs.checkpoint.relaxation, CostTerm(costs, question, torch.zeros(1))

    def nearness(points: Float[Tensor, "starts logits"]) -> Float[Tensor, " starts"]:
        u = relaxation.softmax(points)
        return -term(u, relaxation.weighted(u))

    ends, _ = ascend(nearness, theta, steps=STEPS, step_size=STEP_SIZE)
    return [relaxation.round(row) for row in ends.numpy()]


def _starts(
    checkpoint: Checkpoint, relaxation: Relaxation, question: Question
) -> tuple[list[Architecture], list[Architecture]]:
    """The best on average, then random architectures."""
    generator = np.random.default_rng(question.seed)
    draw = partial(relaxation.space.sample, generator)
    known = list(checkpoint.best_on_average)[: min(KNOWN_STARTS, question.starts)]
    return known, [draw() for _ in range(question.starts - len(known))]


def _barred(costs: Costs, max_seconds: float) -> Float[Tensor, " logits"]:
    """A large negative logit on every input that alone would take longer than the limit."""
    relaxation = costs.checkpoint.relaxation
    barred = torch.zeros(relaxation.width)
    for decision in relaxation.space.decisions:
        if decision.name in INPUTS:
            start = relaxation.blocks[decision.name].start
            for place, choice in enumerate(decision.choices):
                if costs.inputs.get(str(choice), 0.0) > max_seconds:
                    barred[start + place] = _FORBIDDEN_LOGIT
    return barred


def _distinct(architectures: Iterable[Architecture]) -> list[Architecture]:
    return list({architecture.hash: architecture for architecture in architectures}.values())
