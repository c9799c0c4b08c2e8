"""The track record: what was predicted for each left-out task and what came out, as one JSON document.

The figures over all tasks are computed from the tasks whenever they are asked for; the document repeats
them for readers that have only the file.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest, wilcoxon

from dvn.errors import CheckpointError

FORMAT = 1
FILE = "track_record.json"


class UnusableTrackRecordError(CheckpointError):
    """A file is not a track record that this program can read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The track record {path} cannot be read: {reason}; "
            "`forethought evaluate --track-record FILE` makes a new one."
        )


@dataclass(frozen=True, slots=True)
class TrackedTask:
    """One left-out task: the prediction without its family, and what the runs recorded. Shares in [0, 1].

    Attributes:
        name: The task's name.
        family: The tasks it shares texts with, all left out with it.
        language: A code such as `en`, if it is known.
        rows: Rows of the dataset.
        classes: Number of classes.
        architecture: Hash of the architecture that was chosen among those recorded, climbed ones included.
        decisions: The decisions of that architecture.
        expected: The predicted accuracy.
        low: Lower end of its interval, calibrated without the family.
        high: Upper end.
        reached: Test accuracy of the chosen architecture's recorded run, the mean over its seeds.
        best_by_validation: Test accuracy of the architecture that is best by validation of all that random
            search recorded, the shared ones included.
        best_on_average: Test accuracy of the architecture that is best on average over the other families.
        random_mean: Mean test accuracy of the task's own random architectures.
        spearman: Rank correlation of predicted and true validation scores, if there is one.
        was_outside: Whether the task was unlike every task that could be known.
    """

    name: str
    family: str
    language: str | None
    rows: int
    classes: int
    architecture: str
    decisions: Mapping[str, str | int | float | bool]
    expected: float
    low: float
    high: float
    reached: float
    best_by_validation: float
    best_on_average: float | None
    random_mean: float
    spearman: float | None
    was_outside: bool

    @property
    def is_covered(self) -> bool:
        """Whether the truth fell into the interval."""
        return self.low <= self.reached <= self.high

    @property
    def regret(self) -> float:
        """What the best by validation of all recorded tests better."""
        return self.best_by_validation - self.reached

    @property
    def gain(self) -> float | None:
        """What the chosen architecture tests better than the one that is best on average."""
        return None if self.best_on_average is None else self.reached - self.best_on_average


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many truths fell into their intervals, with the exact binomial interval of that share."""

    covered: int
    tasks: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Tasks on which the chosen architecture tests better than, worse than and like another choice."""

    wins: int
    losses: int
    ties: int
    p_value: float | None
    """Of Wilcoxon's signed-rank test, two-sided; none where no task differs."""


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Every left-out task of an experience, and where the figures come from."""

    space: str
    checkpoint: str
    snapshot_hash: str
    runs: int
    code_version: str
    command: str
    made_at: datetime
    nominal: float
    """The share of truths that the intervals are meant to hold."""
    tasks: tuple[TrackedTask, ...]

    @property
    def families(self) -> int:
        """How many families were left out."""
        return len({task.family for task in self.tasks})

    @property
    def compared(self) -> tuple[TrackedTask, ...]:
        """The tasks whose choices are compared: those that ran what is best on average, if any did.

        A smaller size of a dataset is judged by what was expected of it; fifteen random runs are no search.
        """
        return tuple(task for task in self.tasks if task.best_on_average is not None) or self.tasks

    @property
    def coverage(self) -> Coverage:
        """The share of truths inside their intervals."""
        return coverage_of([task.is_covered for task in self.tasks])

    @property
    def mean_width(self) -> float:
        """Mean width of the intervals."""
        return float(np.mean([task.high - task.low for task in self.tasks]))

    @property
    def mean_error(self) -> float:
        """Mean absolute difference of expected and reached accuracy."""
        return float(np.mean([abs(task.expected - task.reached) for task in self.tasks]))

    @property
    def mean_regret(self) -> float:
        """Mean of what the best by validation of all recorded tests better, of the tasks compared."""
        return float(np.mean([task.regret for task in self.compared]))

    @property
    def mean_spearman(self) -> float | None:
        """Mean rank correlation over the tasks compared that have one."""
        found = [task.spearman for task in self.compared if task.spearman is not None]
        return float(np.mean(found)) if found else None

    @property
    def against_best_on_average(self) -> Standing:
        """How the choice does beside the one default for all tasks."""
        gains = [gain for task in self.tasks if (gain := task.gain) is not None]
        differing = [gain for gain in gains if gain != 0.0]
        p_value = float(wilcoxon(differing).pvalue) if differing else None
        wins, losses = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
        return Standing(wins, losses, len(gains) - wins - losses, p_value)

    def document(self) -> dict[str, Any]:
        """Everything as JSON, with the figures over all tasks beside what they are computed from."""
        head = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "tasks"}
        return {
            "format": FORMAT,
            **head,
            "made_at": self.made_at.isoformat(),
            "families": self.families,
            "coverage": asdict(self.coverage),
            "mean_width": self.mean_width,
            "mean_error": self.mean_error,
            "mean_regret": self.mean_regret,
            "mean_spearman": self.mean_spearman,
            "against_best_on_average": asdict(self.against_best_on_average),
            "tasks": [
                asdict(task) | {"is_covered": task.is_covered, "regret": task.regret} for task in self.tasks
            ],
        }

    def save(self, path: Path) -> None:
        """Write the document; an older one is there until the new one is whole."""
        draft = path.with_name(f".{path.name}.part")
        text = json.dumps(self.document(), ensure_ascii=False, indent=1)
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(path)


def coverage_of(outcomes: Sequence[bool]) -> Coverage:
    """The share of these outcomes, at least one, that are covered (Clopper and Pearson, 1934)."""
    covered, number = sum(outcomes), len(outcomes)
    between = binomtest(covered, number).proportion_ci(0.95, method="exact")
    return Coverage(covered, number, covered / number, float(between.low), float(between.high))


def read_track_record(path: Path) -> TrackRecord:
    """The track record in a file.

    Raises:
        UnusableTrackRecordError: The file is missing, damaged or of another format.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableTrackRecordError(path, "it is missing or no JSON") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise UnusableTrackRecordError(path, "another version of Forethought made it")
    try:
        return _record(found)
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableTrackRecordError(path, f"it is not whole ({type(error).__name__}: {error})") from error


def _record(found: Mapping[str, Any]) -> TrackRecord:
    names = [field.name for field in fields(TrackedTask)]
    tasks = tuple(TrackedTask(**{name: task[name] for name in names}) for task in found["tasks"])
    if not tasks:
        raise ValueError("no task is in it")
    for task in tasks:
        # A figure that is no share of 1 would only be noticed as a strange picture.
        if not all(0.0 <= share <= 1.0 for share in (task.low, task.expected, task.high, task.reached)):
            raise ValueError(f"{task.name} has a figure outside 0 to 1")
    head = {field.name: found[field.name] for field in fields(TrackRecord) if field.name != "tasks"}
    made_at = datetime.fromisoformat(head.pop("made_at"))
    return TrackRecord(**head, made_at=made_at, tasks=tasks)
