"""The health report and the fixes of a large dataset, as a worker makes them."""

from functools import partial
from pathlib import Path

from app.datasets import fixing, health
from app.jobs.registry import job
from app.jobs.runner import RunningJob
from app.storage import Storage, remove
from dvn.data.stored import write_parquet
from dvn.health import Fix


@job(health.EXAMINE)
def examine_dataset(running: RunningJob) -> None:
    """Examine a dataset as it is now. Safe to deliver twice: the same texts give the same report."""
    row = running.load(partial(health.load_row, dataset_id=running.subject_id))
    storage = Storage(Path(running.arguments["data"]))
    report = health.make_report(row, storage, running.step)
    store = partial(health.store_report, dataset_id=row.id, learned_hash=row.learned_hash)
    running.record(partial(store, report=report))


@job(fixing.FIX)
def fix_dataset(running: RunningJob) -> None:
    """Change the fixes of a dataset and examine it. Safe to deliver twice: the last step changes all."""
    row = running.load(partial(health.load_row, dataset_id=running.subject_id))
    storage = Storage(Path(running.arguments["data"]))
    fixes = [Fix(name) for name in running.arguments["fixes"]]
    change = fixing.change_of(row, storage, fixes, watch=running.step)
    known = partial(health.stored_report, dataset_id=row.id, learned_hash=change.fixed.dataset.content_hash)
    report = running.load(known) or fixing.report_on(change, watch=running.step)
    draft = storage.fixed_draft(running.id)
    try:
        running.step(0.96, "Storing")
        write_parquet(change.fixed.dataset, draft)
        store = partial(fixing.store_change, storage=storage, before=row, change=change)
        running.record(partial(store, made=(report, draft)))
    finally:
        remove(draft)
