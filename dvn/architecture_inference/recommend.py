"""A task gets a ranked list of architectures, and nothing is trained: ascend, round, re-score, rank."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dvn.architecture_inference.climb import Climbed, climb
from dvn.architecture_inference.described import DescribedTask, describe
from dvn.architecture_inference.question import Question
from dvn.architecture_inference.ranking import FrontPoint, RankedArchitecture, front, rank, score_all
from dvn.architecture_inference.stage import Stage
from dvn.architecture_inference.standing import Standing, standing
from dvn.architecture_inference.worth import Worth, worth_of
from dvn.data.dataset import Dataset
from dvn.data.split import rows_outside_test
from dvn.data.texts_on_disk import some
from dvn.metafeatures import ENCODERS
from dvn.training.cost import volume_of
from dvn.value_network.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The ranked architectures for one task, and what they rest on.

    Attributes:
        described: The task as the value network sees it; another question about it needs nothing else.
        metric: What is expected: "accuracy" or "macro_f1".
        seconds: Wall seconds of each part, and their `total`.
        architectures: Best first.
        relaxation_gap: Predicted score of the best climbed point less that of its rounded architecture.
        within_budget: Whether an architecture was found that keeps every limit.
        front: What leads at each position of the slider.
        worth: What each decision of the first architecture is worth here.
        standing: What is expected of choices that need no value network.
    """

    described: DescribedTask
    metric: str
    seconds: dict[str, float]
    architectures: tuple[RankedArchitecture, ...]
    relaxation_gap: float
    within_budget: bool
    front: tuple[FrontPoint, ...]
    worth: tuple[Worth, ...]
    standing: tuple[Standing, ...]

    @property
    def checkpoint(self) -> str:
        """The id of the value network."""
        return self.described.checkpoint

    @property
    def rows(self) -> int:
        """Rows of the dataset."""
        return self.described.rows

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.described.classes

    @property
    def outside_experience(self) -> bool:
        """Whether the task is unlike every known one, so that best on average leads."""
        return self.described.outside_experience

    @property
    def little_to_learn(self) -> bool:
        """Whether quick classifiers find next to nothing in the texts that tells the labels."""
        return self.described.little_to_learn

    @property
    def known_as(self) -> str | None:
        """The name of the known task with this very content, if there is one."""
        return self.described.known_as

    @property
    def nearest(self) -> tuple[str, ...]:
        """Names of the most similar known tasks."""
        return self.described.nearest

    @property
    def landmarkers(self) -> tuple[str, ...]:
        """The groups of quick classifiers, all with a closed form, that were fitted to describe the task."""
        return self.described.landmarkers

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
) -> Recommendation:
    """The ranked architectures for labelled texts.

    The answer does not depend on the order of the rows, nor on the names or numbering of the labels.

    Args:
        texts: The texts of the task.
        labels: The label of each text.
        checkpoint: A fitted value network.
        question: How many architectures, within which limits, at which price.
        content_hash: The dataset's content hash, to say whether it is known.
    """
    asked = question or Question()
    described = describe(texts, labels, checkpoint, stage=asked.stage, content_hash=content_hash)
    found = answer(described, checkpoint, asked)
    return replace(found, seconds=_with_total({"describe": described.seconds, **found.seconds}))


def answer(
    described: DescribedTask,
    checkpoint: Checkpoint,
    question: Question,
    *,
    climbed: Climbed | None = None,
) -> Recommendation:
    """The ranked architectures for a described task: the whole answer to any question but the first.

    Args:
        described: The task.
        checkpoint: The value network that described it.
        question: How many architectures, within which limits, at which price.
        climbed: What `climb` found for this task and a question that differs in `top` and `prefer_small`.
    """
    began = time.perf_counter()
    costs = described.costs(checkpoint)
    climbed = climbed or climb(costs, question)
    ascended = time.perf_counter()
    scored = score_all(costs, climbed.candidates, question, default_first=described.outside_experience)
    ranked, leading = rank(scored), front(scored)
    sorted_at = time.perf_counter()
    names = checkpoint.landmarks.names
    nearest = names.index(described.nearest[0]) if described.nearest else None
    rules = standing(costs, climbed.drawn, rows=described.rows, nearest=nearest)
    worth = worth_of(costs, ranked[0].architecture)
    ended = time.perf_counter()
    return Recommendation(
        described=described,
        metric=checkpoint.metric,
        seconds={
            "climb": ascended - began,
            "rank": sorted_at - ascended,
            "explain": ended - sorted_at,
            "total": ended - began,
        },
        architectures=ranked,
        relaxation_gap=climbed.gap,
        within_budget=bool(scored.is_within.any()),
        front=leading,
        worth=worth,
        standing=rules,
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
    asked = question or Question()
    described, parts = describe_dataset(dataset, checkpoint, stage=asked.stage, content_hash=content_hash)
    found = answer(described, checkpoint, asked)
    return replace(found, seconds=_with_total(parts | found.seconds))


def describe_dataset(
    dataset: Dataset,
    checkpoint: Checkpoint,
    *,
    stage: Stage = Stage.instant,
    content_hash: str | None = None,
) -> tuple[DescribedTask, dict[str, float]]:
    """The described task of a dataset's rows outside the test part, and the wall seconds of its parts."""
    began = time.perf_counter()
    rows = rows_outside_test(dataset)
    facts = dataset.facts
    labels = [dataset.labels[row] for row in rows]
    split = time.perf_counter() - began
    described = describe(
        some(dataset.texts, rows),
        labels,
        checkpoint,
        stage=stage,
        content_hash=content_hash or dataset.content_hash,
        to_embed=volume_of(facts.lengths),
        keys=facts.keys[rows],
    )
    return described, {"split": split, "describe": described.seconds}


def _with_total(seconds: dict[str, float]) -> dict[str, float]:
    parts = {name: taken for name, taken in seconds.items() if name != "total"}
    return parts | {"total": sum(parts.values())}
