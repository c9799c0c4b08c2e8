"""A task gets a ranked list of architectures, and nothing is trained: ascend, round, re-score, rank."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dvn.architecture_inference.climb import climb
from dvn.architecture_inference.question import Question
from dvn.architecture_inference.ranking import RankedArchitecture, rank
from dvn.architecture_inference.stage import Stage, groups_to_compute
from dvn.data.dataset import Dataset
from dvn.data.split import rows_outside_test
from dvn.metafeatures import ENCODERS, describe_task
from dvn.training.cost import text_volume
from dvn.value_network.checkpoint import Checkpoint


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
    ranked, is_within = rank(checkpoint, task, candidates, volume, asked, default_first=is_outside)
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
