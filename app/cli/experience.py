"""Commands that fill, keep and use the experience: tasks, populate, export."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from app.cli.output import answering, say, table
from app.db.database import open_database
from app.db.session import make_engine, transaction
from app.errors import BadInputError
from app.experiments import queries, service, snapshots
from app.experiments.populate import PopulateProgress, estimated_hours, populate
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
@data_option
def add(files: tuple[Path, ...], family: str | None, data: Path | None) -> Mapping[str, Any]:
    """Add the task that each FILE poses, for training on; a catalog.json beside the files is read."""
    added = []
    with opened(data) as (_, engine, storage):
        for path in files:
            try:
                with transaction(engine) as session:
                    task = service.add_task(session, storage, path, family=family)
                    added.append({"name": task.name, "family": task.family, "id": task.id})
            except DvnError as error:
                raise BadInputError(f"{path.name}: {error}") from error
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
                "finished": counts.get((task.name, queries.RunState.finished), 0),
                "failed": counts.get((task.name, queries.RunState.failed), 0),
            }
            for task, dataset in queries.tasks(session)
        ]
    return {"tasks": rows}


@click.command("populate")
@answering(lambda found: f"{found['done']} runs recorded, {found['failed']} of them failed.")
@space_option
@click.option("--shared", default=30, show_default=True, help="Architectures that all tasks share.")
@click.option(
    "--random", "own", default=30, show_default=True, help="Random architectures of each task's own."
)
@click.option("--tasks", "names", default=None, help="Names of tasks, with commas; all of them otherwise.")
@click.option("--from-snapshot", type=click.Path(exists=True, file_okay=False, path_type=Path), default=None)
@click.option("--processes", default=os.cpu_count() or 1, show_default="one a core")
@data_option
def populate_command(  # noqa: PLR0913  # one parameter an option of the command
    space: str,
    shared: int,
    own: int,
    names: str | None,
    from_snapshot: Path | None,
    processes: int,
    data: Path | None,
) -> Mapping[str, Any]:
    """Train architectures on the tasks and record every run; continues where it was stopped."""
    with opened(data) as (settings, engine, storage):
        with transaction(engine) as session:
            if from_snapshot is not None:
                say(f"{snapshots.restore(session, from_snapshot)} runs are in the snapshot.")
            wanted = None if names is None else names.split(",")
            plans = service.plan_runs(session, storage, space=space, shared=shared, random=own, names=wanted)
        total = sum(len(plan.runs) for plan in plans)
        hours = estimated_hours(plans, storage, processes)
        say(f"{total} runs on {len(plans)} tasks are left: about {hours:.1f} hours on {processes} processes.")
        progress = populate(
            engine,
            storage,
            plans,
            processes=processes,
            cache_bytes=settings.vector_cache_bytes,
            report=_report,
        )
    return {"done": progress.done, "failed": progress.failed, "seconds": progress.seconds}


def _report(progress: PopulateProgress) -> None:
    if progress.done % 10 == 0 or progress.done == progress.total:
        share = f"{progress.done} of {progress.total} runs, {progress.failed} failed"
        say(f"{share}; {progress.task}; about {progress.seconds_left / 60:.0f} minutes left")


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
