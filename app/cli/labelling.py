"""The texts of a file become predictions, in batches, as CSV or as one JSON document."""

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from app.errors import BadInputError
from app.storage import replacing
from dvn.training import Predictions, TrainedClassifier, UnusableClassifierError

BATCH_TEXTS: Final = 8_192
BATCH_CHARACTERS: Final = 4_000_000


class UnusableModelError(BadInputError):
    """The folder given as MODEL cannot predict."""


def load_classifier(folder: Path) -> TrainedClassifier:
    """The classifier of a folder.

    Raises:
        UnusableModelError: The folder holds none, or a damaged one.
    """
    try:
        return TrainedClassifier.load(folder)
    except UnusableClassifierError as error:
        raise UnusableModelError(str(error)) from error


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts in their order, so many at a time that memory stays flat."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if len(batch) == BATCH_TEXTS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


@dataclass(slots=True)
class CsvSink:
    """Predictions as lines of `label,probability`, in UTF-8."""

    stream: IO[bytes]
    counts: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        self._put([("label", "probability")])

    def add(self, found: Predictions) -> None:
        self.counts.update(found.labels)
        shares = (f"{share:.6f}" for share in found.confidences.tolist())
        self._put(zip(found.labels, shares, strict=True))

    def end(self) -> None:
        self.stream.flush()

    def _put(self, rows: Iterable[tuple[str, str]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self.stream.write(text.getvalue().encode())


@dataclass(slots=True)
class JsonSink:
    """Predictions inside one JSON document, written as they come."""

    stream: IO[bytes]
    counts: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        self.stream.write(b'{"predictions": [')

    def add(self, found: Predictions) -> None:
        items = [
            json.dumps({"label": label, "probability": round(share, 6)}, ensure_ascii=False)
            for label, share in zip(found.labels, found.confidences.tolist(), strict=True)
        ]
        if items:
            comma = ", " if self.counts else ""
            self.stream.write((comma + ", ".join(items)).encode())
        self.counts.update(found.labels)

    def end(self) -> None:
        rest = json.dumps(summary(self.counts, None), ensure_ascii=False)
        self.stream.write(f"], {rest[1:]}\n".encode())
        self.stream.flush()


def summary(counts: Counter[str], out: Path | None) -> Mapping[str, Any]:
    """How many rows got which label, the most frequent first."""
    return {
        "rows": counts.total(),
        "out": None if out is None else str(out),
        "labels": dict(counts.most_common()),
    }


@contextmanager
def opened_sink(out: Path | None, *, as_json: bool) -> Iterator[CsvSink | JsonSink]:
    """Where predictions go: a file that appears when it is whole, or standard output."""
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) if out is not None else nullcontext() as draft:
        if draft is None:
            stream = sys.stdout.buffer
            yield JsonSink(stream) if as_json else CsvSink(stream)
        else:
            with draft.open("wb") as file:
                yield CsvSink(file)


def label_texts(
    classifier: TrainedClassifier,
    texts: Iterable[str],
    sink: CsvSink | JsonSink,
    show: Callable[[int], None],
) -> None:
    """Predict every text in its order; `show` is told how many are done."""
    sink.begin()
    done = 0
    for batch in batches(texts):
        sink.add(classifier.predict(batch))
        done += len(batch)
        show(done)
    sink.end()
