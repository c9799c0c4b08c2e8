"""Predicted and true accuracies of left-out tasks become intervals for tasks never seen.

Decision: errors are measured in angles, arcsin of the root of accuracy, on which the noise of a share is
the same everywhere, in units of the root of `FLOOR` squared plus the task's own doubt squared.
Why: intervals told in logits, in units of the doubt alone, were too wide where accuracy is low and too
narrow where it is high (`reports/wide_deep/intervals.md`).
Rejected: test scores to calibrate on, which hold 90 % and are for judging alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

COVERAGE = 0.9
_FEWEST_FOR_SLOPE = 10

FLOOR = 0.1
"""In radians: what even a task that is told without a doubt is told wrongly by."""
_LEAST_ANGLE = 1e-3

Judged = tuple[float, float, float]
"""Of a left-out task: the true accuracy, the predicted one, and the doubt of the prediction, in logits."""

Ends = tuple[Float[np.ndarray, " rows"], Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where true accuracies fell beside predicted ones on left-out families.

    A predicted angle is drawn towards `centre` by `slope`, since a level predicted for a task never seen is
    overconfident; the offsets, (true - drawn) angles in units of `unit`, are the edges of the central share
    `coverage` and its median.
    """

    coverage: float
    low: float
    middle: float
    high: float
    tasks: int
    slope: float = 1.0
    centre: float = 0.0

    def interval(
        self, accuracies: Float[np.ndarray, " rows"], doubt: float | Float[np.ndarray, " rows"] = 1.0
    ) -> Ends:
        """Expected accuracies with their low and high ends, all strictly between 0 and 1."""
        predicted = accuracies.astype(np.float64)
        drawn = self.centre + self.slope * (angle(predicted) - self.centre)
        step = unit(predicted, doubt)
        low, middle, high = (of_angle(drawn + step * offset) for offset in (self.low, self.middle, self.high))
        return middle, low, high


def calibrate(judged: Sequence[Judged] | Float[np.ndarray, "tasks 3"]) -> Calibration:
    """The calibration of left-out tasks: a least-squares slope in [0, 1], then offsets about it."""
    accuracies = np.array(judged, dtype=np.float64).reshape(-1, 3)
    truth, predicted = angle(accuracies[:, :2].T)
    step = unit(accuracies[:, 1], accuracies[:, 2])
    if len(truth) < _FEWEST_FOR_SLOPE:
        return edges((truth - predicted) / step)
    centre = float(predicted.mean())
    around = predicted - centre
    slope = float(np.clip((around @ truth) / max(float(around @ around), 1e-9), 0.0, 1.0))
    offsets = edges((truth - centre - slope * around) / step)
    return replace(offsets, slope=slope, centre=centre)


def angle(shares: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Arcsin of the root, by which the variance of binomial shares is all alike (Bartlett, 1947)."""
    result: np.ndarray = np.arcsin(np.sqrt(np.clip(shares, 0.0, 1.0)))
    return result


def of_angle(angles: Float[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    """The shares of angles, all strictly between 0 and 1."""
    result: np.ndarray = np.sin(np.clip(angles, _LEAST_ANGLE, np.pi / 2.0 - _LEAST_ANGLE)) ** 2
    return result


def unit(
    accuracies: Float[np.ndarray, " rows"], doubt: float | Float[np.ndarray, " rows"]
) -> Float[np.ndarray, " rows"]:
    """How far off a prediction is expected to be, in angles; a doubt of d logits is d sqrt(p (1 - p)) / 2."""
    of_doubt = doubt * np.sqrt(np.clip(accuracies * (1.0 - accuracies), 0.0, None)) / 2.0
    result: np.ndarray = np.sqrt(FLOOR**2 + of_doubt**2)
    return result


def edges(residuals: Float[np.ndarray, " tasks"]) -> Calibration:
    """Split-conformal edges: the (n + 1) rank correction on either side.

    With too few tasks for those ranks the extremes are the edges, and the coverage stated is theirs:
    between two of n ordered residuals d ranks apart the next falls with probability d / (n + 1).
    """
    number = len(residuals)
    if not number:
        return Calibration(0.0, 0.0, 0.0, 0.0, 0)
    tail = (1.0 - COVERAGE) / 2.0
    ordered = np.sort(residuals)
    down = max(int(np.floor(tail * (number + 1))) - 1, 0)
    up = min(int(np.ceil((1.0 - tail) * (number + 1))) - 1, number - 1)
    coverage = min(COVERAGE, (up - down) / (number + 1))
    return Calibration(
        coverage, float(ordered[down]), float(np.median(residuals)), float(ordered[up]), number
    )
