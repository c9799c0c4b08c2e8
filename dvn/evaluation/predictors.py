"""Ways to choose among architectures for a task never seen: the value network and what it must beat.

A predictor is fitted to the experience without a family, then scores that family's recorded architectures
without looking at their results.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from dvn.architecture import Architecture
from dvn.value_network.fit import FitOptions
from dvn.value_network.make_checkpoint import best_on_average, uncalibrated
from dvn.value_network.observations import Standardiser
from dvn.value_network.snapshot import Experience, KnownTask

Scores = Float[np.ndarray, " architectures"]
Predictor = Callable[[KnownTask, Sequence[Architecture]], Scores]
"""Scores of a left-out task's architectures, higher is better; below all others where it knows nothing."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A named way to make a predictor from the experience that may be known."""

    name: str
    fit: Callable[[Experience], Predictor]


def contenders(options: FitOptions) -> tuple[Contender, ...]:
    """The value network, then the baselines of the design that need no training on the task."""
    without = replace(options, reads_sample=False, reads_handmade=False)
    return (
        Contender("value network", lambda known: _value_network(known, options)),
        Contender("no meta-features", lambda known: _value_network(known, without)),
        Contender("best on average", _best_on_average),
        Contender("nearest task", _nearest_task),
    )


def _value_network(known: Experience, options: FitOptions) -> Predictor:
    checkpoint = uncalibrated(known, options)

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        return checkpoint.predict(architectures, checkpoint.describe(task.description)).scores

    return predict


def _best_on_average(known: Experience) -> Predictor:
    """Rank the shared architectures by their mean normalised score; others are not scored."""
    places = {best: -float(rank) for rank, best in enumerate(best_on_average(known))}
    return lambda _, architectures: _scored(places, architectures)


def _nearest_task(known: Experience) -> Predictor:
    """Rank the shared architectures by their scores on the task with the nearest hand-made features."""
    handmade = np.stack([task.description.handmade for task in known.tasks])
    standardise = Standardiser.of(handmade)
    standard = standardise(handmade)
    scores: dict[int, dict[Architecture, float]] = defaultdict(dict)
    for run in known.runs:
        if run.is_shared:
            scores[run.task][run.architecture] = run.validation_accuracy

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        gaps = np.square(standard - standardise(task.description.handmade)).mean(axis=1)
        return _scored(scores[int(np.argmin(gaps))], architectures)

    return predict


def _scored(scores: Mapping[Architecture, float], architectures: Sequence[Architecture]) -> Scores:
    """Known scores; an architecture without one is below all others."""
    return np.array([scores.get(architecture, -np.inf) for architecture in architectures])
