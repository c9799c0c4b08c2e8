"""What may be asked of the value network about a task, as one value that makes the answer repeatable."""

from dataclasses import dataclass

from dvn.architecture_inference.stage import Stage

STARTS = 64


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: how many architectures, trained within how many seconds on one core; how soon."""

    top: int = 5
    seed: int = 0
    max_seconds: float = 60.0
    starts: int = STARTS
    stage: Stage = Stage.instant
