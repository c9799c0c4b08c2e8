"""Table 4: the architecture inferred for a left-out task, soft and pruned, against what trials find.

Algorithm 2 with 10 starts and 1,000 steps (Kokiopoulou et al., 2019, section 5.3). The soft answer is the
point u that the ascent ends at; the pruned one is the best, re-scored, of the rounded ends and starts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dvn.architecture import Architecture, Relaxation, get_space
from dvn.architecture_inference import ascend
from dvn.evaluation.noise_ceiling import first_seeds
from dvn.evaluation.reproduction import Mean
from dvn.evaluation.rivals import Value
from dvn.value_network.snapshot import Experience

STARTS, STEPS = 10, 1_000
"""kNumStartingPoints and kMaxIters of the paper."""

STEP_SIZE = 4.0
START_TEMPERATURE = 0.5
"""Starts lead by two logits: at a vertex the gradient vanishes."""

_FIRST = 10


@dataclass(frozen=True, slots=True)
class Inferred:
    """The answers for one task: the point u, its value, and the pruned architecture with its value."""

    u: Float[np.ndarray, " logits"]
    value: float
    pruned: Architecture
    pruned_value: float


@dataclass(frozen=True, slots=True)
class Trials:
    """What trials on the task itself reach, as test accuracies.

    Attributes:
        first_ten: The first ten random architectures.
        best: The best by validation of all trained.
        trained: How many those are.
    """

    first_ten: Mean
    best: float
    trained: int


def infer(space: str, value: Value, *, seed: int, starts: int = STARTS, steps: int = STEPS) -> Inferred:
    """The inferred architecture of a task whose v(u, z) is given; random starts drawn from the seed."""
    relaxation = Relaxation(get_space(space))
    generator = np.random.default_rng(seed)
    begun = [relaxation.space.sample(generator) for _ in range(starts)]
    softened = np.stack([relaxation.soften(each, temperature=START_TEMPERATURE) for each in begun])
    ends, values = ascend(
        _of_logits(relaxation, value), torch.from_numpy(softened), steps=steps, step_size=STEP_SIZE
    )
    best = int(values.argmax())
    candidates = [*(relaxation.round(row) for row in ends.numpy()), *begun]
    with torch.no_grad():
        scored = value(torch.from_numpy(relaxation.vertices(candidates)))
    winner = int(scored.argmax())
    u: np.ndarray = relaxation.softmax(ends[best]).numpy()
    return Inferred(u, float(values[best]), candidates[winner], float(scored[winner]))


def trials(experience: Experience, place: int) -> Trials:
    """What the recorded runs of a task reach; the first ten of its own random ones, in their order."""
    runs = [run for run in first_seeds(experience).runs if run.task == place]
    own = [run for run in runs if not run.is_shared] or runs
    best = max(runs, key=lambda run: run.validation_accuracy)
    return Trials(Mean.of(run.test_accuracy for run in own[:_FIRST]), best.test_accuracy, len(runs))


def _of_logits(relaxation: Relaxation, value: Value) -> Callable[[Tensor], Tensor]:
    return lambda theta: value(relaxation.softmax(theta))
