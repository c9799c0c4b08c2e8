"""Is any of this better than chance? Rank correlation, regret and catch-up on families never seen.

Left out means by family: tasks that share texts stay on one side.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from dvn.errors import CheckpointError
from dvn.evaluation.contender import Contender, Predictor
from dvn.evaluation.limits import NO_LIMIT, CostLimit
from dvn.evaluation.predictors import contenders
from dvn.value_network.fit import FitOptions
from dvn.value_network.snapshot import Experience, KnownRun

ORDERS = 500
RANDOM = "random architecture"


@dataclass(frozen=True, slots=True)
class TaskScore:
    """How one contender did on one left-out task.

    Attributes:
        contender: Its name.
        task: The task's name.
        family: The family that was left out.
        spearman: Rank correlation of predicted and true validation scores over what it can score; NaN
            where those are fewer than three, or all equal.
        test_accuracy: Of the architecture it would have chosen among those recorded.
        regret: Test accuracy of the best by validation of all recorded, less that.
        catch_up: Random trainings until the best by validation so far tests as well (median over orders).
    """

    contender: str
    task: str
    family: str
    spearman: float
    test_accuracy: float
    regret: float
    catch_up: float


Watch = Callable[[int, int], None]


class TooFewFamiliesError(CheckpointError):
    """Without one family nothing is left to learn from."""

    def __init__(self, families: Sequence[str]) -> None:
        found = f"only {families[0]!r}" if families else "none"
        super().__init__(
            f"To leave one family out takes tasks of at least two; there is {found}. "
            "`forethought tasks add` and `forethought populate` make more."
        )


def leave_one_family_out(
    experience: Experience, options: FitOptions, *, executor: Executor, watch: Watch | None = None
) -> list[TaskScore]:
    """Scores of every contender on every task, each fitted without the task's family.

    Args:
        experience: Tasks and runs.
        options: How value networks are fitted.
        executor: Where families are worked on side by side.
        watch: Told (families done, families).

    Raises:
        TooFewFamiliesError: There is nothing to learn from without a family.
    """
    families = sorted({task.family for task in experience.tasks})
    if len(families) < 2:
        raise TooFewFamiliesError(families)
    futures = [executor.submit(judge_family, experience, family, options) for family in families]
    scores: list[TaskScore] = []
    for done, future in enumerate(futures, start=1):
        scores += future.result()
        if watch is not None:
            watch(done, len(families))
    return scores


def judge_family(experience: Experience, family: str, options: FitOptions) -> list[TaskScore]:
    """Scores of every contender on the tasks of one family."""
    return judge_families(experience, frozenset({family}), contenders(options))


def judge_families(
    experience: Experience,
    families: frozenset[str],
    judged: Sequence[Contender],
    limit: CostLimit = NO_LIMIT,
) -> list[TaskScore]:
    """Scores of contenders, fitted without any of these families, on all tasks of theirs.

    Climbed runs teach, and are not ranked: what is chosen and what it is compared with are shared and random.

    Args:
        experience: Tasks and runs.
        families: What is left out.
        judged: Who is fitted and judged.
        limit: What a chosen architecture may cost; a task without a shared one that keeps it is passed over,
            for best on average could not choose there.
    """
    searched = experience.searched
    has_shared = any(run.is_shared for run in searched.runs)
    inside = [place for place, task in enumerate(experience.tasks) if task.family not in families]
    known = experience.of_tasks(inside)
    fitted = [(contender, contender.fit(known)) for contender in judged]
    scores: list[TaskScore] = []
    for place, task in enumerate(experience.tasks):
        if task.family in families:
            runs = [run for run in searched.runs if run.task == place and limit.allows(run)]
            if not has_shared or any(run.is_shared for run in runs):
                scores.append(_random(experience, place, runs))
                scores += [_judge(experience, place, runs, *pair) for pair in fitted]
    return scores


def deal_families(experience: Experience, number: int) -> list[frozenset[str]]:
    """The families dealt into so many folds, at random but always alike."""
    families = sorted({task.family for task in experience.tasks})
    order = np.random.default_rng(0).permutation(len(families))
    return [frozenset(families[place] for place in order[fold::number]) for fold in range(number)]


def _judge(
    experience: Experience, place: int, runs: list[KnownRun], contender: Contender, predict: Predictor
) -> TaskScore:
    task = experience.tasks[place]
    predicted = predict(task, [run.architecture for run in runs])
    truth = np.array([run.validation_accuracy for run in runs])
    correlation = rank_correlation(predicted, truth)
    chosen = runs[int(np.argmax(predicted))].test_accuracy
    best = max(runs, key=lambda run: run.validation_accuracy).test_accuracy
    catch_up = random_trainings_to_match(runs, chosen)
    return TaskScore(contender.name, task.name, task.family, correlation, chosen, best - chosen, catch_up)


def rank_correlation(
    predicted: Float[np.ndarray, " architectures"], truth: Float[np.ndarray, " architectures"]
) -> float:
    """Spearman's rho over the architectures with a finite prediction; NaN where nothing can be ranked."""
    scored = np.isfinite(predicted)
    predicted, truth = predicted[scored], truth[scored]
    if len(truth) < 3 or np.ptp(predicted) == 0.0 or np.ptp(truth) == 0.0:
        return float("nan")
    return float(spearmanr(predicted, truth).statistic)


