"""Several learning curves become one picture, each with a number at its end and a stroke of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor
from typing import Final

from app.web.figures import Axis, Tick

_LEFT, _TOP, _WIDTH, _HEIGHT = 52, 12, 540, 200
_LABEL_GAP: Final = 14.0

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Line:
    """One curve; `number` chooses its stroke, `label_y` is where its name fits."""

    name: str
    number: int
    path: str
    end_x: float
    end_y: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Curves:
    """Everything a template needs to draw the curves."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    words: str


def curves(named: Sequence[tuple[str, Points]]) -> Curves | None:
    """The picture of named curves of (step, accuracy); those of fewer than two points are left out."""
    kept = [(name, points) for name, points in named if len(points) > 1]
    if not kept:
        return None
    values = [value for _, points in kept for _, value in points]
    axis = Axis(max(0.0, floor(10 * min(values)) / 10), min(1.0, ceil(10 * max(values) + 1e-9) / 10))
    if axis.high <= axis.low:
        axis = Axis(axis.low - 0.1, axis.high)
    last = max(step for _, points in kept for step, _ in points)

    def x(step: float) -> float:
        return round(_LEFT + _WIDTH * step / last, 1)

    def y(value: float) -> float:
        return round(_TOP + _HEIGHT * (1 - axis.at(value) / 100), 1)

    drawn = [(name, [(x(step), y(value)) for step, value in points]) for name, points in kept]
    heights = _apart([dots[-1][1] for _, dots in drawn])
    lines = tuple(
        Line(
            name=name,
            number=place + 1,
            path="M" + "L".join(f"{across:g} {down:g}" for across, down in dots),
            end_x=dots[-1][0],
            end_y=dots[-1][1],
            label_y=heights[place],
        )
        for place, (name, dots) in enumerate(drawn)
    )
    levels = [axis.low + part * (axis.high - axis.low) / 4 for part in range(5)]
    return Curves(
        width=_LEFT + _WIDTH + 48,
        height=_TOP + _HEIGHT + 44,
        left=_LEFT,
        right=_LEFT + _WIDTH,
        bottom=_TOP + _HEIGHT,
        lines=lines,
        x_ticks=tuple(Tick(x(step), f"{step:,.0f}") for step in (0, last / 2, last)),
        y_ticks=tuple(Tick(y(level), f"{100 * level:.0f} %") for level in levels),
        words=f"Validation accuracy by training step of {len(lines)}",
    )


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights moved down as little as lets every label be read."""
    moved = list(heights)
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + _LABEL_GAP)
    return moved
