"""A classifier's row becomes exactly what its page prints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.classifiers.stored_metrics import METRIC_CURVE
from app.classifiers.tables import ClassifierRow, ClassifierState
from app.datasets.tables import DatasetRow
from app.db.base import Json
from app.experiments.tables import ArchitectureRow
from app.jobs.tables import JobRow
from app.recommendations.tables import RecommendationRow
from app.web.diagram import Diagram, draw, ordered
from app.web.figures import ConfusionPicture, Curve, confusion, curve
from app.web.job_answers import percent_of, words_of
from app.web.wording import METRIC_WORDS, count, moment, seconds, size

_BUSY: Final = (ClassifierState.waiting, ClassifierState.training)
_TITLES: Final = {
    ClassifierState.failed: "The training failed",
    ClassifierState.cancelled: "The training was cancelled",
}


@dataclass(frozen=True, slots=True)
class ClassifierView:
    """What every state of a classifier's page has."""

    id: UUID
    state: str
    is_busy: bool
    metric_words: str
    is_ready: bool
    state_title: str
    state_words: str
    job_id: UUID
    percent: int | None
    progress_words: str
    live_curve: Curve | None
    can_keep: bool
    abstain_below: float | None
    recommendation_url: str | None
    diagram: Diagram
    decisions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    words: str
    value: str


@dataclass(frozen=True, slots=True)
class ResultsView:
    """What a ready classifier's page has beside."""

    accuracy: float
    macro_f1: float
    test_rows: int
    expected: float | None
    expected_words: str
    facts: tuple[Fact, ...]
    kept_words: str | None
    confusion: ConfusionPicture
    curve: Curve | None
    text_column: str
    bundle_bytes: int


def classifier_view(
    row: ClassifierRow,
    dataset: DatasetRow,
    architecture: ArchitectureRow,
    job: JobRow,
    live: Sequence[tuple[int, float]] = (),
) -> ClassifierView:
    """The view of a classifier; `live` is the curve of a training so far."""
    url = f"/recommendations/{row.recommendation_id}" if row.recommendation_id else None
    return ClassifierView(
        id=row.id,
        state=row.state,
        is_busy=row.state in _BUSY,
        metric_words=METRIC_WORDS[row.metric],
        is_ready=row.state == ClassifierState.ready,
        state_title=_TITLES.get(row.state, ""),
        state_words=row.error or "",
        job_id=job.id,
        percent=percent_of(job),
        progress_words="Ending; the best so far is kept…" if row.keep_requested else words_of(job),
        live_curve=curve(live),
        abstain_below=row.abstain_below,
        can_keep=bool(live) and not row.keep_requested and not job.cancel_requested,
        recommendation_url=url,
        diagram=draw(architecture.decisions, dataset.classes),
        decisions=ordered(architecture.space, architecture.decisions),
    )


def results_view(
    row: ClassifierRow, dataset: DatasetRow, recommendation: RecommendationRow | None
) -> ResultsView:
    """The measured side of a ready classifier."""
    assert row.metrics is not None, "a ready classifier was measured"
    assert row.confusion is not None, "a ready classifier was measured"
    assert row.cost is not None, "a ready classifier was measured"
    test: Mapping[str, Any] = row.metrics["test"]
    return ResultsView(
        accuracy=test["accuracy"],
        macro_f1=test["macro_f1"],
        test_rows=test["rows"],
        expected=_expected(row, recommendation),
        expected_words=METRIC_WORDS[
            recommendation.notes.get("metric", "accuracy") if recommendation else "accuracy"
        ],
        facts=_facts(row),
        kept_words=_kept_words(row.metric, row.metrics),
        confusion=confusion(row.confusion["labels"], row.confusion["cells"]),
        curve=curve(row.metrics.get(METRIC_CURVE) or row.metrics["curve"]),
        text_column=dataset.text_column,
        bundle_bytes=row.cost["bundle_bytes"],
    )


def _kept_words(metric: str, metrics: Json) -> str | None:
    """Which step was kept, where that is not simply the last."""
    if metrics.get("stopped_by") == "wish":
        return "Its training was ended early; this is the best that it had reached."
    if metric == "accuracy":
        return None
    step, words = count(metrics["steps"]), METRIC_WORDS[metric]
    is_last = metrics.get("stopped_by") != "score"
    return (
        f"It was to be high by {words}: step {step} is kept, "
        f"{'the last and the best' if is_last else 'which was better than the last'} by {words} on the "
        "validation texts."
    )


def _expected(row: ClassifierRow, recommendation: RecommendationRow | None) -> float | None:
    if recommendation is None or row.rank is None:
        return None
    ranked = next((one for one in recommendation.architectures if one["rank"] == row.rank), None)
    return ranked["expected_accuracy"] if ranked else None


def _facts(row: ClassifierRow) -> tuple[Fact, ...]:
    cost: Mapping[str, Any] = row.cost or {}
    return (
        Fact("to turn texts into vectors", seconds(cost["embed_seconds"])),
        Fact("to train", seconds(cost["train_seconds"])),
        Fact("training steps", count((row.metrics or {})["steps"])),
        Fact("to classify one text", seconds(cost["predict_milliseconds"] / 1000)),
        Fact("trained numbers", count(cost["parameters"])),
        Fact("size on disk", size(cost["bundle_bytes"])),
        Fact("seed", str(row.seed)),
        Fact("ready since", moment(row.ended_at or row.created_at)),
    )
