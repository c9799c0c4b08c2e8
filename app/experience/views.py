"""Tasks, runs and value networks become exactly what their pages print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.experience.forms import RunsForm, TasksForm
from app.experience.known import Known, SeenRun, SeenTask
from app.experience.queries import sorted_runs, sorted_tasks
from app.web.curves import Curves, curves
from app.web.diagram import Diagram, draw, ordered
from app.web.listing import ColumnTitle, Listing, listing
from dvn.architecture import SPACES
from dvn.evaluation.track_record import TrackedTask, TrackRecord

MOST_BEST: Final = 3
_TASKS: Final = (
    ColumnTitle("Task", "name"),
    ColumnTitle("Language", "language", if_wide=True),
    ColumnTitle("Family", "family", if_wide=True),
    ColumnTitle("Rows", "rows", is_number=True, starts="down"),
    ColumnTitle("Classes", "classes", is_number=True, if_wide=True, starts="down"),
    ColumnTitle("Runs", "runs", is_number=True, if_wide=True, starts="down"),
    ColumnTitle("Best validation", "best", is_number=True, starts="down"),
)
_RUNS: Final = (
    ColumnTitle("Task", "task"),
    ColumnTitle("Architecture"),
    ColumnTitle("Origin", if_wide=True),
    ColumnTitle("Validation", "validation", is_number=True, starts="down"),
    ColumnTitle("Test", "test", is_number=True, starts="down"),
    ColumnTitle("Training", "seconds", is_number=True, if_wide=True),
    ColumnTitle("Size", "size", is_number=True, if_wide=True),
)


@dataclass(frozen=True, slots=True)
class BestRun:
    """One of the best runs of a task, drawn."""

    rank: int
    run: SeenRun
    diagram: Diagram
    decisions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SpaceRuns:
    """What a space reached on one task."""

    space: str
    runs: int
    failed: int
    best: tuple[BestRun, ...]
    curves: Curves | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task's page."""

    task: SeenTask
    spaces: tuple[SpaceRuns, ...]
    tracked: TrackedTask | None


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list, its architecture in a few words."""

    run: SeenRun
    words: str
    decisions: Mapping[str, Any]


def tasks_listing(known: Known, form: TasksForm) -> Listing[SeenTask]:
    return listing("/experience", sorted_tasks(known, form), form, _TASKS)


def runs_listing(known: Known, form: RunsForm) -> Listing[RunLine]:
    """A page of runs; only those shown are put into words."""
    found = listing("/experience/runs", sorted_runs(known, form), form, _RUNS)
    classes = {run.task_id: known.task_by_id[run.task_id].classes for run in found.rows}
    return found.of(tuple(_line(run, classes[run.task_id]) for run in found.rows))


def task_view(
    task: SeenTask, curves_by_run: Mapping[str, Sequence[tuple[int, float]]], record: TrackRecord | None
) -> TaskView:
    """A task with the best runs of each space; its part of the track record, if it has one."""
    spaces = sorted({run.space for run in task.finished})
    tracked = next((one for one in record.tasks if one.name == task.name), None) if record else None
    return TaskView(
        task=task,
        spaces=tuple(_space_runs(task, space, curves_by_run) for space in spaces),
        tracked=tracked,
    )


def _space_runs(
    task: SeenTask, space: str, curves_by_run: Mapping[str, Sequence[tuple[int, float]]]
) -> SpaceRuns:
    runs = [run for run in task.finished if run.space == space]
    best = tuple(_best(place, run, task.classes) for place, run in enumerate(_distinct(runs), start=1))
    lines = [(f"{one.rank}", curves_by_run.get(one.run.id, ())) for one in best]
    return SpaceRuns(space, len(runs), task.failed, best, curves(lines))


def _distinct(runs: Sequence[SeenRun]) -> list[SeenRun]:
    """The best run of each of the best architectures: another seed of the same one tells little."""
    found: dict[str, SeenRun] = {}
    for run in runs:
        found.setdefault(run.architecture, run)
    return list(found.values())[:MOST_BEST]


def _best(rank: int, run: SeenRun, classes: int) -> BestRun:
    return BestRun(rank, run, draw(run.decisions, classes), _ordered(run))


def _line(run: SeenRun, classes: int) -> RunLine:
    sentence = draw(run.decisions, classes).sentence
    return RunLine(run, sentence[:1].upper() + sentence[1:], _ordered(run))


def _ordered(run: SeenRun) -> Mapping[str, Any]:
    """Decisions in the order of their space, as far as the space is still known."""
    return ordered(run.space, run.decisions) if run.space in SPACES else run.decisions
