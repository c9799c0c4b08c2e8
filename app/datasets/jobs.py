"""The health report of a large dataset, as a worker makes it."""

from functools import partial
from pathlib import Path

from app.datasets import health
from app.jobs.registry import job
from app.jobs.runner import RunningJob
from app.storage import Storage


@job(health.EXAMINE)
def examine_dataset(running: RunningJob) -> None:
    """Examine a dataset as it is now. Safe to deliver twice: the same texts give the same report."""
    row = running.load(partial(health.load_row, dataset_id=running.subject_id))
    storage = Storage(Path(running.arguments["data"]))
    report = health.make_report(row, storage, running.step)
    store = partial(health.store_report, dataset_id=row.id, learned_hash=row.learned_hash)
    running.record(partial(store, report=report))
