"""The experience becomes a judgement of its search space: does the best choice move from task to task?

A space teaches something when its optimum moves: no architecture is best on more than a fifth of the
tasks, no range has its best value at an edge, and the architecture that is best on average stays behind
the best of each task. The best of a task is the best by validation among its recorded runs; runs that
tie share the place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import numpy as np

from dvn.architecture import Architecture, Choice, get_space
from dvn.architecture.space import Decision
from dvn.value_network.observations import EmptyExperienceError
from dvn.value_network.snapshot import Experience, KnownRun

MOST_BEST_SHARE = 0.2
"""Of the tasks: where one architecture is the best more often, the space teaches little."""

LEAST_GAP = 0.01
"""In accuracy: as far as best on average should stay behind the best by validation."""

MIN_SPREAD = 1e-9
"""Below this spread the scores of a task are equal."""


@dataclass(frozen=True, slots=True)
class ChoiceReport:
    """One choice of a decision.

    `best_share` is the part of the tasks, of those whose best architecture has the decision, that chose
    this; `lift` is how often it is the best by how often it would be if the best of each task were any of its
    runs, for what was tried twice as often is twice as often the best by chance; `mean_score` the mean over
    tasks of its runs' scores, in the task's own standard deviations.
    """

    choice: Choice
    runs: int
    best_share: float
    lift: float
    mean_score: float


@dataclass(frozen=True, slots=True)
class DecisionReport:
    """One decision: its choices, the tasks (ties in parts) whose best has it, and the edge its best is at."""

    name: str
    best_tasks: float
    choices: tuple[ChoiceReport, ...]
    edge: Literal["lower", "upper"] | None


@dataclass(frozen=True, slots=True)
class SharedReport:
    """One architecture that all tasks share: on which part of its tasks it is the best, and on how many."""

    architecture: Architecture
    tasks: int
    best_share: float
    best_share_of_shared: float


@dataclass(frozen=True, slots=True)
class GapReport:
    """How far the shared architecture that is best on average stays behind the best by validation.

    In accuracy, as means over the tasks that ran it. The test gap judges; it chooses nothing.
    """

    architecture: Architecture
    tasks: int
    validation_gap: float
    test_gap: float


@dataclass(frozen=True, slots=True)
class SpaceReport:
    """What recorded runs say of a space; without shared runs there is no `most_successful` and no `gap`."""

    space: str
    tasks: int
    runs: int
    decisions: tuple[DecisionReport, ...]
    most_successful: SharedReport | None
    gap: GapReport | None

    def complaints(self) -> list[str]:
        """What makes this space teach too little, a sentence each; none if it is a good one."""
        found = []
        for decision in self.decisions:
            if decision.edge is not None:
                best = max(decision.choices, key=lambda choice: choice.lift)
                found.append(
                    f"{decision.name}: {best.choice} is best {best.lift:.1f} times as often as its runs "
                    f"alone would have it, and is at the {decision.edge} edge of its range; widen it."
                )
        if (shared := self.most_successful) is not None and shared.best_share > MOST_BEST_SHARE:
            found.append(
                f"The architecture {shared.architecture.hash} is the best of {shared.best_share:.0%} of its "
                f"tasks, more than {MOST_BEST_SHARE:.0%}."
            )
        if (gap := self.gap) is not None and gap.test_gap < LEAST_GAP:
            found.append(
                f"The best on average is {100 * gap.test_gap:.1f} points behind the best by validation, "
                f"less than {100 * LEAST_GAP:.0f}."
            )
        return found


@dataclass(frozen=True, slots=True)
class _Judged:
    """A run with its score among its task's and its part of being the best."""

    run: KnownRun
    score: float
    best: float


def report_space(experience: Experience) -> SpaceReport:
    """The judgement of a space by its recorded runs, climbed ones left out: they are no fair sample of it.

    Raises:
        EmptyExperienceError: Nothing is recorded.
    """
    experience = experience.searched
    if not experience.runs:
        raise EmptyExperienceError(experience.space)
    by_task: dict[int, list[KnownRun]] = defaultdict(list)
    for run in experience.runs:
        by_task[run.task].append(run)
    judged = {task: _judge(runs) for task, runs in sorted(by_task.items())}
    space = get_space(experience.space)
    return SpaceReport(
        space=experience.space,
        tasks=len(judged),
        runs=len(experience.runs),
        decisions=tuple(_report_decision(decision, judged) for decision in space.decisions),
        most_successful=_most_successful(judged),
        gap=_gap(judged),
    )


