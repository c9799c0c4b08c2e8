"""A ready classifier becomes the bundle that people download, with what its rows know of it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final
from uuid import UUID

from app.classifiers.assessing import find_assessment
from app.classifiers.loaded import LoadedClassifiers
from app.classifiers.tables import ClassifierRow
from app.datasets.tables import DatasetRow
from app.web.wording import METRIC_WORDS
from dvn.assessment.intervals import wilson
from dvn.bundle import Bundle, CardFacts, Measured, make_bundle, write_zip

_CHUNK_BYTES: Final = 1 << 18


def card_facts(row: ClassifierRow, dataset: DatasetRow) -> CardFacts:
    """What the model card tells of a ready classifier beside its network; no text is among it."""
    assert row.metrics is not None, "a ready classifier was measured"
    test = row.metrics["test"]
    return CardFacts(
        name=dataset.name,
        text_column=dataset.text_column,
        rows=dataset.rows,
        class_counts=dataset.class_counts,
        languages=tuple(dataset.languages),
        test_rows=test["rows"],
        scores=_scores(row),
        kept_by=None if row.metric == "accuracy" else METRIC_WORDS[row.metric],
        trained_on=None if row.ended_at is None else f"{row.ended_at:%Y-%m-%d}",
    )


def _scores(row: ClassifierRow) -> tuple[Measured, ...]:
    """The scores with the intervals that were stored; an older classifier has none but Wilson's."""
    stored = find_assessment(row)
    if stored is None:
        assert row.metrics is not None, "a ready classifier was measured"
        test = row.metrics["test"]
        low, high = wilson(test["accuracy"] * test["rows"], test["rows"])
        return Measured("accuracy", test["accuracy"], low, high), Measured("macro-F1", test["macro_f1"])
    found = stored.scores
    named = {
        "accuracy": found.accuracy,
        "macro-F1": found.macro_f1,
        "balanced accuracy": found.balanced_accuracy,
    }
    return tuple(Measured(name, score.value, score.low, score.high) for name, score in named.items())


def bundle_of(loaded: LoadedClassifiers, classifier_id: UUID, facts: CardFacts) -> Bundle:
    """The bundle of a classifier.

    Raises:
        MissingClassifierError: Its files are gone.
        EmbeddingError, TooLargeGraphError: It cannot be packed here.
    """
    return make_bundle(loaded.get(classifier_id), facts)


def packed(bundle: Bundle, folder: str, place: Path) -> tuple[IO[bytes], int]:
    """The zip of a bundle in a file without a name, which is gone when it is closed, and its length."""
    file = TemporaryFile(dir=place)  # noqa: SIM115  # closed when its last byte was sent
    try:
        write_zip(bundle, folder, file)
        length = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, length


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The file piece by piece; it is closed at its end, and when nobody reads on."""
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
