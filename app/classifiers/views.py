"""A classifier's row becomes exactly what its page prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np

from app.classifiers.tables import ClassifierRow, ClassifierState
from app.datasets.tables import DatasetRow
from app.experiments.tables import ArchitectureRow
from app.jobs.tables import JobRow
from app.recommendations.tables import RecommendationRow
from app.web.diagram import Diagram, draw, ordered
from app.web.figures import (
    ConfusionPicture,
    Curve,
    IntervalPicture,
    axis_of,
    confusion,
    curve,
    interval,
    wilson,
)
from app.web.job_answers import percent_of, words_of
from app.web.wording import seconds, size
from dvn.training import Predictions

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
    is_ready: bool
    state_title: str
    state_words: str
    job_id: UUID
    percent: int | None
    progress_words: str
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

    accuracy: IntervalPicture
    macro_f1: float
    test_rows: int
    expected: float | None
    facts: tuple[Fact, ...]
    confusion: ConfusionPicture
    curve: Curve | None
    text_column: str
    bundle_bytes: int


@dataclass(frozen=True, slots=True)
class Guess:
    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class TriedView:
    """The answer of the try-it box; the text is only shown again, never kept."""

    text: str
    label: str
    probability: float
    others: tuple[Guess, ...]


def classifier_view(
    row: ClassifierRow, dataset: DatasetRow, architecture: ArchitectureRow, job: JobRow
) -> ClassifierView:
    url = f"/recommendations/{row.recommendation_id}" if row.recommendation_id else None
    return ClassifierView(
        id=row.id,
        state=row.state,
        is_busy=row.state in _BUSY,
        is_ready=row.state == ClassifierState.ready,
        state_title=_TITLES.get(row.state, ""),
        state_words=row.error or "",
        job_id=job.id,
        percent=percent_of(job),
        progress_words=words_of(job),
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
    share, rows = test["accuracy"], test["rows"]
    low, high = wilson(share * rows, rows)
    return ResultsView(
        accuracy=interval(share, low, high, axis_of([low])),
        macro_f1=test["macro_f1"],
        test_rows=rows,
        expected=_expected(row, recommendation),
        facts=_facts(row.cost),
        confusion=confusion(row.confusion["labels"], row.confusion["cells"]),
        curve=curve(row.metrics["curve"]),
        text_column=dataset.text_column,
        bundle_bytes=row.cost["bundle_bytes"],
    )


def tried_view(text: str, labels: tuple[str, ...], predictions: Predictions) -> TriedView:
    """The label of one text with up to three others that were near."""
    shares = predictions.probabilities[0]
    order = np.argsort(-shares)
    guesses = [Guess(labels[place], float(shares[place])) for place in order[:4]]
    others = tuple(guess for guess in guesses[1:] if guess.probability >= 0.01)
    return TriedView(text, guesses[0].label, guesses[0].probability, others)


def _expected(row: ClassifierRow, recommendation: RecommendationRow | None) -> float | None:
    if recommendation is None or row.rank is None:
        return None
    ranked = next((one for one in recommendation.architectures if one["rank"] == row.rank), None)
    return ranked["expected_accuracy"] if ranked else None


def _facts(cost: Mapping[str, Any]) -> tuple[Fact, ...]:
    return (
        Fact("to turn texts into vectors", seconds(cost["embed_seconds"])),
        Fact("to train", seconds(cost["train_seconds"])),
        Fact("to classify one text", seconds(cost["predict_milliseconds"] / 1000)),
        Fact("size on disk", size(cost["bundle_bytes"])),
    )
