"""A recommendation's row becomes exactly what its page prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.recommendations.tables import RecommendationRow
from app.web.diagram import Diagram, draw, ordered
from app.web.figures import Axis, IntervalPicture, axis_of, interval


@dataclass(frozen=True, slots=True)
class RankedView:
    """One architecture of the list, drawn."""

    rank: int
    hash: str
    expected: float
    low: float
    high: float
    interval: IntervalPicture
    seconds: float
    bytes: int
    diagram: Diagram
    decisions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecommendationView:
    """A recommendation's page."""

    id: UUID
    checkpoint: str
    space: str
    seed: int
    rows: int
    classes: int
    seconds: float
    parts: tuple[tuple[str, float], ...]
    outside_experience: bool
    known_as: str | None
    nearest: tuple[str, ...]
    within_budget: bool
    max_seconds: float
    has_landmarkers: bool
    architectures: tuple[RankedView, ...]


def recommendation_view(row: RecommendationRow) -> RecommendationView:
    classes = row.notes["classes"]
    longest = sorted(row.seconds.items(), key=lambda part: -part[1])
    axis = axis_of([ranked["low"] for ranked in row.architectures])
    return RecommendationView(
        id=row.id,
        checkpoint=row.checkpoint_id,
        space=row.question["space"],
        seed=row.question["seed"],
        rows=row.notes["rows"],
        classes=classes,
        seconds=row.latency_seconds,
        parts=tuple((name.replace("_", " "), taken) for name, taken in longest),
        outside_experience=row.notes["outside_experience"],
        known_as=row.notes["known_as"],
        nearest=tuple(row.notes["nearest"]),
        within_budget=row.notes["within_budget"],
        max_seconds=row.question["max_seconds"],
        has_landmarkers=bool(row.notes.get("landmarkers")),
        architectures=tuple(_ranked(ranked, classes, axis) for ranked in row.architectures),
    )


def _ranked(ranked: Mapping[str, Any], classes: int, axis: Axis) -> RankedView:
    expected, low, high = ranked["expected_accuracy"], ranked["low"], ranked["high"]
    return RankedView(
        rank=ranked["rank"],
        hash=ranked["hash"],
        expected=expected,
        low=low,
        high=high,
        interval=interval(expected, low, high, axis),
        seconds=ranked["seconds"],
        bytes=ranked["bytes"],
        diagram=draw(ranked["decisions"], classes),
        decisions=ordered(ranked["space"], ranked["decisions"]),
    )
