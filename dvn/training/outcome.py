"""What a run leaves behind: scores, curve, cost, predictions; and how it reports while it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float, Int

from dvn.errors import TrainingError
from dvn.training.metrics import MetricName


class TrainingCancelledError(TrainingError):
    """The watcher of a run asked it to stop."""

    def __init__(self, step: int, steps: int) -> None:
        super().__init__(f"The training was cancelled at step {step} of {steps}.")


class DivergedError(TrainingError):
    """The loss of a run is no longer a finite number."""

    def __init__(self, step: int, steps: int) -> None:
        super().__init__(
            f"The training diverged: the loss stopped being a finite number by step {step} of {steps}; "
            "a lower learning rate would help."
        )


class NoTrainingRowsError(TrainingError):
    """A split leaves a part empty that training needs."""

    def __init__(self, part: str, rows: int) -> None:
        super().__init__(f"The {part} part of this dataset has {rows} rows; give the file more rows.")


StoppedBy = Literal["steps", "seconds", "wish", "score"]
NOT_LAST: Final = ("wish", "score")
"""How a run stopped that may have kept another state than that at the end of its steps."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one run's steps, at the first of which it stops, and which of its states it keeps.

    Seconds count from the first step: a run whose texts took long to embed is still trained.
    `is_enough` is asked several times a second, once the validation texts were looked at for the first
    time: True ends the steps, and the best state so far is kept. The best is told by `metric` on the
    validation texts.

    Decision: by accuracy a run that goes to its end keeps its last state; by another metric the best of those
    in which the validation texts were looked at. Why: every run of the experience kept its last state, and
    what is foretold by it must be trained as it was.
    """

    max_seconds: float = 600.0
    max_steps: int | None = None
    is_enough: Callable[[], bool] | None = None
    metric: MetricName = "accuracy"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: `step` of `steps`, `seconds` since it began.

    While features are computed, a step is a text that a frozen encoder has done. `validation_score` is what
    was just reached by the metric of the budget; None between two looks at the validation texts.
    """

    phase: Literal["features", "training", "evaluating"]
    step: int
    steps: int
    seconds: float
    validation_score: float | None = None


Watch = Callable[[Progress], bool]
"""Called often with the progress; False asks the run to stop."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One value of the learning curve; `seconds` are CPU seconds since the first step."""

    step: int
    metric: str
    value: float
    seconds: float


@dataclass(frozen=True, slots=True)
class RunCost:
    """What a run cost: CPU seconds, milliseconds to predict a text, bytes of memory and of the bundle."""

    embed_seconds: float
    train_seconds: float
    predict_milliseconds: float
    peak_bytes: int
    parameters: int
    bundle_bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one run; metrics are by (part, name), each in [0, 1].

    Probabilities are those before the temperature, which was fitted on the validation part. `steps` are those
    of the state that is kept; `stopped_by` is "score" where a training went to its end and an earlier state
    was better by its metric.
    """

    metrics: Mapping[tuple[str, str], float]
    curve: tuple[CurvePoint, ...]
    cost: RunCost
    validation_probabilities: Float[np.ndarray, "texts classes"]
    test_probabilities: Float[np.ndarray, "texts classes"]
    temperature: float
    test_confusion: Int[np.ndarray, "classes classes"]
    test_rows: int
    steps: int
    stopped_by: StoppedBy
