"""Probabilities of texts whose labels are known become the one number that makes them honest."""

from typing import Final

import numpy as np
from jaxtyping import Float, Int

MOST_TEXTS: Final = 20_000
LEAST, MOST = 0.1, 20.0
_LEAST_PROBABILITY: Final = 1e-37
_STEPS: Final = 40


def fitted_temperature(
    probabilities: Float[np.ndarray, "texts classes"], truths: Int[np.ndarray, " texts"]
) -> float:
    """The temperature, in [0.1, 20], at which the truths are most likely; 1 changes nothing.

    Which class is most probable stays as it is. The loss is convex in the inverse of the temperature: its
    slope is brought to zero by Newton steps inside a bracket. Of very many texts every n-th is read.

    Source: Guo et al. (2017), section 4.2, with Platt's (1999) targets: one text more would have been given
    to the runner-up, so that a few texts that are all right do not make the classifier certain of everything.
    """
    every = max(1, -(-len(truths) // MOST_TEXTS))
    truths = truths[::every]
    if len(truths) == 0 or probabilities.shape[1] < 2:
        return 1.0
    scores = np.log(np.maximum(probabilities[::every].astype(np.float64), _LEAST_PROBABILITY))
    wanted = _targets(scores, truths)
    low, high = 1 / MOST, 1 / LEAST
    inverse = 1.0
    for _ in range(_STEPS):
        slope, bend = _slope_and_bend(scores, wanted, inverse)
        low, high = (low, inverse) if slope > 0 else (inverse, high)
        step = inverse - slope / bend if bend > 1e-12 else 0.0
        moved = step if low < step < high else (low * high) ** 0.5
        if abs(moved - inverse) < 1e-9 * inverse:
            break
        inverse = moved
    return float(min(max(1 / inverse, LEAST), MOST))


def tempered(probabilities: Float[np.ndarray, "texts classes"], temperature: float) -> np.ndarray:
    """Probabilities (texts x classes) as they are at a temperature, from those at temperature 1."""
    if temperature == 1.0:
        return probabilities
    best = np.maximum(probabilities.max(axis=1, keepdims=True), _LEAST_PROBABILITY)
    raised = (probabilities.astype(np.float64) / best) ** (1 / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)


def _targets(
    scores: Float[np.ndarray, "texts classes"], truths: Int[np.ndarray, " texts"]
) -> Float[np.ndarray, " texts"]:
    """The score each text should have: nearly that of its class, a little that of the best other one."""
    rows = np.arange(len(truths))
    own = scores[rows, truths]
    others = scores.copy()
    others[rows, truths] = -np.inf
    share = 1 / (len(truths) + 2)
    mixed: np.ndarray = (1 - share) * own + share * others.max(axis=1)
    return mixed


def _slope_and_bend(
    scores: Float[np.ndarray, "texts classes"], wanted: Float[np.ndarray, " texts"], inverse: float
) -> tuple[float, float]:
    """First and second derivative of the mean loss by the inverse temperature."""
    weights = np.exp(inverse * (scores - scores.max(axis=1, keepdims=True)))
    weights /= weights.sum(axis=1, keepdims=True)
    means = (weights * scores).sum(axis=1)
    spread = (weights * np.square(scores - means[:, None])).sum(axis=1)
    return float((means - wanted).mean()), float(spread.mean())
