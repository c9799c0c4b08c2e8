"""Candidates become a ranked list: re-scored as real architectures, within the limit, of varied inputs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dvn.architecture import Architecture, Choice
from dvn.architecture_inference.climb import INPUTS
from dvn.architecture_inference.question import Question
from dvn.training.cost import TextVolume, input_seconds
from dvn.value_network.checkpoint import Checkpoint, Prediction
from dvn.value_network.value_form import TaskView


@dataclass(frozen=True, slots=True)
class RankedArchitecture:
    """One recommended architecture; `seconds` to embed the texts and train, `bytes` of its bundle."""

    rank: int
    architecture: Architecture
    expected_accuracy: float
    low: float
    high: float
    seconds: float
    bytes: int


def rank(
    checkpoint: Checkpoint,
    task: TaskView,
    candidates: list[Architecture],
    volume: TextVolume,
    question: Question,
    *,
    default_first: bool,
) -> tuple[tuple[RankedArchitecture, ...], bool]:
    """The best of the candidates within the limit, and whether there is any.

    Args:
        checkpoint: The value network.
        task: The task it is asked about.
        candidates: Distinct architectures.
        volume: How much text training would read.
        question: How many to rank, and within which limit.
        default_first: Whether those best on average lead, whatever is predicted.
    """
    prediction = checkpoint.predict(candidates, task)
    inputs = np.array([_input_seconds(architecture, volume) for architecture in candidates])
    seconds = inputs + prediction.train_seconds
    is_within = seconds <= question.max_seconds
    # Accuracies end at a ceiling, where the scores still tell architectures apart.
    order = np.lexsort((-prediction.scores, -prediction.accuracies))
    if not is_within.any():
        order = np.argsort(seconds, kind="stable")
    elif default_first:
        order = np.array(_default_first(checkpoint, candidates, order.tolist()))
    kept = [place for place in order if is_within[place]] or order.tolist()
    ranked = _described(checkpoint, candidates, prediction, seconds, _varied(kept, candidates, question.top))
    return ranked, bool(is_within.any())


def _varied(order: list[int], candidates: Sequence[Architecture], top: int) -> list[int]:
    """The first of the order that read different inputs, then those that fill the list; in the order given.

    Neighbours of the winner that differ in a rate are no choice for a person.
    """
    of_inputs: dict[tuple[Choice | None, ...], int] = {}
    for place in order:
        decisions = candidates[place].decisions
        of_inputs.setdefault(tuple(decisions.get(name) for name in INPUTS), place)
    varied = [*of_inputs.values(), *order]
    chosen = set(list(dict.fromkeys(varied))[:top])
    return [place for place in order if place in chosen]


def _default_first(checkpoint: Checkpoint, candidates: list[Architecture], order: list[int]) -> list[int]:
    """The same order behind the architectures that are best on average."""
    default = [candidates.index(best) for best in checkpoint.best_on_average if best in candidates]
    return default + [place for place in order if place not in default]


def _described(
    checkpoint: Checkpoint,
    candidates: list[Architecture],
    prediction: Prediction,
    seconds: Float[np.ndarray, " candidates"],
    kept: Iterable[int],
) -> tuple[RankedArchitecture, ...]:
    middle, low, high = checkpoint.interval(prediction.accuracies, prediction.doubt)
    return tuple(
        RankedArchitecture(
            rank=rank,
            architecture=candidates[place],
            expected_accuracy=float(middle[place]),
            low=float(min(low[place], middle[place])),
            high=float(max(high[place], middle[place])),
            seconds=float(seconds[place]),
            bytes=int(prediction.bundle_bytes[place]),
        )
        for rank, place in enumerate(kept, start=1)
    )


def _input_seconds(architecture: Architecture, volume: TextVolume) -> float:
    chosen: list[Choice] = [architecture.decisions[name] for name in INPUTS if name in architecture.decisions]
    return sum(input_seconds(str(choice), volume) for choice in chosen)