def _judge(runs: Sequence[KnownRun]) -> list[_Judged]:
    values = np.array([run.validation_accuracy for run in runs])
    spread = values.std()
    scores = (values - values.mean()) / spread if spread > MIN_SPREAD else np.zeros(len(values))
    is_best = values == values.max()
    return [
        _Judged(run, float(score), float(best))
        for run, score, best in zip(runs, scores, is_best / is_best.sum(), strict=True)
    ]


def _report_decision(decision: Decision, judged: Mapping[int, Sequence[_Judged]]) -> DecisionReport:
    best = dict.fromkeys(decision.choices, 0.0)
    by_chance = dict.fromkeys(decision.choices, 0.0)
    runs = dict.fromkeys(decision.choices, 0)
    means: dict[Choice, list[float]] = {choice: [] for choice in decision.choices}
    for task in judged.values():
        scores: dict[Choice, list[float]] = defaultdict(list)
        of_task = 0.0
        for entry in task:
            if (choice := entry.run.architecture.decisions.get(decision.name)) is not None:
                scores[choice].append(entry.score)
                best[choice] += entry.best
                of_task += entry.best
        tried = sum(map(len, scores.values()))
        for choice, found in scores.items():
            runs[choice] += len(found)
            by_chance[choice] += of_task * len(found) / tried
            means[choice].append(fmean(found))
    total = sum(best.values())
    shares = {choice: best[choice] / total if total else 0.0 for choice in decision.choices}
    choices = tuple(
        ChoiceReport(
            choice=choice,
            runs=runs[choice],
            best_share=shares[choice],
            lift=best[choice] / by_chance[choice] if by_chance[choice] else 0.0,
            mean_score=fmean(means[choice]) if means[choice] else 0.0,
        )
        for choice in decision.choices
    )
    return DecisionReport(decision.name, total, choices, _edge(choices))


def _edge(choices: Sequence[ChoiceReport]) -> Literal["lower", "upper"] | None:
    """The edge of a numeric range that holds the value of the highest lift; zero ends a range by nature."""
    values = [choice.choice for choice in choices]
    if len(values) < 3 or any(isinstance(value, bool | str) for value in values):
        return None
    ordered = sorted(choices, key=lambda choice: float(choice.choice))
    top = max(choice.lift for choice in ordered)
    winners = [place for place, choice in enumerate(ordered) if choice.lift == top]
    if top == 0.0 or len(winners) > 1:
        return None
    if winners[0] == len(ordered) - 1:
        return "upper"
    return "lower" if winners[0] == 0 and ordered[0].choice != 0 else None


def _shared(judged: Mapping[int, Sequence[_Judged]]) -> dict[Architecture, list[tuple[int, _Judged]]]:
    """The runs of each shared architecture with their tasks, in the order of their hashes."""
    found: dict[Architecture, list[tuple[int, _Judged]]] = defaultdict(list)
    for task, entries in judged.items():
        for entry in entries:
            if entry.run.is_shared:
                found[entry.run.architecture].append((task, entry))
    return dict(sorted(found.items(), key=lambda item: item[0].hash))


def _most_successful(judged: Mapping[int, Sequence[_Judged]]) -> SharedReport | None:
    among = {task: _judge(shared) for task, entries in judged.items() if (shared := _shared_runs(entries))}
    alone = _shared(among)
    reports = [
        SharedReport(architecture, len(tasks), _best_share(runs), _best_share(alone[architecture]))
        for architecture, runs in _shared(judged).items()
        if (tasks := {task for task, _ in runs})
    ]
    return max(reports, key=lambda report: (report.best_share, report.best_share_of_shared), default=None)


def _shared_runs(entries: Iterable[_Judged]) -> list[KnownRun]:
    return [entry.run for entry in entries if entry.run.is_shared]


def _best_share(runs: Sequence[tuple[int, _Judged]]) -> float:
    return sum(entry.best for _, entry in runs) / len({task for task, _ in runs})


def _gap(judged: Mapping[int, Sequence[_Judged]]) -> GapReport | None:
    """The gap of the shared architecture with the best mean score, of those most tasks have run."""
    shared = _shared(judged)
    if not shared:
        return None
    tasks = {architecture: {task for task, _ in runs} for architecture, runs in shared.items()}
    most = max(map(len, tasks.values()))
    usual = [architecture for architecture in shared if 2 * len(tasks[architecture]) > most]
    average = max(usual, key=lambda architecture: fmean(entry.score for _, entry in shared[architecture]))
    validation, test = [], []
    for task, entry in shared[average]:
        best = [other for other in judged[task] if other.best]
        validation.append(best[0].run.validation_accuracy - entry.run.validation_accuracy)
        test.append(fmean(other.run.test_accuracy for other in best) - entry.run.test_accuracy)
    return GapReport(average, len(tasks[average]), fmean(validation), fmean(test))
