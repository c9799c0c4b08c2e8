"""Tasks that are stored already get the landmarkers they lack, each in a transaction of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from app.db.session import transaction
from app.experiments import queries, records, service
from app.storage import MissingDatasetError, Storage
from dvn.embeddings import MODULES
from dvn.errors import DataError
from dvn.metafeatures import LANDMARKER_NAMES, landmarkers_of
from dvn.metafeatures.task_sample import TABLE

Report = Callable[[str, int, int], None]
"""Told the name of a task that was described, how many are, and how many there are to describe."""


@dataclass(frozen=True, slots=True)
class Described:
    """How many tasks were described now and before, and those whose texts are not on this machine."""

    now: int
    before: int
    without_texts: tuple[str, ...]


def describe_tasks(
    engine: Engine, storage: Storage, *, names: Sequence[str] | None, report: Report
) -> Described:
    """Compute and store the landmarkers of all tasks, or of those named, that lack the present version's.

    Raises:
        NoTasksError: There is no task.
        UnknownTaskError: A name is not that of a task.
    """
    with transaction(engine) as session:
        every = service.chosen_tasks(session, names)
        found = [(task.id, task.name, dataset) for task, dataset in every]
        stored = queries.samples(session, module=TABLE, module_version=MODULES[TABLE].version)
        complete = {row.task_id for row in stored if _is_complete(row.metafeatures)}
    left = [task for task in found if task[0] not in complete]
    without_texts = []
    for number, (task_id, name, row) in enumerate(left, start=1):
        with transaction(engine) as session:
            task = queries.task_with_split(session, task_id)
        try:
            dataset = storage.load_dataset(row.content_hash)
            facts = service.sample_facts(dataset, service.rows_shown(dataset, task, row.name), storage)
        except (MissingDatasetError, DataError):
            without_texts.append(name)
            continue
        with transaction(engine) as session:
            records.describe_sample(session, task_id, facts)
        report(name, number, len(left))
    return Described(len(left) - len(without_texts), len(found) - len(left), tuple(without_texts))


def _is_complete(metafeatures: Mapping[str, float]) -> bool:
    return set(landmarkers_of(metafeatures)) == {
        name for names in LANDMARKER_NAMES.values() for name in names
    }
