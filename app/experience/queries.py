"""Every question to the experience: which tasks, which runs, and how many the database has of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.experience.forms import RunsForm, RunsQuestion, TasksForm
from app.experience.known import Known, SeenRun, SeenTask
from app.experiments.tables import RunRow, TaskRow
from app.web.listing import in_order
from app.web.wording import language_name

_TASK_KEYS: Final[Mapping[str, Callable[[SeenTask], Any]]] = {
    "name": lambda task: task.name,
    "family": lambda task: task.family,
    "language": lambda task: task.language,
    "rows": lambda task: task.rows,
    "classes": lambda task: task.classes,
    "runs": lambda task: task.runs,
    "best": lambda task: None if task.best is None else task.best.validation_accuracy,
}
_RUN_KEYS: Final[Mapping[str, Callable[[SeenRun], Any]]] = {
    "task": lambda run: run.task,
    "validation": lambda run: run.validation_accuracy,
    "test": lambda run: run.test_accuracy,
    "seconds": lambda run: run.train_seconds,
    "size": lambda run: run.bundle_bytes,
    "started": lambda run: run.started_at,
}


@dataclass(frozen=True, slots=True)
class OwnCounts:
    """What this installation's own database holds."""

    tasks: int
    runs: int


def own_counts(session: Session) -> OwnCounts:
    """How many tasks and runs the database of this machine has."""
    tasks = session.scalar(select(func.count()).select_from(TaskRow))
    runs = session.scalar(select(func.count()).select_from(RunRow))
    return OwnCounts(tasks or 0, runs or 0)


def tasks_with(known: Known, sought: str) -> list[SeenTask]:
    """The tasks whose name, family or language holds each of these words, by name."""
    words = sought.casefold().split()
    return [task for task in known.tasks if all(word in _described(task) for word in words)]


def sorted_tasks(known: Known, form: TasksForm) -> list[SeenTask]:
    return in_order(tasks_with(known, form.q), _TASK_KEYS[form.sort], form.order)


def runs_with(known: Known, form: RunsForm | RunsQuestion) -> Sequence[SeenRun]:
    """The runs of this task, space, state and origin, as far as one is asked for."""
    asked = {
        "task_id": form.task,
        "space": form.space,
        "state": form.state,
        "origin": form.origin,
    }
    wanted = {name: value for name, value in asked.items() if value}
    return [run for run in known.runs if all(getattr(run, name) == value for name, value in wanted.items())]


def sorted_runs(known: Known, form: RunsForm) -> list[SeenRun]:
    return in_order(runs_with(known, form), _RUN_KEYS[form.sort], form.order)


def _described(task: SeenTask) -> str:
    language = task.language or ""
    return f"{task.name} {task.family} {language} {language_name(language)}".casefold()
