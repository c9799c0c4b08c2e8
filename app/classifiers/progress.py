"""A training's progress becomes what its page shows: a share, words, seconds left, and the curve so far."""

from dataclasses import dataclass, field
from typing import Any, Final

from app.web.wording import METRIC_WORDS, count, percent, seconds
from dvn.training import MetricName, Progress

_MEASURING: Final = 0.95
_QUICK_FEATURES, _SLOW_FEATURES = 0.05, 0.5
"""The share of the bar that turning texts into vectors takes, without and with a frozen encoder."""


@dataclass(frozen=True, slots=True)
class Said:
    """Progress in [0, 1], 0 while it cannot be told; the words for it; facts for programs."""

    share: float
    words: str
    facts: dict[str, Any]


@dataclass(slots=True)
class TrainingProgress:
    """What was seen of one training, whose best step is told by `metric`."""

    metric: MetricName = "accuracy"
    features: float = _QUICK_FEATURES
    began: float | None = None
    curve: list[list[float]] = field(default_factory=list)

    def said(self, progress: Progress) -> Said:
        """What to show of the training now."""
        if progress.phase == "features":
            return self._features(progress)
        if progress.phase == "evaluating":
            return Said(_MEASURING, "Measuring on the test texts", self._facts(None))
        return self._training(progress)

    def _features(self, progress: Progress) -> Said:
        words = "Turning the texts into vectors"
        if progress.step == 0:
            return Said(0.0, words, self._facts(None))
        # Only a frozen encoder tells how far it is, and it takes longer than the training.
        self.features = _SLOW_FEATURES
        left = progress.seconds / progress.step * (progress.steps - progress.step)
        words += f": {count(progress.step)} of {count(progress.steps)}"
        words += f", about {seconds(max(left, 1.0))} left for this"
        share = _SLOW_FEATURES * progress.step / max(1, progress.steps)
        return Said(share, words, self._facts(left))

    def _training(self, progress: Progress) -> Said:
        if self.began is None:
            self.began = progress.seconds
        if progress.validation_score is not None:
            self.curve.append([progress.step, progress.validation_score])
        share = progress.step / max(1, progress.steps)
        words = f"Step {count(progress.step)} of {count(progress.steps)}"
        left = None
        if self.curve:
            words += f", {self._reached(self.curve[-1][1])} on the validation texts"
        spent = progress.seconds - self.began
        if spent > 0 and 0 < share < 1:
            left = spent / share * (1 - share)
            words += f", about {seconds(max(left, 1.0))} left"
        return Said(self.features + (_MEASURING - self.features) * share, words, self._facts(left))

    def _reached(self, score: float) -> str:
        if self.metric == "accuracy":
            return f"{percent(score)} right"
        return f"{METRIC_WORDS[self.metric]} {percent(score)}"

    def _facts(self, left: float | None) -> dict[str, Any]:
        return {"seconds_left": left, "curve": list(self.curve)}
