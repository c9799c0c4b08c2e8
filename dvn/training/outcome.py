"""What a run leaves behind: scores, curve, cost, predictions; and how it reports while it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from dvn.errors import TrainingError


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


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one run's steps; it stops at the first one met and keeps what it has.

    Seconds count from the first step: a run whose texts took long to embed is still trained.
    `is_enough` is asked several times a second, once the validation texts were looked at for the first
    time: True ends the steps, and the best state so far is kept.
    """

    max_seconds: float = 600.0
    max_steps: int | None = None
    is_enough: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: `step` of `steps`, `seconds` since it began.

    While features are computed, a step is a text that a frozen encoder has done.
    """

    phase: Literal["features", "training", "evaluating"]
    step: int
    steps: int
    seconds: float
    validation_accuracy: float | None = None


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

    Probabilities are those before the temperature, which was fitted on the validation part.
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
    stopped_by: Literal["steps", "seconds", "wish"]
