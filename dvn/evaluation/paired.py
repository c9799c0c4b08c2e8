"""Scores of two contenders on the same left-out tasks become a verdict with its uncertainty.

Tasks of one family share texts, so what is drawn again in the bootstrap are families, whole, not tasks.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float
from scipy.stats import wilcoxon

BOOTSTRAPS = 2_000
CONFIDENCE = 0.95
_SAME = 1e-12


class Judged(Protocol):
    """What is compared: one contender's figures on one left-out task."""

    @property
    def contender(self) -> str:
        """Whose they are."""

    @property
    def task(self) -> str:
        """The task's name."""

    @property
    def family(self) -> str:
        """The task's family."""

    @property
    def test_accuracy(self) -> float:
        """Of the chosen architecture."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One contender less another in test accuracy, points, paired by task.

    Attributes:
        contender: The one.
        against: The other.
        tasks: Tasks on which both were judged.
        differ: Of those, where their accuracies differ.
        win_rate: Of those that differ, the share that the one wins; NaN where none differs.
        points: Mean difference over the tasks.
        low: Lower end of its 95 % interval, by drawing families again.
        high: Upper end.
        p: Of a two-sided Wilcoxon signed-rank test over the tasks that differ; 1 where none does.
    """

    contender: str
    against: str
    tasks: int
    differ: int
    win_rate: float
    points: float
    low: float
    high: float
    p: float


def compare_all(scores: Iterable[Judged], against: str) -> list[Comparison]:
    """Every contender beside one of them, the furthest ahead first; none if that one was not judged."""
    by_name: dict[str, dict[str, Judged]] = defaultdict(dict)
    for score in scores:
        by_name[score.contender][score.task] = score
    if against not in by_name:
        return []
    found = [compare(ours, by_name[against]) for name, ours in by_name.items() if name != against]
    return sorted((one for one in found if one.tasks), key=lambda one: -one.points)


def compare(ours: dict[str, Judged], theirs: dict[str, Judged]) -> Comparison:
    """One contender beside another, over the tasks that both were judged on."""
    tasks = sorted(set(ours) & set(theirs))
    gaps = 100.0 * np.array([ours[task].test_accuracy - theirs[task].test_accuracy for task in tasks])
    low, high = family_interval(gaps, [ours[task].family for task in tasks])
    differing = gaps[np.abs(gaps) > _SAME]
    names = [next(iter(side.values())).contender for side in (ours, theirs)]
    return Comparison(
        contender=names[0],
        against=names[1],
        tasks=len(tasks),
        differ=len(differing),
        win_rate=float((differing > 0).mean()) if len(differing) else float("nan"),
        points=float(gaps.mean()) if len(gaps) else float("nan"),
        low=low,
        high=high,
        p=signed_rank_p(differing),
    )


def family_interval(gaps: Float[np.ndarray, " tasks"], families: Sequence[str]) -> tuple[float, float]:
    """The interval of the mean over tasks when whole families are drawn again; NaN without a task."""
    if not len(gaps):
        return float("nan"), float("nan")
    names = sorted(set(families))
    of_family = np.array([names.index(family) for family in families])
    sums = np.bincount(of_family, weights=gaps, minlength=len(names))
    sizes = np.bincount(of_family, minlength=len(names))
    drawn = np.random.default_rng(0).integers(len(names), size=(BOOTSTRAPS, len(names)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(means, (tail, 1.0 - tail))
    return float(low), float(high)


def signed_rank_p(differing: Float[np.ndarray, " tasks"]) -> float:
    """The p-value of a two-sided Wilcoxon signed-rank test of differences, none of them zero."""
    return float(wilcoxon(differing).pvalue) if len(differing) else 1.0
