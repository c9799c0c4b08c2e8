"""Confidences become thresholds below which a classifier had better not answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from dvn.assessment.intervals import Interval, wilson

TARGETS: Final = (0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
_CURVE_POINTS: Final = 60
_LEAST_ANSWERED: Final = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """At a threshold: the share of texts that are answered, and the share of those that is right."""

    threshold: float
    coverage: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """The lowest threshold that reaches a target on the validation texts, and what it does on test texts."""

    target: float
    threshold: float
    coverage: float
    accuracy: Interval


def answered_curve(
    confidences: Float[np.ndarray, " texts"], is_right: Bool[np.ndarray, " texts"]
) -> tuple[Answered, ...]:
    """Coverage and accuracy, from answering everything to the most confident alone, in 60 points or fewer."""
    thresholds, coverage, accuracy = _by_threshold(confidences, is_right)
    # Accuracy over a handful of texts says nothing and would make the curve jump.
    enough = np.flatnonzero(coverage * len(confidences) >= min(_LEAST_ANSWERED, len(confidences)))
    places = enough[np.unique(np.linspace(0, len(enough) - 1, _CURVE_POINTS).round().astype(int))]
    return tuple(Answered(*map(float, (thresholds[i], coverage[i], accuracy[i]))) for i in reversed(places))


def threshold_choices(
    validation: tuple[Float[np.ndarray, " texts"], Bool[np.ndarray, " texts"]],
    test: tuple[Float[np.ndarray, " texts"], Bool[np.ndarray, " texts"]],
    targets: Sequence[float] = TARGETS,
) -> tuple[ThresholdChoice, ...]:
    """For each target above what answering everything reaches: the threshold chosen on validation alone."""
    thresholds, coverage, accuracy = _by_threshold(*validation)
    everything = accuracy[-1]
    choices: dict[float, ThresholdChoice] = {}
    for target in sorted(targets):
        reached = np.flatnonzero((accuracy >= target) & (coverage * len(validation[0]) >= _LEAST_ANSWERED))
        if target > everything and len(reached):
            threshold = float(thresholds[reached[-1]])
            # Of two targets that one threshold reaches, the higher one is told.
            choices[threshold] = ThresholdChoice(target, threshold, *at_threshold(*test, threshold))
    return tuple(choices.values())


def at_threshold(
    confidences: Float[np.ndarray, " texts"], is_right: Bool[np.ndarray, " texts"], threshold: float
) -> tuple[float, Interval]:
    """The share of texts answered at a threshold, and the accuracy of the answers with Wilson's interval."""
    is_answered = confidences >= threshold
    answers, right = int(is_answered.sum()), int((is_answered & is_right).sum())
    return answers / max(1, len(confidences)), Interval(right / max(1, answers), *wilson(right, answers))


def _by_threshold(
    confidences: Float[np.ndarray, " texts"], is_right: Bool[np.ndarray, " texts"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every confidence as a threshold, falling, with the coverage and the accuracy it gives."""
    order = np.argsort(-confidences, kind="stable")
    falling = confidences[order]
    last = np.flatnonzero(np.append(falling[1:] < falling[:-1], True))
    answers = last + 1
    right = np.cumsum(is_right[order])[last]
    return falling[last], answers / len(confidences), right / answers
