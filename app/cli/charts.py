"""Numbers become coordinates, and coordinates an SVG from a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.settings import PROJECT_ROOT

_WIDTH, _HEIGHT = 760, 440
_LEFT, _TOP, _RIGHT, _BOTTOM = 60, 40, 500, 380
_LEFT_OUT_COLOUR: Final = "#000000"
_COLOURS: Final = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b", "#7f7f7f", "#bcbd22",
    "#9467bd",
)  # fmt: skip
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """A line with its band, one value for each x."""

    name: str
    means: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]


@dataclass(frozen=True, slots=True)
class Cloud:
    """The points of one group; those of the left-out group have a mark of their own."""

    name: str
    points: Float[np.ndarray, "points 2"]
    is_left_out: bool = False


@dataclass(frozen=True, slots=True)
class _Range:
    """A range of values, and the pixels that its ends stand at."""

    low: float
    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.first + share * (self.last - self.first), 1)


def line_chart(title: str, x_name: str, xs: Sequence[float], series: Sequence[Series]) -> str:
    """An SVG of lines over the same x, each with its band."""
    bounds = [value for each in series for value in (*each.lows, *each.highs) if np.isfinite(value)]
    x_range = _range(xs, _LEFT + 10, _RIGHT - 10)
    y_range = _range(bounds, _BOTTOM, _TOP)
    lines = []
    for colour, each in zip(_COLOURS, series, strict=False):
        up = [(x, y) for x, y in zip(xs, each.highs, strict=True) if np.isfinite(y)]
        down = [(x, y) for x, y in zip(xs, each.lows, strict=True) if np.isfinite(y)]
        middle = [(x, y) for x, y in zip(xs, each.means, strict=True) if np.isfinite(y)]
        band = _points([*up, *reversed(down)], x_range, y_range)
        points = _points(middle, x_range, y_range)
        lines.append({"name": each.name, "colour": colour, "band": band, "points": points})
    y_ticks = [
        {"at": y_range.at(value), "label": f"{value:.2f}"}
        for value in np.linspace(y_range.low, y_range.high, _TICKS).tolist()
    ]
    x_ticks = [{"at": x_range.at(x), "label": f"{x:g}"} for x in xs]
    return _render(
        "lines.svg",
        {"title": title, "x_name": x_name, "lines": lines, "x_ticks": x_ticks, "y_ticks": y_ticks},
    )


def scatter(title: str, clouds: Sequence[Cloud]) -> str:
    """An SVG of groups of points, the left-out group in black diamonds."""
    every = np.concatenate([cloud.points for cloud in clouds])
    x_range = _range(every[:, 0].tolist(), _LEFT + 10, _RIGHT - 10)
    y_range = _range(every[:, 1].tolist(), _BOTTOM - 10, _TOP + 10)
    groups = []
    for place, cloud in enumerate(clouds):
        colour = _LEFT_OUT_COLOUR if cloud.is_left_out else _COLOURS[place % len(_COLOURS)]
        points = [{"x": x_range.at(x), "y": y_range.at(y)} for x, y in cloud.points.tolist()]
        groups.append(
            {"name": cloud.name, "colour": colour, "is_left_out": cloud.is_left_out, "points": points}
        )
    return _render("scatter.svg", {"title": title, "groups": groups})


def _range(values: Sequence[float], first: float, last: float) -> _Range:
    low, high = min(values, default=0.0), max(values, default=1.0)
    return _Range(low, high if high > low else low + 1.0, first, last)


def _points(pairs: Sequence[tuple[float, float]], x_range: _Range, y_range: _Range) -> str:
    return " ".join(f"{x_range.at(x)},{y_range.at(y)}" for x, y in pairs)


def _render(template: str, chart: dict[str, object]) -> str:
    environment = Environment(
        loader=FileSystemLoader(PROJECT_ROOT / "templates" / "reproduce"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    size = {
        "width": _WIDTH,
        "height": _HEIGHT,
        "left": _LEFT,
        "top": _TOP,
        "right": _RIGHT,
        "bottom": _BOTTOM,
    }
    return environment.get_template(template).render(chart={**size, **chart})
