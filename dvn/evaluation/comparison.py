"""Two experiences become a verdict: which one teaches a value network more about families left out?

Decision: both sides are fitted anew in each fold, by the same recipe and seed, without the families of
the fold, and rank the same recorded runs. Why: a fitted network has seen most families, so it cannot be
judged beside one that has not. Decision: regret and rank correlation are those of validation scores, for
choosing a value network is a selection, and no selection reads a test score. Means are over families, so
that one with many tasks or sizes weighs as one.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from dvn.evaluation.leave_one_family_out import rank_correlation
from dvn.value_network.checkpoint import Checkpoint
from dvn.value_network.fit import FitOptions
from dvn.value_network.make_checkpoint import folds, uncalibrated
from dvn.value_network.snapshot import Experience, KnownRun

FEWEST_RUNS: Final = 10
"""A task with fewer recorded runs says too little of a ranking to judge by."""


@dataclass(frozen=True, slots=True)
class TaskPair:
    """How both sides did on one left-out task: regret in accuracy, and Spearman's rho."""

    task: str
    family: str
    old_regret: float
    new_regret: float
    old_spearman: float
    new_spearman: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The pairs as means over families, and whether the new side is promoted by the rule.

    The rule: the new side's mean regret is not higher, its mean rank correlation is not lower, and one of
    the two is better. `better` and `worse` count families by regret.
    """

    families: int
    tasks: int
    old_regret: float
    new_regret: float
    old_spearman: float
    new_spearman: float
    better: int
    worse: int

    @property
    def is_better(self) -> bool:
        """Whether the new side is to be promoted."""
        if not self.families:
            return False
        old, new = (self.old_regret, -self.old_spearman), (self.new_regret, -self.new_spearman)
        return new != old and all(after <= before for before, after in zip(old, new, strict=True))

    def figures(self) -> dict[str, float]:
        """The figures by name, to be stored."""
        return asdict(self)


Watch = Callable[[int, int], None]


def compare(
    old: Experience, new: Experience, options: FitOptions, *, watch: Watch | None = None
) -> list[TaskPair]:
    """Both experiences judged on the recorded runs of the new one's tasks, left out by family.

    Args:
        old: What the present value network was fitted to.
        new: What another one would be fitted to.
        options: How both are fitted.
        watch: Told (folds done, folds).
    """
    pairs: list[TaskPair] = []
    parts = folds(new)
    for number, (inside, outside) in enumerate(parts):
        if watch is not None:
            watch(number, len(parts))
        left_out = {new.tasks[place].family for place in outside}
        known = [place for place, task in enumerate(old.tasks) if task.family not in left_out]
        judges = {place: runs for place in outside if len(runs := _judging_runs(new, place)) >= FEWEST_RUNS}
        if known and judges:
            sides = [uncalibrated(part, options) for part in (old.of_tasks(known), new.of_tasks(inside))]
            pairs += [_judged(new, place, runs, sides) for place, runs in judges.items()]
    return pairs


def verdict(pairs: Sequence[TaskPair]) -> Verdict:
    """What the pairs say, each family weighing the same; with none of them nothing is better."""
    families: dict[str, list[TaskPair]] = defaultdict(list)
    for pair in pairs:
        families[pair.family].append(pair)
    names = ("old_regret", "new_regret", "old_spearman", "new_spearman")
    means = {
        name: np.array([np.mean([getattr(pair, name) for pair in found]) for found in families.values()])
        for name in names
    }
    gap = means["new_regret"] - means["old_regret"]
    return Verdict(
        families=len(families),
        tasks=len(pairs),
        better=int((gap < 0).sum()),
        worse=int((gap > 0).sum()),
        **{name: float(values.mean()) if len(values) else 0.0 for name, values in means.items()},
    )


def _judging_runs(experience: Experience, place: int) -> list[KnownRun]:
    """The runs of a task that can be described as a new one would be: with its sample."""
    if not experience.tasks[place].has_sample:
        return []
    return [run for run in experience.runs if run.task == place]


def _judged(
    experience: Experience, place: int, runs: Sequence[KnownRun], sides: Sequence[Checkpoint]
) -> TaskPair:
    task = experience.tasks[place]
    truth = np.array([run.validation_accuracy for run in runs])
    regrets, correlations = [], []
    for side in sides:
        view = side.describe(task.description)
        predicted = side.predict([run.architecture for run in runs], view)
        regrets.append(float(truth.max() - truth[int(np.argmax(predicted.careful))]))
        correlations.append(float(np.nan_to_num(rank_correlation(predicted.scores, truth))))
    return TaskPair(task.name, task.family, *regrets, *correlations)
