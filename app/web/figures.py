"""Scores, counts and curves become the coordinates and shades that a template only prints."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_CLASSES_IN_A_MATRIX = 30
_WORST_CONFUSIONS = 15
_CURVE_LEFT, _CURVE_TOP, _CURVE_WIDTH, _CURVE_HEIGHT = 52, 12, 576, 200


@dataclass(frozen=True, slots=True)
class Bar:
    """One class with its rows; the width is a share of the longest bar, in percent."""

    label: str
    rows: int
    width: float
    is_small: bool = False


def bars(counts: Sequence[tuple[str, int]], small: Sequence[str] = ()) -> tuple[Bar, ...]:
    """Bars for classes, in the order given."""
    longest = max((rows for _, rows in counts), default=1) or 1
    return tuple(
        Bar(label, rows, round(max(0.5, 100 * rows / longest), 2), label in small) for label, rows in counts
    )


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of accuracy that several intervals share, so that they can be compared by eye."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value stands on the axis, in percent of its length."""
        return round(100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low), 2)


def axis_of(lows: Sequence[float]) -> Axis:
    """An axis to 1 that starts on a full tenth, below the lowest of these values."""
    start = math.floor(10 * min(lows, default=0) - 0.5) / 10
    return Axis(max(0.0, min(0.9, start)), 1.0)


@dataclass(frozen=True, slots=True)
class IntervalPicture:
    """A value with its interval as positions on an axis, in percent."""

    left: float
    width: float
    point: float
    value: float
    low: float
    high: float
    axis: Axis


def interval(value: float, low: float, high: float, axis: Axis) -> IntervalPicture:
    left, right = axis.at(low), axis.at(high)
    return IntervalPicture(left, max(0.8, round(right - left, 2)), axis.at(value), value, low, high, axis)


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled position on an axis."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A learning curve in the coordinates of its picture."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    path: str
    dots: tuple[tuple[float, float], ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]


def curve(points: Sequence[tuple[int, float]]) -> Curve | None:
    """The picture of (step, accuracy) points in order; nothing to draw from fewer than two."""
    if len(points) < 2:
        return None
    axis = axis_of([value for _, value in points])
    last = max(step for step, _ in points)

    def x(step: float) -> float:
        return round(_CURVE_LEFT + _CURVE_WIDTH * step / last, 1)

    def y(value: float) -> float:
        return round(_CURVE_TOP + _CURVE_HEIGHT * (1 - axis.at(value) / 100), 1)

    dots = tuple((x(step), y(value)) for step, value in points)
    path = "M" + "L".join(f"{across:g} {down:g}" for across, down in dots)
    levels = [axis.low + part * (axis.high - axis.low) / 4 for part in range(5)]
    y_ticks = tuple(Tick(y(level), f"{100 * level:.0f} %") for level in levels)
    x_ticks = tuple(Tick(x(step), f"{step:,.0f}") for step in (0, last / 2, last))
    right, bottom = _CURVE_LEFT + _CURVE_WIDTH, _CURVE_TOP + _CURVE_HEIGHT
    return Curve(right + 24, bottom + 44, _CURVE_LEFT, right, bottom, path, dots, y_ticks, x_ticks)


@dataclass(frozen=True, slots=True)
class Cell:
    """One count of the matrix; heat 0 to 5 is its share of the true class."""

    count: int
    heat: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class Confused:
    """Texts of one class that were given another."""

    truth: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class ConfusionPicture:
    """The whole matrix for a few classes, and the worst confusions for any number."""

    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    worst: tuple[Confused, ...]
    wrong: int


def confusion(labels: Sequence[str], cells: Sequence[tuple[int, int, int]]) -> ConfusionPicture:
    """The picture of counts that are not zero, each as (true class, predicted class, count)."""
    totals = Counter[int]()
    for truth, _, number in cells:
        totals[truth] += number
    wrongs = [
        Confused(labels[truth], labels[predicted], number, number / totals[truth])
        for truth, predicted, number in cells
        if truth != predicted
    ]
    worst = sorted(wrongs, key=lambda pair: (-pair.count, pair.truth, pair.predicted))
    rows = _matrix(labels, cells, totals) if len(labels) <= MOST_CLASSES_IN_A_MATRIX else ()
    wrong = sum(pair.count for pair in wrongs)
    return ConfusionPicture(tuple(labels), rows, tuple(worst[:_WORST_CONFUSIONS]), wrong)


def _matrix(
    labels: Sequence[str], cells: Sequence[tuple[int, int, int]], totals: Mapping[int, int]
) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    counts = {(truth, predicted): number for truth, predicted, number in cells}
    places = range(len(labels))
    return tuple(
        (
            labels[truth],
            tuple(_cell(counts.get((truth, at), 0), totals.get(truth, 0), truth == at) for at in places),
        )
        for truth in places
    )


def _cell(number: int, total: int, is_right: bool) -> Cell:  # noqa: FBT001  (a fact of the cell, not a switch)
    return Cell(number, math.ceil(5 * number / total) if total else 0, is_right)
