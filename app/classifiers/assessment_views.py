"""An assessment becomes exactly what the classifier's page prints of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.classifiers.assessing import ShownError, StoredAssessment
from app.classifiers.pictures import (
    CoveragePicture,
    ReliabilityPicture,
    coverage_picture,
    reliability_picture,
)
from app.classifiers.verdict import Verdict, verdict
from app.web.figures import Axis, ConfusionPicture, IntervalPicture, axis_of, interval
from dvn.assessment import Assessment, ClassScore, Interval, Reliability, TellingWord

_FEW_CLASSES: Final = 12
_WHOLE: Final = Axis(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class with its figures and a picture of F1."""

    label: str
    texts: int
    precision: Interval
    recall: Interval
    f1: Interval
    picture: IntervalPicture


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    """One choice of the threshold form; the first is always answering."""

    value: str
    is_always: bool
    threshold: float
    coverage: float
    accuracy: Interval
    target: float | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class TellingLine:
    label: str
    words: tuple[TellingWord, ...]


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """All of a page that comes from an assessment."""

    verdict: Verdict
    accuracy: IntervalPicture
    macro_f1: Interval
    balanced_accuracy: Interval
    texts: int
    weakest: tuple[ClassLine, ...]
    others: tuple[ClassLine, ...]
    temperature: float
    before: Reliability
    after: Reliability
    reliability: ReliabilityPicture
    coverage: CoveragePicture | None
    thresholds: tuple[ThresholdLine, ...]
    errors: tuple[ShownError, ...] | None
    telling: tuple[TellingLine, ...]


def assessment_view(
    stored: StoredAssessment,
    labels: Sequence[str],
    confusion: ConfusionPicture,
    abstain_below: float | None,
    errors: tuple[ShownError, ...] | None,
) -> AssessmentView:
    """The view of an assessment; `errors` are None where the dataset is not at hand."""
    found = stored.scores
    lines = _class_lines(found.classes, labels)
    thresholds = _threshold_lines(found, abstain_below)
    now = next((line for line in thresholds if line.is_chosen), thresholds[0])
    return AssessmentView(
        verdict=verdict(found, labels, confusion),
        accuracy=_picture(found.accuracy, axis_of([found.accuracy.low])),
        macro_f1=found.macro_f1,
        balanced_accuracy=found.balanced_accuracy,
        texts=found.texts,
        weakest=lines[:_FEW_CLASSES],
        others=lines[_FEW_CLASSES:],
        temperature=found.temperature,
        before=found.before,
        after=found.after,
        reliability=reliability_picture(found.before, found.after),
        coverage=coverage_picture(
            found.curve,
            [(one.coverage, one.accuracy.value) for one in found.thresholds],
            (now.coverage, now.accuracy.value),
        ),
        thresholds=thresholds,
        errors=errors,
        telling=tuple(
            TellingLine(label, words)
            for label, words in zip(labels, stored.telling_words, strict=True)
            if words
        ),
    )


def _picture(score: Interval, axis: Axis) -> IntervalPicture:
    return interval(score.value, score.low, score.high, axis)


def _class_lines(scores: Sequence[ClassScore], labels: Sequence[str]) -> tuple[ClassLine, ...]:
    """The classes that occur, the weakest first."""
    ranked = sorted(scores, key=lambda score: (score.f1.value, score.number))
    return tuple(
        ClassLine(
            label=labels[one.number],
            texts=one.texts,
            precision=one.precision,
            recall=one.recall,
            f1=one.f1,
            picture=_picture(one.f1, _WHOLE),
        )
        for one in ranked
    )


def _threshold_lines(found: Assessment, abstain_below: float | None) -> tuple[ThresholdLine, ...]:
    """Always answering, each choice, and a threshold that was set by hand."""
    lines = [_threshold_line(0.0, 1.0, found.accuracy, None, is_chosen=not abstain_below)]
    for one in found.thresholds:
        is_chosen = one.threshold == abstain_below
        lines.append(
            _threshold_line(one.threshold, one.coverage, one.accuracy, one.target, is_chosen=is_chosen)
        )
    if abstain_below and not any(line.is_chosen for line in lines):
        near = next((point for point in found.curve if point.threshold >= abstain_below), found.curve[-1])
        rough = Interval(near.accuracy, near.accuracy, near.accuracy)
        lines.append(_threshold_line(abstain_below, near.coverage, rough, None, is_chosen=True))
    return tuple(lines)


def _threshold_line(
    threshold: float, coverage: float, accuracy: Interval, target: float | None, *, is_chosen: bool
) -> ThresholdLine:
    is_always = threshold == 0
    value = "0" if is_always else repr(threshold)
    return ThresholdLine(value, is_always, threshold, coverage, accuracy, target, is_chosen)
