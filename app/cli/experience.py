"""Commands that fill and keep the experience: tasks, populate, export."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from app.cli.output import answering, say, table
from app.cli.progress import Show, progress_line
from app.db.database import open_database
from app.db.session import make_engine, transaction
from app.errors import BadInputError
from app.experiments import queries, service, snapshots
from app.experiments.climbing import WantedClimbs, plan_climbs
from app.experiments.describing import describe_tasks
from app.experiments.populate import (
    PopulateProgress,
    StoppedError,
    TasksGivenUpError,
    deal,
    expected_hours,
    expected_seconds,
    populate,
    populating_alone,
)
from app.experiments.tables import RunState
from app.settings import Settings, load_settings
from app.storage import Storage
from dvn.architecture import SPACES
from dvn.errors import DvnError

space_option = click.option(
    "--space", type=click.Choice(list(SPACES)), default="wide_deep", show_default=True, help="Search space."
)
data_option = click.option(
    "--data", type=click.Path(path_type=Path), default=None, help="Data folder; FORETHOUGHT_DATA otherwise."
)
snapshot_folder = click.Path(exists=True, file_okay=False, path_type=Path)
SAID_RUNS = 10
"""Between two lines of progress where lines cannot be overwritten."""


@contextmanager
def opened(data: Path | None) -> Iterator[tuple[Settings, Engine, Storage]]:
    """The settings, the database of their data folder, and its files."""
    settings = load_settings(data=data)
    with open_database(settings) as url:
        engine = make_engine(url)
        try:
            yield settings, engine, Storage(settings.data)
        finally:
            engine.dispose()


@click.group()
def tasks() -> None:
    """Tasks of the experiment database."""


@tasks.command("add")
@answering(lambda found: table(found["tasks"]))
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--family", default=None, help="Name shared by datasets that share texts.")
@click.option(
    "--size", "sizes", type=click.IntRange(min=50), multiple=True, help="A smaller size to add as well."
)
@data_option
def add(
    files: tuple[Path, ...], family: str | None, sizes: tuple[int, ...], data: Path | None
) -> Mapping[str, Any]:
    """Add the task that each FILE poses, for training on; a catalog.json beside the files is read."""
    added = []
    with opened(data) as (_, engine, storage):
        for path in files:
            try:
                with transaction(engine) as session:
                    found = service.add_tasks(session, storage, path, family=family, sizes=sizes)
                    added += [{"name": task.name, "family": task.family, "id": task.id} for task in found]
            except DvnError as error:
                raise BadInputError(f"{path.name}: {error}") from error
            for task in found:
                say(f"{task.name} is a task of the family {task.family}.")
    return {"tasks": added}


@tasks.command("list")
@answering(lambda found: table(found["tasks"]))
@data_option
def list_tasks(data: Path | None) -> Mapping[str, Any]:
    """Show all tasks with their numbers of runs."""
    with opened(data) as (_, engine, _), transaction(engine) as session:
        counts = queries.run_counts(session)
        rows = [
            {
                "name": task.name,
                "family": task.family,
                "rows": dataset.rows,
                "classes": dataset.classes,
                "finished": counts.get((task.name, RunState.finished), 0),
                "failed": counts.get((task.name, RunState.failed), 0),
            }
            for task, dataset in queries.tasks(session)
        ]
    return {"tasks": rows}


@tasks.command("describe")
@answering(lambda found: described_words(found))
@click.option("--task", "names", multiple=True, help="Only this task; may be given several times.")
@data_option
def describe(names: tuple[str, ...], data: Path | None) -> Mapping[str, Any]:
    """Compute the landmarkers that tasks lack: some seconds each; resumes."""
    with opened(data) as (_, engine, storage):
        described = describe_tasks(engine, storage, names=names or None, report=say_described)
    return asdict(described)


def say_described(name: str, number: int, total: int) -> None:
    say(f"{name} is described, {number} of {total}.")


def described_words(found: Mapping[str, Any]) -> str:
    done = f"{found['now']} tasks described, {found['before']} were already."
    return f"{done} {missing_words(found['without_texts'])}" if found["without_texts"] else done


@click.command("populate")
@answering(lambda found: f"{found['done']} runs recorded, {found['failed']} of them failed.")
@space_option
@click.option(
    "--shared",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    help="Architectures that all tasks share.",
)
@click.option(
    "--random",
    type=click.IntRange(min=0),
    default=30,
    show_default=True,
    help="Random architectures of each task's own.",
)
@click.option(
    "--twice",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="How many of each task's own are trained from a second seed, too.",
)
@click.option(
    "--smaller",
    type=click.IntRange(min=0),
    default=15,
    show_default=True,
    help="Random architectures of each task of a smaller size.",
)
@click.option(
    "--climbed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Instead of the above: architectures that a value network without the task's family climbs to.",
)
@click.option("--tasks", "names", default=None, help="Names with commas, done in this order; all otherwise.")
@click.option(
    "--from-snapshot", type=snapshot_folder, default=None, help="Folder of `export` to continue from."
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one a core",
    help="Training processes at a time.",
)
@data_option
def populate_command(
    names: str | None,
    from_snapshot: Path | None,
    processes: int,
    data: Path | None,
    climbed: int,
    **runs: Any,
) -> Mapping[str, Any]:
    """Train architectures on the tasks and record every run; continues where it was stopped."""
    wanted = None if names is None else [name.strip() for name in names.split(",")]
    try:
        with opened(data) as (settings, engine, storage), populating_alone(engine, runs["space"]):
            if from_snapshot is not None:
                with transaction(engine) as session:
                    say(f"{snapshots.restore(session, from_snapshot):,} runs are in the snapshot.")
            with transaction(engine) as session:
                if climbed:
                    climbs = WantedClimbs(runs["space"], climbed)
                    planned = plan_climbs(session, storage, climbs, names=wanted, watch=say_fold)
                else:
                    planned = service.plan_runs(session, storage, service.Wanted(**runs), names=wanted)
                recorded = queries.run_seconds(session, space=runs["space"])
            if planned.without_texts:
                say(missing_words(planned.without_texts))
            plans = planned.plans
            expected = expected_seconds(plans, storage, recorded)
            say(left_words(plans, expected_hours(expected, processes), processes))
            crew = deal(engine, storage, plans, processes=processes, cache_bytes=settings.vector_cache_bytes)
            with progress_line() as show:
                teller = ProgressTeller(show, is_terminal=sys.stderr.isatty())
                progress = populate(engine, crew, expected, report=teller)
    except KeyboardInterrupt:
        raise StoppedError from None
    if progress.given_up:
        raise TasksGivenUpError(progress)
    return {"done": progress.done, "failed": progress.failed, "seconds": progress.seconds}


def say_fold(done: int, total: int) -> None:
    say(f"Climbed without the families of fold {done} of {total}.")


def left_words(plans: Sequence[service.TaskPlan], hours: float, processes: int) -> str:
    if not plans:
        return "Nothing is left to train: every run of these tasks is recorded."
    runs = sum(len(plan.runs) for plan in plans)
    return f"{runs:,} runs on {len(plans)} tasks are left: about {hours:.1f} hours on {processes} processes."


def missing_words(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    way = "`forethought tasks add FILE...` brings them"
    return f"The texts of {len(names)} tasks are not here ({shown}); {way}."


class ProgressTeller:
    """Tells how far populating is: by one line that changes on a terminal, elsewhere by one now and then."""

    def __init__(self, show: Show, *, is_terminal: bool) -> None:
        self._show = show
        self._is_terminal = is_terminal
        self._given_up = 0

    def __call__(self, progress: PopulateProgress) -> None:
        if news := progress.given_up[self._given_up :]:
            self._given_up = len(progress.given_up)
            self._show("")
            for task in news:
                say(f"{task.name} is left out for now: {task.reason}")
        elif self._is_terminal:
            self._show(progress_words(progress))
        elif progress.done % SAID_RUNS == 0 or progress.done == progress.total:
            say(progress_words(progress))


def progress_words(progress: PopulateProgress) -> str:
    minutes = progress.seconds_left / 60
    left = f"{minutes / 60:.1f} hours" if minutes >= 90 else f"{minutes:.0f} minutes"
    share = f"{progress.done:,} of {progress.total:,} runs, {progress.failed} failed"
    return f"{share}; {progress.task}; about {left} left"


@click.command("export")
@answering(lambda found: f"{found['tasks']} tasks and {found['runs']} runs are in {found['folder']}.")
@space_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder.")
@data_option
def export(space: str, out: Path, data: Path | None) -> Mapping[str, Any]:
    """Write the tasks (no texts), runs and curves of a space as a Parquet snapshot."""
    with opened(data) as (_, engine, _), transaction(engine) as session:
        written = snapshots.write(session, out, space=space)
    return {"folder": str(out), **written}
