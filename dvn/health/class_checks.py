"""Labels become findings: classes too small or thin, imbalance, labels that are none."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from jaxtyping import Int

from dvn.data.allotment import count_texts
from dvn.data.rare_classes import MIN_TEXTS
from dvn.data.wording import counted
from dvn.health.finding import Finding, Kind, Severity
from dvn.health.reading import Reading, clipped

THIN: Final = 20
"""Classes of fewer different texts are learned badly; a rule of thumb, said as one."""
LARGEST_SHARE: Final = 0.8
LARGEST_RATIO: Final = 50.0
_MOST_NAMES: Final = 12
_LONG_LABEL, _MANY_WORDS = 60, 8
_MANY_NUMBERS: Final = 15


def find_in_classes(reading: Reading) -> Iterator[Finding]:
    """What is found about the labels."""
    texts = count_texts(reading.dataset, reading.numbered.group_of)
    yield from _constant(reading)
    yield from _odd_labels(reading)
    yield from _small(reading, texts)
    yield from _thin(reading, texts)
    yield from _imbalance(reading)


def _constant(reading: Reading) -> Iterator[Finding]:
    different = len(reading.numbered.texts)
    if different > max(3, len(reading.dataset) // 500):
        return
    yield Finding(
        Kind.constant_texts,
        Severity.must_fix,
        f"Only {counted(different, 'different text')}",
        f"The column of texts says nearly the same in all of its {counted(len(reading.dataset), 'row')}.",
        "Nothing can be learned from it: choose another column of texts.",
        len(reading.dataset),
        1.0,
        examples=reading.examples(reading.firsts),
    )


def _odd_labels(reading: Reading) -> Iterator[Finding]:
    classes = reading.dataset.classes
    words = float(np.mean([len(name.split()) for name in classes]))
    length = float(np.mean([len(name) for name in classes]))
    numbers = sum(_is_number(name) for name in classes)
    if numbers == len(classes) > _MANY_NUMBERS:
        meaning = f"All of the {counted(len(classes), 'class')} are numbers."
        cost = "Numbers of a scale or of ids are no classes: what is between two of them is not understood."
    elif length > _LONG_LABEL or words > _MANY_WORDS:
        meaning = f"Labels have {words:.0f} words on average, as if they were texts."
        cost = "A label that is a sentence is hardly ever given twice, so that it cannot be learned."
    elif _mostly_single(reading):
        meaning = f"Most of the {counted(len(classes), 'class')} have a single row, as ids or names do."
        cost = "A class needs several texts to be learned and one to be tested on."
    else:
        return
    yield Finding(
        Kind.odd_labels,
        Severity.must_fix,
        "Labels that look like none",
        meaning,
        f"{cost} Choose another column of labels, or group the values first.",
        len(reading.dataset),
        1.0,
        items=tuple((clipped(name, 80), "") for name in classes[:_MOST_NAMES]),
    )


def _small(reading: Reading, texts: Int[np.ndarray, " classes"]) -> Iterator[Finding]:
    small = np.flatnonzero(texts < MIN_TEXTS)
    if not len(small):
        return
    rows = np.flatnonzero(np.isin(reading.dataset.label_ids, small))
    yield Finding(
        Kind.small_classes,
        Severity.must_fix,
        f"{counted(len(small), 'class')} too small to be split",
        f"A class needs {MIN_TEXTS} different texts, one each to learn from, to choose by and to test on.",
        "How well such a class is recognised cannot be measured; it may be merged, left out or kept.",
        len(rows),
        reading.share(len(rows)),
        items=_named(reading, small, texts),
        examples=reading.examples(rows.tolist()),
    )


def _thin(reading: Reading, texts: Int[np.ndarray, " classes"]) -> Iterator[Finding]:
    thin = np.flatnonzero((texts >= MIN_TEXTS) & (texts < THIN))
    if not len(thin):
        return
    rows = int(np.isin(reading.dataset.label_ids, thin).sum())
    yield Finding(
        Kind.thin_classes,
        Severity.should_look if reading.share(rows) >= 0.02 else Severity.good_to_know,
        f"{counted(len(thin), 'class')} with fewer than {THIN} texts",
        "These classes can be split, and hardly learned.",
        "Expect them to be mistaken for larger ones; a few dozen texts more help most.",
        rows,
        reading.share(rows),
        items=_named(reading, thin, texts),
    )


def _imbalance(reading: Reading) -> Iterator[Finding]:
    counts = np.bincount(reading.dataset.label_ids)
    # Classes too small to be split have a finding of their own.
    sizes = counts[counts >= MIN_TEXTS]
    if len(sizes) < 2:
        return
    largest = int(counts.argmax())
    share, ratio = float(counts.max() / counts.sum()), float(sizes.max() / sizes.min())
    if share < LARGEST_SHARE and ratio < LARGEST_RATIO:
        return
    name = clipped(reading.dataset.classes[largest], 40)
    yield Finding(
        Kind.imbalance,
        Severity.should_look if share >= LARGEST_SHARE else Severity.good_to_know,
        f"One class has {100 * share:.0f} % of all rows"
        if share >= LARGEST_SHARE
        else f"The largest class is {ratio:,.0f} times the smallest",
        f"'{name}' has {counted(int(counts.max()), 'row')}; the smallest class has {int(sizes.min()):,}.",
        f"Always answering '{name}' would be right in {100 * share:.0f} % of all cases: judge by "
        "macro-F1 and by the figures of each class, not by accuracy alone.",
        int(counts.max()),
        share,
    )


def _mostly_single(reading: Reading) -> bool:
    counts = np.bincount(reading.dataset.label_ids)
    return len(counts) > 30 and float((counts == 1).mean()) > 0.5


def _is_number(name: str) -> bool:
    return name.replace(".", "", 1).replace("-", "", 1).isdecimal()


def _named(
    reading: Reading, classes: Sequence[int] | Int[np.ndarray, " some"], texts: Int[np.ndarray, " classes"]
) -> tuple[tuple[str, str], ...]:
    ordered = sorted((int(texts[number]), reading.dataset.classes[number]) for number in classes)
    shown = [(clipped(name, 60), counted(rows, "text")) for rows, name in ordered[:_MOST_NAMES]]
    more = len(ordered) - len(shown)
    return (*shown, *((("…", f"{more:,} more"),) if more else ()))
