"""Predicted and true accuracies become the marks of one picture, each beside the diagonal of no error."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Final

from app.web.figures import Axis, Tick
from app.web.wording import percent

_LEFT, _TOP, _SIDE, _BOTTOM, _RIGHT = 58, 12, 440, 52, 28
_TICKS: Final = (0.1, 0.2, 0.25)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An accuracy that was predicted with an interval, and the one that came out."""

    name: str
    href: str
    expected: float
    low: float
    high: float
    reached: float

    @property
    def is_covered(self) -> bool:
        return self.low <= self.reached <= self.high


@dataclass(frozen=True, slots=True)
class Mark:
    """One task: where it stands, its interval, and whether the truth lies inside."""

    href: str
    words: str
    x: float
    y: float
    left: float
    right: float
    is_covered: bool


@dataclass(frozen=True, slots=True)
class Scatter:
    """The whole picture; prediction goes right, truth goes up, on the same scale."""

    width: int
    height: int
    left: int
    top: int
    right: int
    bottom: int
    marks: tuple[Mark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    words: str


def scatter(found: Sequence[Foreseen]) -> Scatter | None:
    """The picture of these predictions; nothing to draw from none. Those that missed are drawn last."""
    if not found:
        return None
    axis = _axis(found)

    def across(share: float) -> float:
        return round(_LEFT + _SIDE * axis.at(share) / 100, 1)

    def up(share: float) -> float:
        return round(_TOP + _SIDE * (1 - axis.at(share) / 100), 1)

    marks = [
        Mark(
            href=one.href,
            words=_words(one),
            x=across(one.expected),
            y=up(one.reached),
            left=across(one.low),
            right=across(one.high),
            is_covered=one.is_covered,
        )
        for one in sorted(found, key=lambda one: (not one.is_covered, one.name))
    ]
    levels = _levels(axis)
    covered = sum(mark.is_covered for mark in marks)
    return Scatter(
        width=_LEFT + _SIDE + _RIGHT,
        height=_TOP + _SIDE + _BOTTOM,
        left=_LEFT,
        top=_TOP,
        right=_LEFT + _SIDE,
        bottom=_TOP + _SIDE,
        marks=tuple(marks),
        x_ticks=tuple(Tick(across(level), f"{100 * level:.0f} %") for level in levels),
        y_ticks=tuple(Tick(up(level), f"{100 * level:.0f} %") for level in levels),
        words=f"Expected and reached accuracy of {len(marks)}, {covered} of them inside their interval",
    )


def _axis(found: Sequence[Foreseen]) -> Axis:
    lowest = min(min(one.low, one.reached) for one in found)
    return Axis(max(0.0, min(0.8, floor(10 * lowest) / 10)), 1.0)


def _levels(axis: Axis) -> list[float]:
    """At most six levels, the axis' own ends among them."""
    length = axis.high - axis.low
    step = next((step for step in _TICKS if length / step <= 5.01), 0.25)
    number = floor(length / step + 1e-9)
    return [axis.high - step * place for place in range(number, -1, -1)]


def _words(one: Foreseen) -> str:
    place = "inside" if one.is_covered else "outside of"
    between = f"{percent(one.low)} to {percent(one.high)}"
    return (
        f"{one.name}: reached {percent(one.reached)}, {place} the expected {between}"
        f" about {percent(one.expected)}"
    )
