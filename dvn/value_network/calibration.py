"""Predicted and true accuracies of left-out tasks become intervals for tasks never seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from dvn.value_network.targets import logit, share

COVERAGE = 0.9
_FEWEST_FOR_SLOPE = 10

Judged = tuple[float, float, float]
"""Of a left-out task: the true logit of accuracy, the predicted one, and the doubt of the prediction."""

Ends = tuple[Float[np.ndarray, " rows"], Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where true accuracies fell beside predicted ones on left-out families.

    A predicted logit of accuracy is drawn towards `centre` by `slope`, since a level predicted for a task
    never seen is overconfident; the offsets, (true - drawn) logits in units of the task's doubt, are the
    edges of the central share `coverage` and its median.
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
        logits = logit(accuracies.astype(np.float64))
        drawn = self.centre + self.slope * (logits - self.centre)
        low, middle, high = (share(drawn + doubt * offset) for offset in (self.low, self.middle, self.high))
        return middle, low, high


def calibrate(judged: Sequence[Judged] | Float[np.ndarray, "tasks 3"]) -> Calibration:
    """The calibration of left-out tasks: a least-squares slope in [0, 1], then offsets about it."""
    truth, predicted, doubt = np.array(judged, dtype=np.float64).reshape(-1, 3).T
    if len(truth) < _FEWEST_FOR_SLOPE:
        return edges((truth - predicted) / doubt)
    centre = float(predicted.mean())
    around = predicted - centre
    slope = float(np.clip((around @ truth) / max(float(around @ around), 1e-9), 0.0, 1.0))
    offsets = edges((truth - centre - slope * around) / doubt)
    return replace(offsets, slope=slope, centre=centre)


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
