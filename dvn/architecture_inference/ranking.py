"""Candidates become a ranked list: re-scored as real architectures, within the limits, of varied inputs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from dvn.architecture import Architecture, Choice
from dvn.architecture_inference.costs import (
    BYTES,
    MILLISECONDS,
    SECONDS,
    Costs,
    default_within,
    excess,
    size_and_speed,
    within,
)
from dvn.architecture_inference.question import PREFERENCE_STEPS, Question, price_at
from dvn.value_network.checkpoint import Prediction
from dvn.value_network.decision_features import INPUTS


@dataclass(frozen=True, slots=True)
class RankedArchitecture:
    """One recommended architecture and what is expected of it.

    Attributes:
        rank: 1 is the best.
        architecture: What to train.
        expected_accuracy: The middle of the interval; a value of the checkpoint's metric, in [0, 1].
        low: The low end of the interval.
        high: The high end.
        seconds: To embed the texts and train, on one core.
        bytes: Of its bundle, unpacked.
        milliseconds: To predict one text, of about the length of the dataset's, on one core.
    """

    rank: int
    architecture: Architecture
    expected_accuracy: float
    low: float
    high: float
    seconds: float
    bytes: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """What leads at one position of the slider: `step` of `PREFERENCE_STEPS`; costs as they are ranked."""

    step: int
    hash: str
    expected_accuracy: float
    seconds: float
    bytes: int
    milliseconds: float

    @property
    def prefer_small(self) -> float:
        """The preference that this position stands for, in [0, 1]."""
        return self.step / PREFERENCE_STEPS


@dataclass(frozen=True)
class Scored:
    """Candidates with what is expected of them.

    They are ordered by `careful`, what is expected less caution: a gain on what is best on average counts as
    far as it exceeds doubt. `default` are the places of those that are best on average, in their order, where
    they are to lead because the task is outside of all experience.
    """

    candidates: Sequence[Architecture]
    prediction: Prediction
    careful: Float[np.ndarray, " candidates"]
    middle: Float[np.ndarray, " candidates"]
    low: Float[np.ndarray, " candidates"]
    high: Float[np.ndarray, " candidates"]
    costs: Float[np.ndarray, "candidates costs"]
    question: Question
    default: tuple[int, ...] = ()

    @cached_property
    def is_within(self) -> Bool[np.ndarray, " candidates"]:
        """Which candidates keep every limit."""
        return within(self.costs, self.question)

    @cached_property
    def size(self) -> Float[np.ndarray, " candidates"]:
        """Factors of ten of what has a price."""
        return size_and_speed(self.costs)

    def order(self, step: int) -> list[int]:
        """Places of the candidates that keep the limits, or of all by what they break; best first."""
        if not self.is_within.any():
            return [int(place) for place in np.argsort(excess(self.costs, self.question), kind="stable")]
        values = self.careful - price_at(step) * self.size
        # Accuracies end at a ceiling, where the scores still tell architectures apart.
        order = np.lexsort((-self.prediction.careful, -values))
        kept = [int(place) for place in order if self.is_within[place]]
        leaders = self._leaders(step, kept)
        return leaders + [place for place in kept if place not in leaders]

    def _leaders(self, step: int, kept: Sequence[int]) -> list[int]:
        """Outside the experience: those best on average; at a price those no dearer than the first."""
        known = [place for place in self.default if self.is_within[place]]
        if not known or not step:
            return known
        return [place for place in kept if place in known and self.size[place] <= self.size[known[0]]]


def score_all(
    costs: Costs, candidates: Sequence[Architecture], question: Question, *, default_first: bool
) -> Scored:
    """The candidates with their expected accuracies and costs."""
    checkpoint = costs.checkpoint
    prediction = checkpoint.predict(candidates, costs.task, reference=default_within(costs, question))
    middle, low, high = checkpoint.interval(prediction.accuracies, prediction.doubt)
    careful, _, _ = checkpoint.interval(prediction.careful_accuracies, prediction.doubt)
    place = {architecture: i for i, architecture in enumerate(candidates)}
    default = tuple(place[best] for best in checkpoint.best_on_average if best in place)
    return Scored(
        candidates,
        prediction,
        careful,
        middle,
        np.minimum(low, middle),
        np.maximum(high, middle),
        costs.of(candidates),
        question,
        default if default_first else (),
    )


def rank(scored: Scored) -> tuple[RankedArchitecture, ...]:
    """The best architectures for what is preferred, none of which breaks a limit if any keeps all."""
    question = scored.question
    order = scored.order(question.step)
    return tuple(
        RankedArchitecture(
            rank=number,
            architecture=scored.candidates[place],
            expected_accuracy=float(scored.middle[place]),
            low=float(scored.low[place]),
            high=float(scored.high[place]),
            seconds=float(scored.costs[place, SECONDS]),
            bytes=int(scored.costs[place, BYTES]),
            milliseconds=float(scored.costs[place, MILLISECONDS]),
        )
        for number, place in enumerate(_varied(order, scored.candidates, question.top), start=1)
    )


def front(scored: Scored) -> tuple[FrontPoint, ...]:
    """What leads at each position of the slider, from accuracy alone to small and fast."""
    first = [(step, scored.order(step)[0]) for step in range(PREFERENCE_STEPS + 1)]
    return tuple(
        FrontPoint(
            step=step,
            hash=scored.candidates[place].hash,
            expected_accuracy=float(scored.middle[place]),
            seconds=float(scored.costs[place, SECONDS]),
            bytes=int(scored.costs[place, BYTES]),
            milliseconds=float(scored.costs[place, MILLISECONDS]),
        )
        for step, place in first
    )


def _varied(order: Iterable[int], candidates: Sequence[Architecture], top: int) -> list[int]:
    """The first of the order that read different inputs, then those that fill the list; in the order given.

    Neighbours of the winner that differ in a rate are no choice for a person.
    """
    order = list(order)
    of_inputs: dict[tuple[Choice | None, ...], int] = {}
    for place in order:
        decisions = candidates[place].decisions
        of_inputs.setdefault(tuple(decisions.get(name) for name in INPUTS), place)
    varied = [*of_inputs.values(), *order]
    chosen = set(list(dict.fromkeys(varied))[:top])
    return [place for place in order if place in chosen]
