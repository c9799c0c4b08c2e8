"""Reliability and abstention become the coordinates that a template only prints."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.web.figures import Axis, Tick
from dvn.assessment import Answered, Reliability

_LEFT, _TOP, _SIDE = 76, 12, 264
_WIDE: Final = 300
_LEAST_RADIUS, _MOST_RADIUS = 2.5, 9.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A bin of the reliability diagram; a larger dot holds more texts."""

    x: float
    y: float
    radius: float
    words: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The plane a picture is drawn in, with its ticks."""

    width: int
    height: int
    left: int
    top: int
    right: int
    bottom: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class ReliabilityPicture:
    """Confidence against what came out, before and after the temperature."""

    frame: Frame
    before: tuple[Dot, ...]
    after: tuple[Dot, ...]
    path: str


@dataclass(frozen=True, slots=True)
class CoveragePicture:
    """Accuracy of the answers against the share of texts that is answered, and where the threshold stands."""

    frame: Frame
    path: str
    marks: tuple[Dot, ...]
    now: Dot | None


def reliability_picture(before: Reliability, after: Reliability) -> ReliabilityPicture:
    """The reliability diagram of a test part."""
    quarters = [Tick(part, f"{100 * part:.0f} %") for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
    frame = _frame(
        _SIDE,
        [Tick(_LEFT + _SIDE * tick.at, tick.words) for tick in quarters],
        [Tick(_TOP + _SIDE * (1 - tick.at), tick.words) for tick in quarters],
    )
    dots = _dots(after)
    path = "M" + "L".join(f"{dot.x:g} {dot.y:g}" for dot in dots)
    return ReliabilityPicture(frame, _dots(before), dots, path)


def coverage_picture(
    curve: Sequence[Answered], marks: Sequence[tuple[float, float]], now: tuple[float, float] | None
) -> CoveragePicture | None:
    """The picture of a curve of answers, marks at (coverage, accuracy); None for fewer than two points."""
    if len(curve) < 2:
        return None
    low = min([point.accuracy for point in curve] + [accuracy for _, accuracy in marks])
    axis = Axis(max(0.0, math.floor(10 * low) / 10 if low < 0.95 else 0.9), 1.0)

    def place(coverage: float, accuracy: float) -> tuple[float, float]:
        return round(_LEFT + _WIDE * coverage, 1), round(_TOP + _SIDE * (1 - axis.at(accuracy) / 100), 1)

    levels = [axis.low + part * (axis.high - axis.low) / 4 for part in range(5)]
    frame = _frame(
        _WIDE,
        [Tick(_LEFT + _WIDE * part, f"{100 * part:.0f} %") for part in (0.0, 0.25, 0.5, 0.75, 1.0)],
        [Tick(place(0, level)[1], f"{100 * level:.3g} %") for level in levels],
    )
    path = "M" + "L".join("{:g} {:g}".format(*place(point.coverage, point.accuracy)) for point in curve)
    return CoveragePicture(
        frame,
        path,
        tuple(_mark(place(*mark), *mark) for mark in marks),
        None if now is None else _mark(place(*now), *now),
    )


def _mark(place: tuple[float, float], coverage: float, accuracy: float) -> Dot:
    words = f"answers {100 * coverage:.0f} % of texts, {100 * accuracy:.1f} % of them right"
    return Dot(*place, 5.0, words)


def _frame(width: int, x_ticks: Sequence[Tick], y_ticks: Sequence[Tick]) -> Frame:
    right, bottom = _LEFT + width, _TOP + _SIDE
    return Frame(right + 24, bottom + 44, _LEFT, _TOP, right, bottom, tuple(x_ticks), tuple(y_ticks))


def _dots(found: Reliability) -> tuple[Dot, ...]:
    most = max((one.texts for one in found.bins), default=1)
    return tuple(
        Dot(
            x=round(_LEFT + _SIDE * one.confidence, 1),
            y=round(_TOP + _SIDE * (1 - one.accuracy), 1),
            radius=round(_LEAST_RADIUS + (_MOST_RADIUS - _LEAST_RADIUS) * math.sqrt(one.texts / most), 1),
            words=f"{one.texts:,} texts: says {100 * one.confidence:.0f} %, right {100 * one.accuracy:.0f} %",
        )
        for one in found.bins
    )
