"""Predicted and true accuracies of left-out tasks become coverage and width of their intervals.

Cross-conformal: the interval of a task is calibrated on the tasks of the other folds alone, whose families
neither the value network of its fold nor its own interval has met. It stands beside an interval of constant
width, so many points about the same expected accuracy, wide enough to cover as many tasks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import beta

from dvn.value_network.calibration import Judged, calibrate

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class IntervalReport:
    """How intervals of left-out tasks did.

    Attributes:
        tasks: Their number.
        nominal: The coverage that was aimed at.
        covered: The share of the tasks inside their interval.
        low: Lower end of the 95 % Clopper-Pearson interval of that share.
        high: Its upper end.
        width_points: Mean width, in points of accuracy.
        constant_points: Width of the constant interval that covers as many.
        error_points: Mean absolute difference of expected and true accuracy.
    """

    tasks: int
    nominal: float
    covered: float
    low: float
    high: float
    width_points: float
    constant_points: float
    error_points: float

    @property
    def saved(self) -> float:
        """The share of the constant width that is saved."""
        return 1.0 - self.width_points / self.constant_points


def report_intervals(judged: Sequence[Judged], folds: Int[np.ndarray, " tasks"]) -> IntervalReport:
    """Coverage and width over tasks, each calibrated on the tasks of other folds."""
    rows = np.array(judged)
    truth = rows[:, 0]
    expected, low, high = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows))
    nominal = []
    for fold in np.unique(folds):
        inside = folds == fold
        calibration = calibrate(rows[~inside])
        nominal.append(calibration.coverage)
        ends = calibration.interval(rows[inside, 1], rows[inside, 2])
        expected[inside], low[inside], high[inside] = ends
    covered: Bool[np.ndarray, " tasks"] = (low <= truth) & (truth <= high)
    interval = clopper_pearson(int(covered.sum()), len(rows))
    return IntervalReport(
        tasks=len(rows),
        nominal=float(np.mean(nominal)),
        covered=float(covered.mean()),
        low=interval[0],
        high=interval[1],
        width_points=100.0 * float((high - low).mean()),
        constant_points=100.0 * constant_width(np.abs(truth - expected), float(covered.mean())),
        error_points=100.0 * float(np.abs(truth - expected).mean()),
    )


def constant_width(errors: Float[np.ndarray, " tasks"], covered: float) -> float:
    """Twice the smallest error that so large a share of the errors does not exceed."""
    number = max(int(np.ceil(covered * len(errors) - 1e-9)), 1)
    return 2.0 * float(np.sort(errors)[number - 1])


def clopper_pearson(hits: int, tasks: int) -> tuple[float, float]:
    """The exact 95 % interval of a share of which `hits` of `tasks` were seen."""
    tail = (1.0 - CONFIDENCE) / 2.0
    low = float(beta.ppf(tail, hits, tasks - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1.0 - tail, hits + 1, tasks - hits)) if hits < tasks else 1.0
    return low, high