def _random(experience: Experience, place: int, runs: list[KnownRun]) -> TaskScore:
    """The mean over the task's own random architectures, which is what one random training expects."""
    task = experience.tasks[place]
    own = [run.test_accuracy for run in runs if not run.is_shared] or [run.test_accuracy for run in runs]
    mean = float(np.mean(own))
    best = max(runs, key=lambda run: run.validation_accuracy).test_accuracy
    catch_up = random_trainings_to_match(runs, mean)
    return TaskScore(RANDOM, task.name, task.family, 0.0, mean, best - mean, catch_up)


def random_trainings_to_match(runs: list[KnownRun], test_accuracy: float) -> float:
    """Median, over random orders, of trainings until the best by validation tests at least as well.

    An order that never matches counts as one more than there are runs.
    """
    validation = np.array([run.validation_accuracy for run in runs])
    test = np.array([run.test_accuracy for run in runs])
    generator = np.random.default_rng(0)
    needed = []
    for _ in range(ORDERS):
        order = generator.permutation(len(runs))
        ahead = np.maximum.accumulate(validation[order])
        holder = order[np.searchsorted(ahead, ahead, side="left")]
        matched = np.flatnonzero(test[holder] >= test_accuracy)
        needed.append(matched[0] + 1 if len(matched) else len(runs) + 1)
    return float(np.median(needed))


@dataclass(frozen=True, slots=True)
class Summary:
    """A contender over all left-out tasks; means but for `catch_up`, a median. Points are hundredths."""

    contender: str
    tasks: int
    spearman: float
    test_accuracy: float
    regret_points: float
    catch_up: float


def summarise(scores: Iterable[TaskScore]) -> list[Summary]:
    """One line for each contender, the most accurate first."""
    by_name: dict[str, list[TaskScore]] = {}
    for score in scores:
        by_name.setdefault(score.contender, []).append(score)
    lines = [
        Summary(
            contender=name,
            tasks=len(found),
            spearman=_mean([score.spearman for score in found]),
            test_accuracy=_mean([score.test_accuracy for score in found]),
            regret_points=100 * _mean([score.regret for score in found]),
            catch_up=float(np.median([score.catch_up for score in found])),
        )
        for name, found in by_name.items()
    ]
    return sorted(lines, key=lambda line: -line.test_accuracy)


def _mean(values: Float[np.ndarray, " values"] | list[float]) -> float:
    kept = np.array(values, dtype=np.float64)
    return float(np.nanmean(kept)) if np.isfinite(kept).any() else float("nan")
