"""A training's predictions become the assessment that is stored with its classifier, and is read from there.

Decision: it is computed once, by the worker, and stored as one document. Why: pages open at once, and the
test part is not read again. It holds row numbers and words that decide, and never a whole text.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Int
from pydantic import TypeAdapter

from app.classifiers.tables import ClassifierRow
from app.datasets.service import LearningData
from app.db.base import Json
from app.errors import ConflictError
from app.storage import MissingDatasetError, Storage
from dvn.assessment import (
    Assessment,
    MeasuredPredictions,
    TellingWord,
    WorstError,
    assess,
    measured,
    telling_words,
)
from dvn.data.stored import read_texts_at
from dvn.training import Trained

_TEXTS_FOR_WORDS: Final = 300
_TEXTS_FOR_WORDS_WITH_ENCODER: Final = 60


class NotAssessedError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "This classifier has no assessment: it is not ready, or older than assessments; train it again."
        )


@dataclass(frozen=True, slots=True)
class StoredAssessment:
    """An assessment, the telling words of each class, and the stored dataset that its row numbers mean."""

    scores: Assessment
    telling_words: tuple[tuple[TellingWord, ...], ...]
    content_hash: str


@dataclass(frozen=True, slots=True)
class ShownError:
    """A confident wrong prediction with its text, for the owner of the dataset alone."""

    text: str
    truth: str
    predicted: str
    confidence: float


StoredRows = Int[np.ndarray, " rows"]
"""For each row that is learned from its number in the stored dataset."""

_STORED: Final = TypeAdapter(StoredAssessment)


def predictions_of(trained: Trained, data: LearningData, rows: StoredRows | None) -> MeasuredPredictions:
    """What a training predicted, by row numbers of the stored dataset.

    Args:
        trained: The training.
        data: What it learned from.
        rows: For each row of it the row of the stored dataset, if these are not the same.
    """
    return measured(trained.outcome, data.dataset, data.split, rows)


def assessment_of(
    trained: Trained, predictions: MeasuredPredictions, data: LearningData, content_hash: str
) -> StoredAssessment:
    """The assessment of a training; telling words come from validation texts."""
    classifier = trained.classifier
    slow = classifier.pipeline.encoder is not None
    words = telling_words(
        lambda texts: classifier.predict(texts).probabilities,
        [data.dataset.texts[row] for row in data.split.validation],
        len(classifier.labels),
        most_texts=_TEXTS_FOR_WORDS_WITH_ENCODER if slow else _TEXTS_FOR_WORDS,
    )
    return StoredAssessment(assess(predictions), words, content_hash)


def document_of(stored: StoredAssessment) -> Json:
    """The assessment as JSON."""
    return asdict(stored)


def find_assessment(row: ClassifierRow) -> StoredAssessment | None:
    """The assessment of a classifier; those trained before there were any have none."""
    return None if row.assessment is None else _STORED.validate_python(row.assessment)


def get_assessment(row: ClassifierRow) -> StoredAssessment:
    """The assessment of a classifier.

    Raises:
        NotAssessedError: It has none.
    """
    found = find_assessment(row)
    if found is None:
        raise NotAssessedError
    return found


def labels_of(row: ClassifierRow) -> tuple[str, ...]:
    """The labels of a ready classifier, in the order of its class numbers."""
    assert row.confusion is not None, "a ready classifier was measured"
    return tuple(row.confusion["labels"])


def worst_errors(storage: Storage, stored: StoredAssessment, labels: Sequence[str]) -> tuple[ShownError, ...]:
    """The most confident wrong predictions with their texts, read from the stored dataset.

    Raises:
        MissingDatasetError: The dataset is not on this machine.
    """
    worst: tuple[WorstError, ...] = stored.scores.worst
    if not worst:
        return ()
    path: Path = storage.datasets / f"{stored.content_hash}.parquet"
    if not path.exists():
        raise MissingDatasetError
    texts = read_texts_at(path, [one.row for one in worst])
    return tuple(
        ShownError(text, labels[one.truth], labels[one.predicted], one.confidence)
        for one, text in zip(worst, texts, strict=True)
    )


def rows_within(stored: Sequence[str], kept: Sequence[str]) -> Int[np.ndarray, " texts"]:
    """For each kept text its row among the stored ones: the same order, with others between."""
    rows = np.empty(len(kept), dtype=np.int64)
    at = 0
    for number, text in enumerate(kept):
        while stored[at] != text:
            at += 1
        rows[number] = at
        at += 1
    return rows
