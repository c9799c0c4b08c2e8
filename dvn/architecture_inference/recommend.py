"""A task gets a ranked list of architectures, and nothing is trained: ascend, round, re-score, rank."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dvn.architecture import Architecture, Choice, Relaxation
from dvn.architecture_inference.ascent import ascend
from dvn.architecture_inference.stage import Stage, groups_to_compute
from dvn.data.dataset import Dataset
from dvn.data.split import rows_outside_test
from dvn.metafeatures import ENCODERS, describe_task
from dvn.training.cost import TextVolume, input_seconds, text_volume
from dvn.value_network.checkpoint import Checkpoint, Prediction
from dvn.value_network.value_form import TaskView

STARTS = 64
STEPS = 100
STEP_SIZE = 4.0
START_TEMPERATURE = 0.5
"""Starts lead by two logits: at a vertex the gradient vanishes."""

_FORBIDDEN_LOGIT = -12.0
_INPUTS = ("encoder", "table", "ngrams", "embedding")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: how many architectures, trained within how many seconds on one core; how soon."""

    top: int = 5
    seed: int = 0
    max_seconds: float = 60.0
    starts: int = STARTS
    stage: Stage = Stage.instant


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


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The ranked architectures for one task, and what they rest on.

    Attributes:
        checkpoint: The id of the value network.
        rows: Rows of the dataset.
        classes: Number of classes.
        seconds: Wall seconds of each part, and their `total`.
        architectures: Best first.
        outside_experience: Whether the task is unlike every known one, so that best on average leads.
        known_as: The name of the known task with this very content, if there is one.
        nearest: Names of the most similar known tasks.
        relaxation_gap: Predicted score of the best climbed point less that of its rounded architecture.
        within_budget: Whether an architecture was found that keeps the time limit.
        landmarkers: The groups of quick classifiers, all with a closed form, that were fitted to the rows to
            describe the task. None where the value network reads none.
    """

    checkpoint: str
    rows: int
    classes: int
    seconds: dict[str, float]
    architectures: tuple[RankedArchitecture, ...]
    outside_experience: bool
    known_as: str | None
    nearest: tuple[str, ...]
    relaxation_gap: float
    within_budget: bool
    landmarkers: tuple[str, ...]

    @property
    def stage(self) -> Stage:
        """What the answer rests on, which is no more than the value network reads."""
        return Stage.sharper if ENCODERS in self.landmarkers else Stage.instant


def recommend(
    texts: Sequence[str],
    labels: Sequence[str],
    checkpoint: Checkpoint,
    *,
    question: Question | None = None,
    content_hash: str | None = None,
    to_embed: Sequence[str] | None = None,
) -> Recommendation:
    """The ranked architectures for labelled texts.

    The answer does not depend on the order of the rows, nor on the names or numbering of the labels.

    Args:
        texts: The texts of the task.
        labels: The label of each text.
        checkpoint: A fitted value network.
        question: How many architectures, and within which time.
        content_hash: The dataset's content hash, to say whether it is known.
        to_embed: All texts that training would embed, for its cost; `texts` if not given.
    """
    asked = question or Question()
    began = time.perf_counter()
    description = describe_task(texts, labels, groups=groups_to_compute(checkpoint, asked.stage))
    described = time.perf_counter()
    task = checkpoint.describe(description)
    volume = text_volume(texts if to_embed is None else to_embed)
    candidates, gap = climb(checkpoint, task, volume, asked)
    climbed = time.perf_counter()
    distances = checkpoint.landmarks.distances(checkpoint.standardiser(description.handmade))
    is_outside = checkpoint.is_outside(description)
    ranked, is_within = _ranked(checkpoint, task, candidates, volume, asked, default_first=is_outside)
    ended = time.perf_counter()
    names, hashes = checkpoint.landmarks.names, checkpoint.landmarks.content_hashes
    return Recommendation(
        checkpoint=checkpoint.id,
        rows=description.rows,
        classes=description.classes,
        seconds={
            "describe": described - began,
            "climb": climbed - described,
            "rank": ended - climbed,
            "total": ended - began,
        },
        architectures=ranked,
        outside_experience=is_outside,
        known_as=names[hashes.index(content_hash)] if content_hash in hashes else None,
        nearest=tuple(names[i] for i in np.argsort(distances, kind="stable")[:3]),
        relaxation_gap=gap,
        within_budget=is_within,
        landmarkers=description.groups,
    )


def recommend_for_dataset(
    dataset: Dataset,
    checkpoint: Checkpoint,
    *,
    question: Question | None = None,
    content_hash: str | None = None,
) -> Recommendation:
    """The ranked architectures for a dataset, from its rows outside the test part.

    Decision: no recommendation looks at the test part, at its texts or its labels.
    """
    began = time.perf_counter()
    rows = rows_outside_test(dataset)
    texts = [dataset.texts[row] for row in rows]
    labels = [dataset.labels[row] for row in rows]
    split = time.perf_counter() - began
    found = recommend(
        texts,
        labels,
        checkpoint,
        question=question,
        content_hash=content_hash or dataset.content_hash,
        to_embed=dataset.texts,
    )
    seconds = {"split": split, **found.seconds, "total": found.seconds["total"] + split}
    return replace(found, rows=len(dataset.texts), seconds=seconds)


def climb(
    checkpoint: Checkpoint, task: TaskView, volume: TextVolume, question: Question
) -> tuple[list[Architecture], float]:
    """Distinct architectures at the ends of all paths and at their rounded starts, and the relaxation gap.

    The rounded starts are candidates too, so that the winner is never below one of them.
    """
    relaxation = checkpoint.relaxation
    barred = _barred(checkpoint, volume, question.max_seconds)
    starts = _starts(checkpoint, relaxation, question)
    theta = torch.from_numpy(np.stack([relaxation.soften(a, temperature=START_TEMPERATURE) for a in starts]))
    theta = theta + barred

    def predict(points: Tensor) -> Tensor:
        return checkpoint.score(relaxation.softmax(points), task)

    ends, values = ascend(predict, theta, steps=STEPS, step_size=STEP_SIZE)
    rounded = [relaxation.round(row) for row in ends.numpy()]
    begun = [relaxation.round(row) for row in theta.numpy()]
    best = int(values.argmax())
    vertex = checkpoint.predict([rounded[best]], task).scores[0]
    return _distinct([*rounded, *begun]), float(values[best]) - float(vertex)


def _starts(checkpoint: Checkpoint, relaxation: Relaxation, question: Question) -> list[Architecture]:
    """The best on average, then random architectures."""
    generator = np.random.default_rng(question.seed)
    draw = partial(relaxation.space.sample, generator)
    known = list(checkpoint.best_on_average)[: question.starts]
    return known + [draw() for _ in range(question.starts - len(known))]


def _barred(checkpoint: Checkpoint, volume: TextVolume, max_seconds: float) -> Float[Tensor, " logits"]:
    """A large negative logit on every input that alone would take longer than the limit."""
    relaxation = checkpoint.relaxation
    barred = torch.zeros(relaxation.width)
    for decision in relaxation.space.decisions:
        if decision.name in _INPUTS:
            start = relaxation.blocks[decision.name].start
            for place, choice in enumerate(decision.choices):
                if input_seconds(str(choice), volume) > max_seconds:
                    barred[start + place] = _FORBIDDEN_LOGIT
    return barred


def _ranked(
    checkpoint: Checkpoint,
    task: TaskView,
    candidates: list[Architecture],
    volume: TextVolume,
    question: Question,
    *,
    default_first: bool,
) -> tuple[tuple[RankedArchitecture, ...], bool]:
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
        of_inputs.setdefault(tuple(decisions.get(name) for name in _INPUTS), place)
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
    chosen: list[Choice] = [
        architecture.decisions[name] for name in _INPUTS if name in architecture.decisions
    ]
    return sum(input_seconds(str(choice), volume) for choice in chosen)


def _distinct(architectures: Iterable[Architecture]) -> list[Architecture]:
    return list({architecture.hash: architecture for architecture in architectures}.values())
