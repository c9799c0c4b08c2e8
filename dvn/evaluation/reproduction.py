"""Tables 2 and 3 and the figure of tasks: how well left-out tasks are predicted, repeat by repeat.

R2 is that of scores normalised with the left-out task's own mean and spread, as the value network is
fitted to scores normalised within each task (Kokiopoulou et al., 2019, section 5.1). Left out is one task,
as in the paper, or its family: tasks that share texts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dvn.errors import CheckpointError
from dvn.evaluation.leave_one_family_out import rank_correlation
from dvn.evaluation.noise_ceiling import first_seeds, r_squared
from dvn.evaluation.rivals import Fitted, Rival
from dvn.value_network.snapshot import Experience

LeftOut = Literal["task", "family"]
Watch = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Score:
    """How one repeat of a rival predicted one left-out task."""

    task: str
    left_out: LeftOut
    rival: str
    reads_task: bool
    repeat: int
    spearman: float
    r2: float


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and standard deviation over repeats."""

    mean: float
    std: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Mean":
        """Of these values; NaN where there is none."""
        kept = np.array(list(values), dtype=np.float64)
        return cls(float(kept.mean()), float(kept.std())) if len(kept) else cls(float("nan"), float("nan"))


class TooFewTasksError(CheckpointError):
    """Without one task nothing is left to learn from."""

    def __init__(self, tasks: int) -> None:
        super().__init__(
            f"To leave one task out takes tasks of at least two families; the snapshot has {tasks} "
            "tasks. `forethought populate --space relaxed_ffnn` makes more runs."
        )


def judge_left_out(
    experience: Experience, rivals: Sequence[Rival], *, repeats: int, watch: Watch | None = None
) -> list[Score]:
    """Scores of every rival and repeat on every task, left out alone and with its family.

    Raises:
        TooFewTasksError: There is nothing to learn from without a family.
    """
    known = first_seeds(experience)
    if len({task.family for task in known.tasks}) < 2:
        raise TooFewTasksError(len(known.tasks))
    tell = watch or (lambda _: None)
    scores: list[Score] = []
    for rival in rivals:
        done: dict[tuple[int, ...], Sequence[Fitted]] = {}
        for place, task in enumerate(known.tasks):
            tell(f"{rival.name}, {'with' if rival.reads_task else 'without'} meta-features: {task.name}")
            for left_out, kept in _kept(known, place):
                # A task that is its own family is left out once: both studies are then the same.
                if kept not in done:
                    done[kept] = rival.fit(known.of_tasks(kept), range(repeats))
                scores += _judged(known, place, left_out, rival, done[kept])
    return scores


def judge_by_tasks(
    experience: Experience, rival: Rival, task: str, *, orders: int, seed: int = 0, watch: Watch | None = None
) -> list[tuple[int, Score]]:
    """Scores on one left-out task after 1, 2, ... training tasks of other families, in random orders.

    Returns:
        Pairs of the number of training tasks and a score, whose `repeat` is the number of the order.
    """
    known = first_seeds(experience)
    place = [each.name for each in known.tasks].index(task)
    others = dict(_kept(known, place))["family"]
    if not others:
        raise TooFewTasksError(len(known.tasks))
    generator = np.random.default_rng(seed)
    found: list[tuple[int, Score]] = []
    for order in range(orders):
        shuffled = generator.permutation(others).tolist()
        for number in range(1, len(others) + 1):
            if watch is not None:
                watch(f"order {order + 1} of {orders}, {number} of {len(others)} tasks")
            fitted = rival.fit(known.of_tasks(shuffled[:number]), [order])
            (score,) = _judged(known, place, "family", rival, fitted, first=order)
            found.append((number, score))
    return found


def kept_without(experience: Experience, place: int, left_out: LeftOut) -> Experience:
    """What may be known when a task, or its family, is left out; first seeds only."""
    known = first_seeds(experience)
    return known.of_tasks(dict(_kept(known, place))[left_out])


def _kept(known: Experience, place: int) -> list[tuple[LeftOut, tuple[int, ...]]]:
    family = known.tasks[place].family
    places = range(len(known.tasks))
    return [
        ("task", tuple(i for i in places if i != place)),
        ("family", tuple(i for i in places if known.tasks[i].family != family)),
    ]


def _judged(
    known: Experience,
    place: int,
    left_out: LeftOut,
    rival: Rival,
    fitted: Sequence[Fitted],
    *,
    first: int = 0,
) -> list[Score]:
    task = known.tasks[place]
    runs = [run for run in known.runs if run.task == place]
    truth = np.array([run.validation_accuracy for run in runs])
    scores = []
    for repeat, each in enumerate(fitted, start=first):
        predicted = each.predict(task, [run.architecture for run in runs])
        spearman, r2 = rank_correlation(predicted, truth), r_squared(predicted, truth)
        scores.append(Score(task.name, left_out, rival.name, rival.reads_task, repeat, spearman, r2))
    return scores
