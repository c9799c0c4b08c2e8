"""What a classifier predicted of its test part, measured once, becomes everything that is shown of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from dvn.assessment.abstention import Answered, ThresholdChoice, answered_curve, threshold_choices
from dvn.assessment.calibration import Reliability, Trust, reliability, trust
from dvn.assessment.counts import ClassCounts, joined
from dvn.assessment.intervals import Interval, interval, resampled_counts
from dvn.assessment.measured import MeasuredPart, MeasuredPredictions
from dvn.training.temperature import tempered

MOST_ERRORS: Final = 20
_BASES: Final[Mapping[str, Callable[[ClassCounts], np.ndarray]]] = {
    "precision": lambda counts: counts.given,
    "recall": lambda counts: counts.sizes,
    "f1": lambda counts: counts.sizes + counts.given,
}
"""What each score of a class divides by."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class: its number, its test texts, and how well they and what was given it agree."""

    number: int
    texts: int
    given: int
    precision: Interval
    recall: Interval
    f1: Interval


@dataclass(frozen=True, slots=True)
class WorstError:
    """A test text that was given a wrong class with confidence; only its row number is kept."""

    row: int
    truth: int
    predicted: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of a classifier; scores are of test texts, classes are numbers into its labels."""

    texts: int
    accuracy: Interval
    macro_f1: Interval
    balanced_accuracy: Interval
    largest_class: float
    classes: tuple[ClassScore, ...]
    temperature: float
    before: Reliability
    after: Reliability
    trust: Trust
    curve: tuple[Answered, ...]
    thresholds: tuple[ThresholdChoice, ...]
    worst: tuple[WorstError, ...]


def assess(predictions: MeasuredPredictions, *, seed: int = 0) -> Assessment:
    """The assessment of a classifier; the same predictions and seed give the same.

    The temperature and the thresholds come from validation texts, everything else from test texts.
    """
    test = predictions.test
    classes = test.probabilities.shape[1]
    is_right = test.predicted == test.truths
    validation, after = (
        confidences(part, predictions.temperature) for part in (predictions.validation, test)
    )
    calibrated = reliability(after, is_right, seed=seed)
    was_right = predictions.validation.predicted == predictions.validation.truths
    counts = _counts(test, classes)
    overall, by_class = _intervals(test, counts, seed)
    return Assessment(
        texts=len(test.truths),
        accuracy=overall[0],
        macro_f1=overall[1],
        balanced_accuracy=overall[2],
        largest_class=float(counts.sizes.max() / counts.sizes.sum()),
        classes=by_class,
        temperature=predictions.temperature,
        before=reliability(confidences(test, 1.0), is_right, seed=seed),
        after=calibrated,
        trust=trust(calibrated),
        curve=answered_curve(after, is_right),
        thresholds=threshold_choices((validation, was_right), (after, is_right)),
        worst=_worst(test, after, is_right),
    )


def confidences(part: MeasuredPart, temperature: float) -> Float[np.ndarray, " texts"]:
    """The probability of each predicted class, at a temperature."""
    chosen = tempered(part.probabilities, temperature)[np.arange(len(part.predicted)), part.predicted]
    return np.asarray(np.clip(chosen, 0.0, 1.0), dtype=np.float64)


def _counts(part: MeasuredPart, classes: int) -> ClassCounts:
    hits = part.truths[part.truths == part.predicted]
    numbers = [
        np.bincount(some, minlength=classes).astype(np.float64)
        for some in (hits, part.truths, part.predicted)
    ]
    return ClassCounts(*numbers)


def _intervals(
    test: MeasuredPart, counts: ClassCounts, seed: int
) -> tuple[list[Interval], tuple[ClassScore, ...]]:
    """Accuracy, macro-F1 and balanced accuracy of the part, and the scores of every class that occurs."""
    drawn = joined(list(resampled_counts(test.truths, test.predicted, len(counts.sizes), seed=seed)))
    overall = [
        interval(float(getattr(counts, name)()), getattr(drawn, name)(), texts=len(test.truths))
        for name in ("accuracy", "macro_f1", "balanced_accuracy")
    ]
    found = {name: _by_class(counts, drawn, name) for name in _BASES}
    occurring = np.flatnonzero(counts.sizes + counts.given).tolist()
    scores = tuple(
        ClassScore(
            number=number,
            texts=int(counts.sizes[number]),
            given=int(counts.given[number]),
            precision=found["precision"][number],
            recall=found["recall"][number],
            f1=found["f1"][number],
        )
        for number in occurring
    )
    return overall, scores


def _by_class(counts: ClassCounts, drawn: ClassCounts, name: str) -> list[Interval]:
    """The intervals of one score for every class; a resample without a text to divide by does not count."""
    base_of = _BASES[name]
    values, draws = getattr(counts, name)(), getattr(drawn, name)()
    bases, drawn_bases = base_of(counts), base_of(drawn)
    return [
        interval(float(values[i]), draws[drawn_bases[:, i] > 0, i], texts=int(bases[i]))
        for i in range(len(values))
    ]


def _worst(
    test: MeasuredPart, found: Float[np.ndarray, " texts"], is_right: Bool[np.ndarray, " texts"]
) -> tuple[WorstError, ...]:
    """The wrong predictions of the highest confidence; the lower row comes first at a tie."""
    wrong = np.flatnonzero(~is_right)
    order = wrong[np.lexsort((test.rows[wrong], -found[wrong]))][:MOST_ERRORS]
    return tuple(
        WorstError(int(test.rows[i]), int(test.truths[i]), int(test.predicted[i]), float(found[i]))
        for i in order
    )
