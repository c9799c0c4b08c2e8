"""The texts of a file become predictions, in batches, as CSV or as one JSON document."""

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from app.cli.options import Wanted
from app.errors import BadInputError
from app.storage import replacing
from dvn.assessment import ExplainedWord, explain
from dvn.data.text_facts import blocks
from dvn.training import TrainedClassifier, UnusableClassifierError

BATCH_TEXTS: Final = 8_192
ABSTAINED: Final = ""
"""What stands for no label in counts; no label of a dataset is empty."""
_FEW_WORDS: Final = 5


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


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text's answer; `words` are null unless they were wanted."""

    label: str | None
    probability: float
    words: Sequence[Mapping[str, Any]] | None


@dataclass(slots=True)
class CsvSink:
    """Predictions as lines of `label,probability` and perhaps `words`; no label where it abstains."""

    stream: IO[bytes]
    wanted: Wanted
    counts: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        self._put([("label", "probability", "words") if self.wanted.explain else ("label", "probability")])

    def add(self, found: Sequence[Labelled]) -> None:
        self.counts.update(one.label or ABSTAINED for one in found)
        self._put(self._row(one) for one in found)

    def end(self) -> None:
        self.stream.flush()

    def _row(self, one: Labelled) -> tuple[str, ...]:
        row = (one.label or "", f"{one.probability:.6f}")
        return row if one.words is None else (*row, _few_words(one.words))

    def _put(self, rows: Iterable[tuple[str, ...]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self.stream.write(text.getvalue().encode())


@dataclass(slots=True)
class JsonSink:
    """Predictions inside one JSON document, written as they come."""

    stream: IO[bytes]
    wanted: Wanted
    counts: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        self.stream.write(b'{"predictions": [')

    def add(self, found: Sequence[Labelled]) -> None:
        items = [json.dumps(self._item(one), ensure_ascii=False) for one in found]
        if items:
            comma = ", " if self.counts else ""
            self.stream.write((comma + ", ".join(items)).encode())
        self.counts.update(one.label or ABSTAINED for one in found)

    def end(self) -> None:
        rest = json.dumps(summary(self.counts, None), ensure_ascii=False)
        self.stream.write(f"], {rest[1:]}\n".encode())
        self.stream.flush()

    def _item(self, one: Labelled) -> Mapping[str, Any]:
        item = {"label": one.label, "probability": round(one.probability, 6)}
        return item if one.words is None else {**item, "words": one.words}


def labelled(classifier: TrainedClassifier, texts: Sequence[str], wanted: Wanted) -> list[Labelled]:
    """The answers to some texts, as wanted."""
    found = classifier.predict(texts)
    words: Sequence[Sequence[Mapping[str, Any]] | None] = [None] * len(texts)
    if wanted.explain:
        explained = explain(lambda some: classifier.predict(some).probabilities, texts, found.probabilities)
        words = [_words(text, ones) for text, ones in zip(texts, explained, strict=True)]
    return [
        Labelled(label if share >= wanted.abstain_below else None, share, ones)
        for label, share, ones in zip(found.labels, found.confidences.tolist(), words, strict=True)
    ]


def _words(text: str, words: Sequence[ExplainedWord]) -> list[Mapping[str, Any]]:
    return [
        {
            "word": text[one.start : one.end],
            "start": one.start,
            "end": one.end,
            "weight": round(one.weight, 6),
        }
        for one in words
    ]


def _few_words(words: Sequence[Mapping[str, Any]]) -> str:
    """The words that decided most, with the probability lost without each."""
    strong = sorted(words, key=lambda one: (-abs(one["weight"]), one["start"]))[:_FEW_WORDS]
    return " ".join(f"{one['word']}:{one['weight']:+.3f}" for one in strong if abs(one["weight"]) >= 0.001)


def summary(counts: Counter[str], out: Path | None) -> Mapping[str, Any]:
    """How many rows got which label, the most frequent first."""
    return {
        "rows": counts.total(),
        "out": None if out is None else str(out),
        "labels": {label: number for label, number in counts.most_common() if label != ABSTAINED},
        "abstained": counts[ABSTAINED],
    }


@contextmanager
def opened_sink(out: Path | None, wanted: Wanted, *, as_json: bool) -> Iterator[CsvSink | JsonSink]:
    """Where predictions go: a file that appears when it is whole, or standard output."""
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) if out is not None else nullcontext() as draft:
        if draft is None:
            stream = sys.stdout.buffer
            yield JsonSink(stream, wanted) if as_json else CsvSink(stream, wanted)
        else:
            with draft.open("wb") as file:
                yield CsvSink(file, wanted)


def label_texts(
    classifier: TrainedClassifier,
    texts: Iterable[str],
    sink: CsvSink | JsonSink,
    show: Callable[[int], None],
) -> None:
    """Predict every text in its order; `show` is told how many are done."""
    sink.begin()
    done = 0
    for batch in blocks(texts, most_rows=BATCH_TEXTS):
        sink.add(labelled(classifier, batch, sink.wanted))
        done += len(batch)
        show(done)
    sink.end()
