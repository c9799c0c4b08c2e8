"""A recommendation becomes what its row keeps, and a row the described task that further questions need."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from app.datasets.tables import DatasetRow
from app.db.base import Json
from app.recommendations.tables import RecommendationRow
from dvn.architecture_inference import (
    DescribedTask,
    FrontPoint,
    RankedArchitecture,
    Recommendation,
    Standing,
    Worth,
)


def source_of(row: DatasetRow) -> Json:
    """What settles the texts and labels that were described; a description of others is of no use."""
    return {
        "content_hash": row.learned_hash,
        "rows": row.rows,
        "counts": row.class_counts,
        "rare": row.rare_classes,
    }


def notes_of(found: Recommendation, row: DatasetRow) -> Json:
    """What else is known about an answer."""
    return {
        "rows": found.rows,
        "classes": found.classes,
        "outside_experience": found.outside_experience,
        "little_to_learn": found.little_to_learn,
        "known_as": found.known_as,
        "nearest": list(found.nearest),
        "within_budget": found.within_budget,
        "relaxation_gap": found.relaxation_gap,
        "stage": str(found.stage),
        "landmarkers": list(found.landmarkers),
        "metric": found.metric,
        "source": source_of(row),
        "input_seconds": dict(found.described.input_seconds),
        "front": [front_json(point) for point in found.front],
        "worth": [worth_json(worth) for worth in found.worth],
        "standing": [standing_json(one) for one in found.standing],
    }


def described_in(recommendation: RecommendationRow, row: DatasetRow) -> DescribedTask | None:
    """The task as a recommendation's value network saw it, if the dataset is still what it was."""
    notes = recommendation.notes
    if recommendation.vector is None or notes.get("source") != source_of(row):
        return None
    return DescribedTask(
        checkpoint=recommendation.checkpoint_id,
        z=np.array(recommendation.vector, dtype=np.float32),
        input_seconds=notes["input_seconds"],
        rows=notes["rows"],
        classes=notes["classes"],
        outside_experience=notes["outside_experience"],
        little_to_learn=notes.get("little_to_learn", False),
        known_as=notes["known_as"],
        nearest=tuple(notes["nearest"]),
        landmarkers=tuple(notes["landmarkers"]),
    )


def architecture_json(ranked: RankedArchitecture) -> Mapping[str, Any]:
    """One ranked architecture as the command line and the API answer it."""
    return {
        "rank": ranked.rank,
        "hash": ranked.architecture.hash,
        "space": ranked.architecture.space,
        "version": ranked.architecture.version,
        "decisions": dict(ranked.architecture.decisions),
        "expected_accuracy": ranked.expected_accuracy,
        "low": ranked.low,
        "high": ranked.high,
        "seconds": ranked.seconds,
        "bytes": ranked.bytes,
        "milliseconds": ranked.milliseconds,
    }


def front_json(point: FrontPoint) -> Json:
    return {
        "prefer_small": point.prefer_small,
        "hash": point.hash,
        "expected_accuracy": point.expected_accuracy,
        "seconds": point.seconds,
        "bytes": point.bytes,
        "milliseconds": point.milliseconds,
    }


def worth_json(worth: Worth) -> Json:
    return asdict(worth)


def standing_json(one: Standing) -> Json:
    return {
        "rule": str(one.rule),
        "expected_accuracy": one.expected_accuracy,
        "hash": None if one.architecture is None else one.architecture.hash,
        "decisions": {} if one.architecture is None else dict(one.architecture.decisions),
    }
