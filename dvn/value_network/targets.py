"""The scores of a task become targets that runs of different tasks share.

Decision: normal scores. The r-th lowest of n scores becomes the normal quantile of (r - 1/2) / n; equal
scores share their mean rank.
Why: a few runs that diverge make up most of a task's variance, so that (v - mean) / spread, the paper's
normalisation (Kokiopoulou et al., 2019, section 5.1), is about telling those from all others, while a
recommendation is about the best. Measured in `reports/wide_deep/value_network_forms.md`.
Rejected: scores clipped at two robust deviations below the median, which gained half as much.
"""

from statistics import NormalDist
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

Targets = Literal["normal", "standard"]
"""Normal scores, or (v - mean) / spread as the paper has them."""

ANCHOR = 1.5
"""The normal score, of about the best fifteenth of a task's runs, at which its level is learned.

That is where recommendations lie; learned at zero, level and slope add up their errors on the way there: on
195 tasks left out the expected accuracy is then off by 4.3 points, and by 3.9 learned here.
"""

LEAST_SLOPE = 1e-3
"""In logits: scores of a task that differ by less say nothing of how far apart its architectures lie."""

MOST_SAMPLING = 4.0
SMALLEST_SHARE = 1e-3
_SMALLEST_SPREAD = 1e-3
_SMALLEST_VARIANCE = 1e-9


def normal_scores(values: Float[np.ndarray, " runs"]) -> Float[np.ndarray, " runs"]:
    """The normal scores of one task's runs; zero for all where they are equal."""
    shares = (rankdata(values) - 0.5) / len(values)
    quantile = NormalDist().inv_cdf
    result: np.ndarray = np.array([quantile(float(share)) for share in shares])
    return result


def standard_scores(values: Float[np.ndarray, " runs"]) -> Float[np.ndarray, " runs"]:
    """(v - mean) / spread, as Kokiopoulou et al. (2019), section 5.1, normalise."""
    result: np.ndarray = (values - values.mean()) / max(float(values.std()), _SMALLEST_SPREAD)
    return result


def sampling_variance(values: Float[np.ndarray, " runs"], validation_rows: int) -> float:
    """The binomial variance of a task's scores in units of their own spread, of the middle two thirds.

    NaN where the number of rows is unknown. At most `MOST_SAMPLING`, since equal scores have no spread.
    """
    if not validation_rows:
        return float("nan")
    low, middle, high = np.quantile(values, (0.16, 0.5, 0.84))
    binomial = float(middle * (1.0 - middle)) / validation_rows
    return min(binomial / max(float(high - low) / 2.0, _SMALLEST_SPREAD) ** 2, MOST_SAMPLING)


def accuracy_line(values: Float[np.ndarray, " runs"]) -> tuple[float, float]:
    """Logit of accuracy at the score `ANCHOR` and its slope over scores, on the better half of a task's runs.

    The better half, since that is where recommendations are made; the slope is at least `LEAST_SLOPE`.
    """
    scores, logits = normal_scores(values), logit(values)
    upper = scores >= min(0.0, float(np.max(scores)))
    scores, logits = scores[upper], logits[upper]
    centred = scores - scores.mean()
    slope = float(centred @ logits / max(float(centred @ centred), _SMALLEST_VARIANCE))
    slope = max(slope, LEAST_SLOPE)
    return float(logits.mean() + slope * (ANCHOR - scores.mean())), slope


def logit(shares: Float[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    """The log odds of shares, kept finite."""
    kept = np.clip(shares, SMALLEST_SHARE, 1.0 - SMALLEST_SHARE)
    result: np.ndarray = np.log(kept / (1.0 - kept))
    return result


def share(logits: Float[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    """The shares of log odds."""
    result: np.ndarray = 1.0 / (1.0 + np.exp(-logits))
    return result
