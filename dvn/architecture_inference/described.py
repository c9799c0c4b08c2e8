"""Labelled texts become all that an answer needs of them, so that a second question describes nothing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt64

from dvn.architecture_inference.costs import Costs, InputSeconds, seconds_of_inputs
from dvn.architecture_inference.stage import Stage, groups_to_compute
from dvn.metafeatures import describe_task
from dvn.training.cost import TextVolume, text_volume
from dvn.value_network.checkpoint import Checkpoint
from dvn.value_network.landmarks import says_little

_NEAREST = 3


@dataclass(frozen=True, slots=True)
class DescribedTask:
    """A task as one checkpoint sees it; plain values, so that it can be stored.

    Attributes:
        checkpoint: The id of the value network that z belongs to.
        z: Standardised task features, in single precision, as they are stored.
        input_seconds: What each input would take on all texts.
        rows: Rows of the dataset.
        classes: Number of classes.
        outside_experience: Whether the task is unlike every known one.
        little_to_learn: Whether quick classifiers find next to nothing in the texts that tells the labels.
        known_as: The name of the known task with this very content, if there is one.
        nearest: Names of the most similar known tasks.
        landmarkers: The groups of quick classifiers that were fitted to describe the task.
        seconds: Wall seconds that the description took.
    """

    checkpoint: str
    z: Float[np.ndarray, " features"]
    input_seconds: InputSeconds
    rows: int
    classes: int
    outside_experience: bool
    little_to_learn: bool
    known_as: str | None
    nearest: tuple[str, ...]
    landmarkers: tuple[str, ...]
    seconds: float = 0.0

    def costs(self, checkpoint: Checkpoint) -> Costs:
        """The task as its checkpoint describes it, with what architectures cost on it."""
        z = torch.from_numpy(self.z).double()
        return Costs(checkpoint, checkpoint.network.describe(z), self.input_seconds)


def describe(
    texts: Sequence[str],
    labels: Sequence[str],
    checkpoint: Checkpoint,
    *,
    stage: Stage = Stage.instant,
    content_hash: str | None = None,
    to_embed: TextVolume | None = None,
    keys: UInt64[np.ndarray, " texts"] | None = None,
) -> DescribedTask:
    """The described task of labelled texts, whatever their order and the names of the labels.

    Args:
        texts: The texts of the task.
        labels: The label of each text.
        checkpoint: A fitted value network.
        stage: How long it may take.
        content_hash: The dataset's content hash, to say whether it is known.
        to_embed: The volume of all that training would embed, for its cost; that of `texts` if not given.
        keys: The keys of the texts, if they are known.
    """
    began = time.perf_counter()
    description = describe_task(texts, labels, groups=groups_to_compute(checkpoint, stage), keys=keys)
    landmarks = checkpoint.landmarks
    distances = landmarks.distances(checkpoint.standardiser(description.handmade))
    volume = to_embed or text_volume(texts)
    hashes = landmarks.content_hashes
    return DescribedTask(
        checkpoint=checkpoint.id,
        z=checkpoint.features([description])[0].astype(np.float32),
        input_seconds=seconds_of_inputs(checkpoint.relaxation.space, volume),
        rows=volume.texts,
        classes=description.classes,
        outside_experience=checkpoint.is_outside(description),
        little_to_learn=says_little(description),
        known_as=landmarks.names[hashes.index(content_hash)] if content_hash in hashes else None,
        nearest=landmarks.nearest(distances, _NEAREST),
        landmarkers=description.groups,
        seconds=time.perf_counter() - began,
    )
