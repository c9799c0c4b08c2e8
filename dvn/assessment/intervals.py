"""Scores of one test part become intervals: how they would vary with other test texts.

A resample draws as many test texts as there are, with replacement. Of each text only its true and its
predicted class matter here, so that a resample is one draw of a multinomial over the cells of the confusion
matrix.

Source: Efron and Tibshirani (1993), chapter 13, the percentile interval.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix

from dvn.assessment.counts import ClassCounts

RESAMPLES: Final = 2_000
LEVEL: Final = 0.95
_CELLS_AT_ONCE: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A score in [0, 1], and between what it would lie for 19 of 20 other test parts of the same size."""

    value: float
    low: float
    high: float


def resampled_counts(
    truths: Int[np.ndarray, " texts"], predicted: Int[np.ndarray, " texts"], classes: int, *, seed: int
) -> Iterator[ClassCounts]:
    """The class counts of 2,000 resamples, some at a time so that memory stays flat."""
    cells, numbers = np.unique(truths * classes + predicted, return_counts=True)
    true, given = cells // classes, cells % classes
    generator = np.random.default_rng(seed)
    at_once = max(1, min(RESAMPLES, _CELLS_AT_ONCE // max(1, len(cells))))
    for start in range(0, RESAMPLES, at_once):
        some = min(at_once, RESAMPLES - start)
        drawn = generator.multinomial(len(truths), numbers / len(truths), size=some).astype(np.float64)
        yield ClassCounts(
            hits=_summed(drawn * (true == given), true, classes),
            sizes=_summed(drawn, true, classes),
            given=_summed(drawn, given, classes),
        )


def interval(value: float, resamples: Float[np.ndarray, " resamples"], *, texts: int) -> Interval:
    """The percentile interval of a score that was measured on so many texts.

    Where no resample differs, as when all texts are right, the draws say nothing: then it is Wilson's
    interval, whatever the score, so that one text that is right is not taken for certainty.
    """
    tail = 100 * (1 - LEVEL) / 2
    if len(resamples) == 0:
        return Interval(value, 0.0, 1.0)
    low, high = (float(bound) for bound in np.percentile(resamples, (tail, 100 - tail)))
    if high - low < 1e-12:
        low, high = wilson(value * texts, texts)
    return Interval(value, min(low, value), max(high, value))


def wilson(successes: float, trials: float, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson (1927): sound for small samples and near 0 or 1."""
    if trials <= 0:
        return 0.0, 1.0
    share = successes / trials
    spread = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / spread
    half = z * math.sqrt(max(0.0, share * (1 - share)) / trials + z * z / (4 * trials * trials)) / spread
    return max(0.0, centre - half), min(1.0, centre + half)


def _summed(
    drawn: Float[np.ndarray, "resamples cells"], places: Int[np.ndarray, " cells"], classes: int
) -> Float[np.ndarray, "resamples classes"]:
    cells = np.arange(len(places))
    turned = csr_matrix((np.ones(len(places)), (places, cells)), shape=(classes, len(places)))
    summed: np.ndarray = (turned @ drawn.T).T
    return summed
