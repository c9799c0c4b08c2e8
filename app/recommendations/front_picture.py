"""What leads at each position of the slider becomes a picture: accuracy against size, the choice marked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.web.figures import Tick
from app.web.wording import milliseconds, percent, size

_LEFT, _TOP, _WIDTH, _HEIGHT = 58, 14, 400, 170
_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_MOST_TICKS = 5


@dataclass(frozen=True, slots=True)
class FrontDot:
    """One architecture of the front: where it stands, what it is, and from which preference on it leads."""

    x: float
    y: float
    words: str
    prefer_small: float
    expected: float
    bytes: int
    milliseconds: float
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FrontPicture:
    """Everything a template needs to draw the front; sizes go right, by factors of ten."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    path: str
    dots: tuple[FrontDot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    words: str


def front_picture(front: Sequence[Mapping[str, Any]], chosen: str) -> FrontPicture | None:
    """The picture of a front, most accurate first; nothing where a single architecture always leads."""
    distinct = list({point["hash"]: point for point in reversed(front)}.values())[::-1]
    if len(distinct) < 2:
        return None
    logs = [math.log10(point["bytes"]) for point in distinct]
    first, last = math.floor(min(logs) - 0.05), math.ceil(max(logs) + 0.05)
    levels = _levels([point["expected_accuracy"] for point in distinct])

    def x(log: float) -> float:
        return round(_LEFT + _WIDTH * (log - first) / (last - first), 1)

    def y(value: float) -> float:
        return round(_TOP + _HEIGHT * (levels[-1] - value) / (levels[-1] - levels[0]), 1)

    dots = tuple(
        FrontDot(
            x=x(log),
            y=y(point["expected_accuracy"]),
            words=f"{percent(point['expected_accuracy'])}, {size(point['bytes'])}, "
            f"{milliseconds(point['milliseconds'])} a text",
            prefer_small=point["prefer_small"],
            expected=point["expected_accuracy"],
            bytes=point["bytes"],
            milliseconds=point["milliseconds"],
            is_chosen=point["hash"] == chosen,
        )
        for log, point in zip(logs, distinct, strict=True)
    )
    return FrontPicture(
        width=_LEFT + _WIDTH + 24,
        height=_TOP + _HEIGHT + 46,
        left=_LEFT,
        right=_LEFT + _WIDTH,
        bottom=_TOP + _HEIGHT,
        path="M" + "L".join(f"{dot.x:g} {dot.y:g}" for dot in dots),
        dots=dots,
        x_ticks=tuple(Tick(x(power), size(10**power)) for power in range(first, last + 1)),
        y_ticks=tuple(Tick(y(level), percent(level)) for level in levels),
        words=f"What the slider trades: {len(dots)} architectures, from {dots[0].words} to {dots[-1].words}",
    )


def _levels(values: Sequence[float]) -> list[float]:
    """Round values below, between and above these, a few of them."""
    span = max(values) - min(values)
    step = next((step for step in _STEPS if span / step <= _MOST_TICKS - 2), _STEPS[-1])
    low, high = math.floor(min(values) / step - 1e-9), math.ceil(max(values) / step + 1e-9)
    return [round(place * step, 4) for place in range(low, max(high, low + 1) + 1)]
