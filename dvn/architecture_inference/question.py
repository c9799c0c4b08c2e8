"""What may be asked of the value network about a task, as one value that makes the answer repeatable."""

from dataclasses import dataclass

from dvn.architecture_inference.stage import Stage

STARTS = 64

PREFERENCE_STEPS = 20
"""The slider's positions beside zero; what is asked is brought to the nearest, for each has been climbed."""

MOST_POINTS = 10.0
"""The points of accuracy that a factor of ten of cost is worth at the far end of the slider."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: how many architectures, within which limits, at which price; how soon.

    Attributes:
        top: How many architectures to rank.
        seed: Draws the starts of the ascent.
        max_seconds: To embed the texts and train, on one core.
        starts: How many starts the ascent has.
        stage: How long the answer may take.
        max_bytes: Of the unpacked classifier; None is no limit.
        max_milliseconds: To predict one text; None is no limit.
        prefer_small: From 0, only accuracy counts, to 1, a classifier ten times smaller and faster may be
            `MOST_POINTS` less accurate. The price rises with the square: fine steps where most people choose.
    """

    top: int = 5
    seed: int = 0
    max_seconds: float = 60.0
    starts: int = STARTS
    stage: Stage = Stage.instant
    max_bytes: float | None = None
    max_milliseconds: float | None = None
    prefer_small: float = 0.0

    @property
    def step(self) -> int:
        """The slider's position that is nearest to what is preferred."""
        return round(min(max(self.prefer_small, 0.0), 1.0) * PREFERENCE_STEPS)


def price_at(step: int) -> float:
    """The accuracy, in [0, 1], that a factor of ten of cost is worth at a position of the slider."""
    return MOST_POINTS / 100.0 * (step / PREFERENCE_STEPS) ** 2
