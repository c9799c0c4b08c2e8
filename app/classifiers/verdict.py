"""An assessment becomes the few sentences that a person reads first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.web.figures import Confused, ConfusionPicture
from app.web.wording import count, plural
from dvn.assessment import Assessment, ClassScore, Interval, Reliability

_LEAST_TEXTS: Final = 5
"""Of a class with fewer test texts nothing is said here."""
_FEW_TEXTS: Final = 50
_WEAK: Final = 0.9
_LONGEST_LABEL: Final = 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence, and what should be known beside it; a warning is among the rest where one is due."""

    headline: str
    sentences: tuple[str, ...]
    is_trusted: bool
    trust: str


def verdict(found: Assessment, labels: Sequence[str], confusion: ConfusionPicture) -> Verdict:
    """What a classifier can and cannot do, in words."""
    sentences = [_against_largest(found, labels), *_best_and_weakest(found, labels)]
    if confusion.worst:
        sentences.append(_mixed_up(confusion.worst[0], found, labels))
    if found.texts < _FEW_TEXTS:
        sentences.append(
            f"There were only {plural(found.texts, 'test text')}: take every figure here with care."
        )
    return Verdict(
        headline=f"Right on {of_hundred(found.accuracy)}",
        sentences=tuple(sentences),
        is_trusted=found.trust == "yes",
        trust=trust_words(found),
    )


def of_hundred(score: Interval) -> str:
    """`84 of 100 new texts (81 to 87)`; with a decimal where whole numbers would say all or none."""
    values = [100 * bound for bound in (score.value, score.low, score.high)]
    is_close = values[0] > 99 or values[0] < 1
    value, low, high = (f"{number:.1f}" if is_close else f"{number:.0f}" for number in values)
    return f"{value} of 100 new texts ({low} to {high})"


def trust_words(found: Assessment) -> str:
    """Whether its probabilities can be taken at their word, and why."""
    after = found.after
    if found.trust == "yes":
        return f"Its probabilities can be taken at their word: {_said_and_right(after)}."
    if found.trust == "unknown":
        return (
            f"Whether its probabilities can be taken at their word cannot be told from "
            f"{plural(found.texts, 'test text')}."
        )
    if found.trust == "too_sure":
        return f"It is surer than it should be: {_said_and_right(after)}."
    if found.trust == "too_unsure":
        return f"It is right more often than it says: {_said_and_right(after)}."
    return (
        f"Its probabilities cannot be taken at their word: some are too high and some too low, by "
        f"{100 * after.error:.0f} points in the mean."
    )


def _said_and_right(after: Reliability) -> str:
    return (
        f"on average it says {100 * after.confidence:.0f} % and is right on {100 * after.accuracy:.0f} of 100"
    )


def _against_largest(found: Assessment, labels: Sequence[str]) -> str:
    largest = max(found.classes, key=lambda score: score.texts)
    return (
        f"Always answering {quoted(labels[largest.number])}, the most frequent class, would be right on "
        f"{100 * found.largest_class:.0f}."
    )


def _best_and_weakest(found: Assessment, labels: Sequence[str]) -> list[str]:
    known = [score for score in found.classes if score.texts >= _LEAST_TEXTS]
    if len(known) < 2:
        return []
    ranked = sorted(known, key=lambda score: (-score.f1.value, score.number))
    best, weakest = ranked[0], ranked[-1]
    words = f"Best at {_with_share(best, labels)}"
    if weakest.f1.value < best.f1.value:
        how = "weak" if weakest.f1.value < _WEAK else "weakest"
        words += f", {how} at {_with_share(weakest, labels)}"
    return [f"{words}."]


def _with_share(score: ClassScore, labels: Sequence[str]) -> str:
    found = round(score.recall.value * score.texts)
    return f"{quoted(labels[score.number])} (finds {count(found)} of {count(score.texts)})"


def _mixed_up(worst: Confused, found: Assessment, labels: Sequence[str]) -> str:
    texts = next(score.texts for score in found.classes if labels[score.number] == worst.truth)
    return (
        f"Most often it takes {quoted(worst.truth)} for {quoted(worst.predicted)}: "
        f"{count(worst.count)} of {plural(texts, 'text')}."
    )


def quoted(label: str) -> str:
    """A label between quotation marks, cut if it is long."""
    shown = label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
    return f"\u201c{shown}\u201d"
