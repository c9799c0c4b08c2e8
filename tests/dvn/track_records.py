"""Made-up track records for tests of what reads them."""

from datetime import UTC, datetime
from typing import Any

from dvn.evaluation.track_record import TrackedTask, TrackRecord


def tracked(name: str, **known: Any) -> TrackedTask:
    """A left-out task; what is not given is the same for all."""
    facts: dict[str, Any] = {
        "family": name,
        "language": "en",
        "rows": 1_000,
        "classes": 3,
        "architecture": "0123456789abcdef",
        "decisions": {"ngrams": "words"},
        "expected": 0.8,
        "low": 0.7,
        "high": 0.9,
        "reached": 0.8,
        "best_by_validation": 0.9,
        "best_on_average": 0.75,
        "random_mean": 0.6,
        "spearman": 0.5,
        "was_outside": False,
    }
    return TrackedTask(name=name, **(facts | known))


def record_of(*tasks: TrackedTask, **known: Any) -> TrackRecord:
    """A track record of these tasks."""
    facts: dict[str, Any] = {
        "space": "wide_deep",
        "checkpoint": "c0ffee000000",
        "snapshot_hash": "5" * 64,
        "runs": 100,
        "code_version": "0.1.0",
        "command": "forethought evaluate --track-record FILE",
        "made_at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "nominal": 0.9,
    }
    return TrackRecord(**(facts | known), tasks=tasks)
