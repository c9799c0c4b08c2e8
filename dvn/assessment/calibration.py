"""Confidences and whether they were right become a reliability diagram, and whether they can be trusted."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Bool, Float

BINS: Final = 10
_DRAWS: Final = 400
_SMALL_GAP: Final = 0.03
_TOO_FEW: Final = 0.06

Trust = Literal["yes", "too_sure", "too_unsure", "uneven", "unknown"]
"""Whether probabilities mean what they say; unknown where there are too few texts to tell."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Texts whose confidence lies between two bounds: their mean confidence, and the share that was right."""

    low: float
    high: float
    texts: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far confidences are from what came out.

    Attributes:
        error: Expected calibration error, in [0, 1]: the mean gap of the bins, weighted by their texts.
        chance: That error of probabilities that are right, at this number of texts: chance makes so much.
        confidence: Mean confidence.
        accuracy: Share of texts that were right.
        bins: Those of ten equal bins that hold a text.
    """

    error: float
    chance: float
    confidence: float
    accuracy: float
    bins: tuple[ReliabilityBin, ...]


def reliability(
    confidences: Float[np.ndarray, " texts"], is_right: Bool[np.ndarray, " texts"], *, seed: int
) -> Reliability:
    """The reliability of one part.

    Source: Guo et al. (2017), equations 2 and 3 as printed; the error that chance alone makes is the mean
    over 400 draws of outcomes from the confidences themselves.
    """
    places = np.minimum((confidences * BINS).astype(np.int64), BINS - 1)
    texts = np.bincount(places, minlength=BINS)
    sums = np.bincount(places, weights=confidences, minlength=BINS)
    right = np.bincount(places, weights=is_right, minlength=BINS)
    generator = np.random.default_rng(seed)
    drawn = np.zeros(_DRAWS)
    for number in range(BINS):
        inside = confidences[places == number]
        if len(inside):
            drawn += np.abs(_right_by_chance(inside, generator) - inside.sum())
    filled = np.flatnonzero(texts)
    bins = tuple(
        ReliabilityBin(i / BINS, (i + 1) / BINS, int(texts[i]), sums[i] / texts[i], right[i] / texts[i])
        for i in filled.tolist()
    )
    number = len(confidences)
    return Reliability(
        error=float(np.abs(right - sums).sum() / number),
        chance=float(drawn.mean() / number),
        confidence=float(confidences.mean()),
        accuracy=float(is_right.mean()),
        bins=bins,
    )


def trust(found: Reliability) -> Trust:
    """Whether the probabilities can be taken at their word: within three points beyond what chance makes."""
    excess = found.error - found.chance
    if excess <= _SMALL_GAP:
        return "unknown" if found.chance > _TOO_FEW else "yes"
    gap = found.confidence - found.accuracy
    if abs(gap) < found.error / 2:
        return "uneven"
    return "too_sure" if gap > 0 else "too_unsure"


def _right_by_chance(
    confidences: Float[np.ndarray, " texts"], generator: np.random.Generator
) -> Float[np.ndarray, " draws"]:
    """How many of these texts are right, in many draws; of many texts the sum is as good as normal."""
    if len(confidences) <= 100:
        drawn: np.ndarray = (generator.random((_DRAWS, len(confidences))) < confidences).sum(axis=1)
        return drawn.astype(np.float64)
    spread = float(np.sqrt((confidences * (1 - confidences)).sum()))
    return generator.normal(float(confidences.sum()), spread, _DRAWS)
