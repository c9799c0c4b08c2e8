"""A recommendation's row becomes exactly what its page prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.recommendations.forms import MEGABYTE
from app.recommendations.front_picture import FrontPicture, front_picture
from app.recommendations.reasons import (
    StandingView,
    WorthView,
    is_led_by_caution,
    standing_views,
    worth_view,
)
from app.recommendations.records import Records
from app.recommendations.tables import RecommendationRow
from app.web.diagram import Diagram, draw, ordered
from app.web.figures import Axis, IntervalPicture, axis_of, interval
from app.web.wording import CAUTION_WORDS, LITTLE_TO_LEARN, METRIC_WORDS
from dvn.architecture_inference import PREFERENCE_STEPS, price_at


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
    milliseconds: float | None
    diagram: Diagram
    decisions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TradeOffView:
    """Where the slider stands, its limits as their fields show them, and what its position means."""

    prefer_small: float
    points: float
    max_megabytes: str
    max_milliseconds: str
    max_seconds: str
    metric: str
    given_up: float
    times_smaller: float
    times_faster: float

    @property
    def is_priced(self) -> bool:
        return self.prefer_small > 0

    @property
    def is_elsewhere(self) -> bool:
        """Whether the price led to another architecture than accuracy alone would."""
        return self.times_smaller > 1.05 or self.times_faster > 1.05


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
    little_to_learn: str
    """What is said where the labels look unrelated to the texts; empty otherwise."""
    known_as: str | None
    nearest: tuple[str, ...]
    within_budget: bool
    caution: str
    """Why one of which more is expected does not lead; empty where none is."""
    max_seconds: float
    has_landmarkers: bool
    architectures: tuple[RankedView, ...]
    trade: TradeOffView
    front: FrontPicture | None
    worth: WorthView | None
    standing: tuple[StandingView, ...]
    records: Records
    metric: str
    metric_words: str


def recommendation_view(row: RecommendationRow, records: Records) -> RecommendationView:
    is_careful = row.notes["within_budget"] and is_led_by_caution(
        row.architectures,
        prefer_small=row.question.get("prefer_small", 0.0),
        outside=row.notes["outside_experience"],
    )
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
        little_to_learn=LITTLE_TO_LEARN if row.notes.get("little_to_learn") else "",
        known_as=row.notes["known_as"],
        nearest=tuple(row.notes["nearest"]),
        within_budget=row.notes["within_budget"],
        caution=CAUTION_WORDS if is_careful else "",
        max_seconds=row.question["max_seconds"],
        has_landmarkers=bool(row.notes.get("landmarkers")),
        architectures=tuple(_ranked(ranked, classes, axis) for ranked in row.architectures),
        trade=_trade(row),
        front=front_picture(row.notes.get("front", []), row.architectures[0]["hash"]),
        worth=worth_view(row.notes.get("worth", [])),
        standing=standing_views(row.notes.get("standing", []), row.architectures[0], classes),
        records=records,
        metric=row.question.get("metric", "accuracy"),
        metric_words=METRIC_WORDS[row.notes.get("metric", "accuracy")],
    )


def _trade(row: RecommendationRow) -> TradeOffView:
    question, front, first = row.question, row.notes.get("front", []), row.architectures[0]
    step = round(question.get("prefer_small", 0.0) * PREFERENCE_STEPS)
    free = front[0] if front else first
    megabytes = question.get("max_bytes")
    return TradeOffView(
        prefer_small=step / PREFERENCE_STEPS,
        points=price_at(step),
        max_megabytes=_plain(None if megabytes is None else megabytes / MEGABYTE),
        max_milliseconds=_plain(question.get("max_milliseconds")),
        max_seconds=_plain(question["max_seconds"]),
        metric=question.get("metric", "accuracy"),
        given_up=max(free["expected_accuracy"] - first["expected_accuracy"], 0.0),
        times_smaller=free["bytes"] / max(first["bytes"], 1),
        times_faster=free["milliseconds"] / first["milliseconds"] if front else 1.0,
    )


def _plain(number: float | None) -> str:
    """A limit as its field holds it."""
    return "" if number is None else f"{number:g}"


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
        milliseconds=ranked.get("milliseconds"),
        diagram=draw(ranked["decisions"], classes),
        decisions=ordered(ranked["space"], ranked["decisions"]),
    )
