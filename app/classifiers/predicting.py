"""Texts become predictions on the computing threads; a file of texts becomes a CSV, line by line."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from shutil import copyfileobj
from time import sleep
from typing import IO, Final
from uuid import UUID, uuid4

from app.classifiers.loaded import LoadedClassifiers
from app.errors import BadInputError
from app.storage import PART, Storage, remove
from app.web.computing import ComputePool, ComputingBusyError
from dvn.assessment import ExplainedWord, explain
from dvn.data.choices import Limits
from dvn.data.read_texts import open_texts
from dvn.training import Predictions

MOST_EXPLAINED: Final = 20
_TEXTS_AT_ONCE: Final = 256
_QUICK_TEXTS: Final = 16
_QUICK_CHARACTERS: Final = 8_000
_WAIT_SECONDS: Final = 0.2


class TooManyTextsError(BadInputError):
    def __init__(self, texts: int, limit: int) -> None:
        super().__init__(f"{texts:,} texts were sent and {limit:,} are allowed at once; send them in parts.")


def refuse_many(texts: int, limit: int) -> None:
    """Refuse more texts than one request may have.

    Raises:
        TooManyTextsError: There are more.
    """
    if texts > limit:
        raise TooManyTextsError(texts, limit)


class TooManyExplainedError(BadInputError):
    def __init__(self, texts: int) -> None:
        super().__init__(
            f"{texts:,} texts were sent to be explained and {MOST_EXPLAINED} are allowed at once; "
            "send them in parts, or without `explain`."
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of some texts: labels from a probability on, and perhaps the words that decided."""

    abstain_below: float = 0.0
    explains: bool = False


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions, the names of the classes, the threshold, and each text's words if they were wanted."""

    predictions: Predictions
    classes: tuple[str, ...]
    abstain_below: float
    words: list[tuple[ExplainedWord, ...]] | None


def predict(loaded: LoadedClassifiers, classifier_id: UUID, texts: Sequence[str]) -> Predictions:
    """The predictions of a classifier, loaded now if it was not used lately."""
    return loaded.get(classifier_id).predict(texts)


def predict_as_asked(
    loaded: LoadedClassifiers, classifier_id: UUID, texts: Sequence[str], asked: Asked
) -> Predicted:
    """Predictions with what else is wanted of them."""
    classifier = loaded.get(classifier_id)
    predictions = classifier.predict(texts)
    words = None
    if asked.explains:
        words = explain(lambda some: classifier.predict(some).probabilities, texts, predictions.probabilities)
    return Predicted(predictions, classifier.labels, asked.abstain_below, words)


def predict_in_turn(
    pool: ComputePool, loaded: LoadedClassifiers, classifier_id: UUID, texts: Sequence[str], asked: Asked
) -> Predicted:
    """Predictions, at once where they take a few milliseconds, else when it is their turn to compute.

    Raises:
        ComputingBusyError: It is nobody's turn any more: too many wait.
    """
    warm = loaded.find(classifier_id)
    # Without an encoder a text takes about a millisecond: it need not wait behind a recommendation.
    is_quick = warm is not None and warm.pipeline.encoder is None and not asked.explains
    if is_quick and len(texts) <= _QUICK_TEXTS and sum(map(len, texts)) <= _QUICK_CHARACTERS:
        return predict_as_asked(loaded, classifier_id, texts, asked)
    return pool.run(predict_as_asked, loaded, classifier_id, texts, asked)


def refuse_many_explained(texts: int) -> None:
    """Refuse more texts than are explained at once.

    Raises:
        TooManyExplainedError: There are more.
    """
    if texts > MOST_EXPLAINED:
        raise TooManyExplainedError(texts)


def read_texts(file: IO[bytes], column: str, storage: Storage, limits: Limits) -> list[str]:
    """The texts of an uploaded file, one for each row, empty ones too; nothing of it is kept.

    Raises:
        DataError: The file cannot be read, or it cannot be told where its texts are.
    """
    draft = storage.uploads / f"{uuid4()}{PART}"
    try:
        with draft.open("xb") as copy:
            copyfileobj(file, copy)
        return list(open_texts(draft, preferred=column, limits=limits).texts())
    finally:
        remove(draft)


def prediction_lines(
    pool: ComputePool,
    loaded: LoadedClassifiers,
    classifier_id: UUID,
    texts: Sequence[str],
    *,
    abstain_below: float = 0.0,
) -> Iterator[str]:
    """A CSV of label and probability for each text as it is computed; without a label below a threshold."""
    yield "label,probability\r\n"
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = texts[start : start + _TEXTS_AT_ONCE]
        predictions = _patiently(pool, loaded, classifier_id, some)
        lines = io.StringIO()
        writer = csv.writer(lines)
        for label, probability in zip(predictions.labels, predictions.confidences.tolist(), strict=True):
            writer.writerow([label if probability >= abstain_below else "", f"{probability:.6f}"])
        yield lines.getvalue()


def stem_of(file_name: str | None) -> str:
    """A file's name without its ending, safe in a header."""
    stem = PurePath(file_name or "texts").stem
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in stem)[:100] or "texts"


def _patiently(
    pool: ComputePool, loaded: LoadedClassifiers, classifier_id: UUID, texts: Sequence[str]
) -> Predictions:
    # The answer has begun and can no longer become a 503: it waits for its turn instead.
    while True:
        try:
            return pool.run(predict, loaded, classifier_id, texts)
        except ComputingBusyError:
            sleep(_WAIT_SECONDS)
