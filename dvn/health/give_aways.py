"""Words that nearly determine a label become a finding, if topic alone would not explain them.

A word is a give-away when nearly all different texts that have it are of one class: its precision is at
least `PRECISE`, the lower end of Wilson's interval (1927) at least `SURELY_PRECISE`, and the same at the
level of Bonferroni for all words that were tried lies more than half-way from the class's share to 1. Since
a good topical word may be as precise, it is named only if it covers a large part of its class and some of
the dataset too, and sooner if it is the class's own name or looks like an id. Near-duplicates count once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int

from dvn.data.wording import counted
from dvn.health.finding import Finding, Kind, Severity
from dvn.health.reading import Reading, clipped
from dvn.health.words import LINK, MENTION, words_of

FEWEST_TEXTS: Final = 20
PRECISE, SURELY_PRECISE = 0.97, 0.9
COVERED: Final = 0.6
"""The least share of its class that an ordinary word must stand in."""
GRAVE: Final = 0.5
"""The share of its class from which an id must be dealt with."""
COVERED_BY_NAME: Final = 0.2
"""The same for the class's own name, and for what looks like an id."""
SHARE: Final = 0.05
"""The least share of all texts: of an ordinary word, and of all that is named."""
LEVEL: Final = 0.01
_ID: Final = re.compile(r"(?=.*\d)(?=.*[^\W\d_])\w{4,}|\w*_\w*|\d{5,}")
AN_ID, A_NAME = "looks like an id", "the class's own name"
_SHOWN: Final = {LINK: "a link", MENTION: "an @mention"}


@dataclass(frozen=True, slots=True)
class GiveAway:
    """A word with the class that it gives away; precision and coverage in [0, 1]."""

    word: str
    label: str
    texts: int
    precision: float
    coverage: float
    reason: str


def find_give_aways(reading: Reading) -> Iterator[Finding]:
    """The words that give labels away, as one finding."""
    rows = _one_of_each_group(reading)
    found = give_aways(reading, rows)
    total = sum({one.label: one.texts for one in reversed(found)}.values())
    if total < max(1, SHARE * len(rows)):
        return
    texts = reading.numbered.texts
    words = {one.word for one in found}
    shown = []
    for one in found[:3]:
        has = (
            row
            for row in rows.tolist()
            if one.word in _words_in(texts[reading.numbered.group_of[row]])
            and reading.dataset.labels[row] == one.label
        )
        shown += [next(has)]
    is_grave = any(one.reason == AN_ID and one.coverage >= GRAVE for one in found)
    yield Finding(
        Kind.give_aways,
        Severity.must_fix if is_grave else Severity.should_look,
        f"{counted(len(words), 'word')} that nearly {'tells' if len(words) == 1 else 'tell'} the label",
        "Where one of these words stands, the label is nearly always the same, and much of its class has it.",
        "If such a word will not be there when the classifier is used (a name of the class, an id, a stamp "
        "of the source), the test promises too much: take it out of the texts before uploading, and "
        "out of new texts likewise. If it is an honest part of the topic, leave it.",
        total,
        reading.share(total),
        items=tuple((_SHOWN.get(one.word, clipped(one.word, 40)), _said(one)) for one in found[:12]),
        examples=reading.examples(shown),
    )


def give_aways(reading: Reading, rows: Int[np.ndarray, " some"]) -> list[GiveAway]:
    """The words that give labels away among these rows, the widest first."""
    ids, labels = _texts_with_words(reading, rows)
    classes = len(reading.dataset.classes)
    frequency = np.bincount(ids, minlength=len(reading.words.vocabulary))
    tried = np.flatnonzero(frequency >= FEWEST_TEXTS)
    if not len(tried):
        return []
    place = np.full(len(frequency), -1, dtype=np.int64)
    place[tried] = np.arange(len(tried))
    is_tried = place[ids] >= 0
    counts = np.bincount(place[ids[is_tried]] * classes + labels[is_tried], minlength=len(tried) * classes)
    counts = counts.reshape(len(tried), classes)
    best = counts.argmax(axis=1)
    inside, total = counts[np.arange(len(tried)), best], frequency[tried]
    sizes = np.bincount(reading.dataset.label_ids[rows], minlength=classes)
    base = (sizes / max(1, sizes.sum()))[best]
    level = NormalDist().inv_cdf(1 - LEVEL / (len(tried) * classes))
    coverage = inside / np.maximum(sizes[best], 1)
    is_precise = (inside >= PRECISE * total) & (_lower_bound(inside, total, 1.96) >= SURELY_PRECISE)
    # Where nearly all texts have one label, every word is precise.
    is_lift = _lower_bound(inside, total, level) > (1 + base) / 2
    hits = np.flatnonzero(is_precise & is_lift & (coverage >= COVERED_BY_NAME))
    found = []
    for hit in hits.tolist():
        word, label = reading.words.vocabulary[tried[hit]], reading.dataset.classes[best[hit]]
        reason = _reason(word, label)
        if _is_character(word):
            continue
        if reason or (coverage[hit] >= COVERED and inside[hit] >= SHARE * len(rows)):
            share = float(inside[hit] / total[hit])
            found.append(GiveAway(word, label, int(inside[hit]), share, float(coverage[hit]), reason))
    return sorted(found, key=lambda one: (not one.reason, -one.coverage, one.word))


def _texts_with_words(
    reading: Reading, rows: Int[np.ndarray, " some"]
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """Each word of each of these rows once, with the row's class."""
    words, vocabulary = reading.words, max(1, len(reading.words.vocabulary))
    label_of = np.full(len(words.lengths), -1, dtype=np.int64)
    label_of[reading.numbered.group_of[rows]] = reading.dataset.label_ids[rows]
    text_of = np.repeat(np.arange(len(words.lengths)), words.lengths)
    chosen: Bool[np.ndarray, " words"] = label_of[text_of] >= 0
    pairs = np.sort(text_of[chosen] * vocabulary + words.ids[chosen])
    # Sorting beats hashing here: there are few repetitions.
    pairs = pairs[np.concatenate([[True], np.diff(pairs) > 0])] if len(pairs) else pairs
    return pairs % vocabulary, label_of[pairs // vocabulary]


def _one_of_each_group(reading: Reading) -> Int[np.ndarray, " some"]:
    return np.unique(reading.near, return_index=True)[1]


def _lower_bound(
    inside: Int[np.ndarray, " words"], total: Int[np.ndarray, " words"], level: float
) -> Float[np.ndarray, " words"]:
    """The lower end of Wilson's interval of inside / total."""
    share, square = inside / total, level * level / total
    half = level * np.sqrt(share * (1 - share) / total + square / (4 * total))
    low: Float[np.ndarray, " words"] = (share + square / 2 - half) / (1 + square)
    return low


def _is_character(word: str) -> bool:
    """Whether a word is a single character beyond ASCII: it tells a language or a script, no label."""
    return len(word) == 1 and word not in _SHOWN and not word.isascii()


def _reason(word: str, label: str) -> str:
    names = set(re.findall(r"[^\W_]+", label.casefold())) | {label.casefold()}
    if word in names:
        return A_NAME
    return AN_ID if _ID.fullmatch(word) else ""


def _said(one: GiveAway) -> str:
    reason = f", {one.reason}" if one.reason else ""
    return (
        f"{100 * one.precision:.1f} % of its texts are '{clipped(one.label, 40)}', "
        f"{100 * one.coverage:.0f} % of which have it{reason}"
    )


def _words_in(text: str) -> set[str]:
    return set(words_of([text]).vocabulary)
