"""The experience becomes tensors: tasks with their samples, runs with normalised targets, always by task."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dvn.architecture import Relaxation, get_space
from dvn.errors import CheckpointError
from dvn.metafeatures import TaskDescription
from dvn.value_network.network import SampleBatch, sample_batch
from dvn.value_network.snapshot import Experience

MIN_SPREAD = 1e-3
"""Scores of a task that differ by less, in accuracy, are not blown up to full differences."""

_MIN_COST_SPREAD = 1e-6


class EmptyExperienceError(CheckpointError):
    """There is no finished run to learn from."""

    def __init__(self, space: str) -> None:
        super().__init__(
            f"The space {space} has no finished run yet; `forethought populate --space {space}` makes some."
        )


@dataclass(frozen=True, slots=True)
class Standardiser:
    """Means and scales of the hand-made meta-features over the training tasks."""

    mean: Float[np.ndarray, " handmade"]
    scale: Float[np.ndarray, " handmade"]
    most: float = 4.0

    @classmethod
    def of(cls, handmade: Float[np.ndarray, "tasks handmade"]) -> "Standardiser":
        """The standardiser of these tasks; a feature that never changes is left at zero."""
        scale = handmade.std(axis=0)
        return cls(handmade.mean(axis=0), np.where(scale > 1e-6, scale, np.inf).astype(np.float32))

    def __call__(
        self, handmade: Float[np.ndarray, "*tasks handmade"]
    ) -> Float[np.ndarray, "*tasks handmade"]:
        """Standardised features, kept within `most` standard deviations."""
        values = np.clip((handmade - self.mean) / self.scale, -self.most, self.most)
        result: np.ndarray = values.astype(np.float32)
        return result


@dataclass(frozen=True, slots=True)
class TaskRuns:
    """The runs of one task: weighted relaxed vectors, normalised scores and log costs.

    Scores are normalised within the task, v = (v - mean) / spread (Kokiopoulou et al., 2019, section 5.1);
    `level` and `spread` are those of the logit of accuracy and of accuracy's own distribution.
    """

    u: Float[Tensor, "runs logits"]
    scores: Float[Tensor, " runs"]
    costs: Float[Tensor, "runs costs"]
    level: float
    spread: float


@dataclass(frozen=True, slots=True)
class Observations:
    """All that fitting reads."""

    vectors: Float[Tensor, "tasks samples dimensions"]
    classes: Int[Tensor, "tasks samples"]
    class_numbers: tuple[int, ...]
    handmade: Float[Tensor, "tasks handmade"]
    standardiser: Standardiser
    runs: tuple[TaskRuns, ...]
    cost_mean: Float[np.ndarray, " costs"]
    cost_scale: Float[np.ndarray, " costs"]

    def batch(self, tasks: Int[Tensor, " members"], rows: Int[Tensor, "members samples"]) -> SampleBatch:
        """The chosen samples of one task for each member."""
        picked = tasks.unsqueeze(1)
        number = max(self.class_numbers[int(task)] for task in tasks)
        return sample_batch(self.vectors[picked, rows], self.classes[picked, rows], number)


def observe(experience: Experience) -> Observations:
    """The tensors of an experience; only validation scores are read, never a test score.

    Raises:
        EmptyExperienceError: There is no run in it.
    """
    if not experience.runs:
        raise EmptyExperienceError(experience.space)
    relaxation = Relaxation(get_space(experience.space))
    u = relaxation.weighted(
        torch.from_numpy(relaxation.vertices(run.architecture for run in experience.runs))
    )
    costs = np.log(np.array([[max(run.own_seconds, 0.01), run.bundle_bytes] for run in experience.runs]))
    cost_mean, cost_scale = costs.mean(axis=0), costs.std(axis=0)
    cost_scale = np.where(cost_scale > _MIN_COST_SPREAD, cost_scale, 1.0)
    normal_costs = torch.from_numpy(((costs - cost_mean) / cost_scale).astype(np.float32))
    of_task = np.array([run.task for run in experience.runs])
    scores = np.array([run.validation_accuracy for run in experience.runs])
    runs = []
    for task in range(len(experience.tasks)):
        rows = np.flatnonzero(of_task == task)
        level, spread = float(scores[rows].mean()), max(float(scores[rows].std()), MIN_SPREAD)
        normal = torch.from_numpy(((scores[rows] - level) / spread).astype(np.float32))
        runs.append(TaskRuns(u[rows], normal, normal_costs[rows], level, spread))
    standardiser = Standardiser.of(np.stack([task.description.handmade for task in experience.tasks]))
    vectors, classes = padded([task.description for task in experience.tasks])
    return Observations(
        vectors=vectors,
        classes=classes,
        class_numbers=tuple(class_number(task.description) for task in experience.tasks),
        handmade=torch.from_numpy(
            standardiser(np.stack([task.description.handmade for task in experience.tasks]))
        ),
        standardiser=standardiser,
        runs=tuple(runs),
        cost_mean=cost_mean.astype(np.float32),
        cost_scale=cost_scale.astype(np.float32),
    )


def padded(
    descriptions: list[TaskDescription],
) -> tuple[Float[Tensor, "tasks samples dimensions"], Int[Tensor, "tasks samples"]]:
    """Samples of several tasks in one tensor; class -1 marks padding, which is all a task without one has."""
    longest = max(1, *(len(description.sample.classes) for description in descriptions))
    dimensions = descriptions[0].sample.vectors.shape[1]
    vectors = torch.zeros(len(descriptions), longest, dimensions)
    classes = torch.full((len(descriptions), longest), -1, dtype=torch.int64)
    for place, description in enumerate(descriptions):
        number = len(description.sample.classes)
        vectors[place, :number] = torch.from_numpy(description.sample.floats())
        classes[place, :number] = torch.from_numpy(description.sample.classes.astype(np.int64))
    return vectors, classes


def class_number(description: TaskDescription) -> int:
    """How many classes the sample of a task shows; one, an empty one, if there is no sample."""
    return int(description.sample.classes.max(initial=0)) + 1
