"""A click on a fix becomes a dataset with it or without it: at once if that takes a moment, else by a job.

    click ─► small: fixed within the request
       └───► large: a job applies, splits, examines and drafts ─► one transaction: row, report and file

Decision: only the job's last transaction changes anything. Why: killed, failed or cancelled before it, the
dataset is as it was. Decision: while a job is under way other clicks are refused. Why: a click answers what
the report says, and the report is of the fixes as they are.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.datasets import health, queries
from app.datasets.fixes import TITLES, fixes_of, keep_fixed, with_fix
from app.datasets.service import (
    LearningData,
    describe_row,
    length_facts,
    names_with,
    split_facts,
    try_to_split,
)
from app.datasets.tables import DatasetRow
from app.db.base import Json
from app.errors import ConflictError, UnderWayError
from app.jobs.queries import latest_job
from app.jobs.service import enqueue, request_cancel
from app.jobs.tables import ENDED, JobId, JobRow, JobState
from app.settings import Settings
from app.storage import Storage, remove
from dvn.data.rare_classes import RareClasses, RareClassesError
from dvn.health import Fix, Fixed, HealthReport, apply_fixes, examine

FIX: Final = "datasets.fix"

Watch = Callable[[float, str], object]


class FixUnderWayError(UnderWayError):
    def __init__(self, fix: Fix) -> None:
        super().__init__(
            f"A change of the fix {fix.value} is under way on this dataset; wait until its job has ended, "
            "or cancel that."
        )


class ChangedMeanwhileError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "The dataset or the choice about its small classes was changed meanwhile, so the fix was not; "
            "click it again."
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What fixes make of a dataset; nothing of it is stored yet."""

    fixed: Fixed
    split: LearningData | RareClassesError
    rare: RareClasses | None
    chosen: str | None

    def is_change_of(self, row: DatasetRow) -> bool:
        """Whether the texts, labels or groups differ from what was read."""
        return self.fixed.dataset.content_hash != row.content_hash


def _silent(_: float, __: str) -> None:
    """Nobody watches."""


def choose_fix(
    session: Session, storage: Storage, settings: Settings, dataset_id: UUID, fixes: Collection[Fix]
) -> DatasetRow:
    """The dataset with these fixes and no others, or as it is, with a job under way that makes it so.

    Raises:
        FixUnderWayError: A job on its fixes has not ended.
        RivalFixesError, NothingLeftError, NothingToLearnError: They cannot be applied; nothing is changed.
        MissingDatasetError: Its texts are not on this machine.
    """
    row = queries.get_dataset(session, dataset_id, lock=True)
    job = fix_job(session, row)
    if job is not None and job.state not in ENDED:
        raise FixUnderWayError(Fix(job.arguments["fix"]))
    differing = sorted(set(fixes) ^ fixes_of(row))
    if _is_small_as_read(row):
        change = change_of(row, storage, fixes)
        tell(row, change, keep_fixed(storage, row, change.fixed))
        session.flush()
    elif differing:
        added = [fix for fix in differing if fix in fixes]
        arguments = {
            "data": str(settings.data),
            "learned_hash": row.learned_hash,
            "fixes": sorted(fixes),
            "fix": (added or differing)[0],
            "applied": bool(added),
        }
        enqueue(session, FIX, row.id, arguments=arguments)
    return row


def wanted_fixes(row: DatasetRow, fix: Fix, *, is_applied: bool) -> frozenset[Fix]:
    """The fixes of a dataset after a click on one."""
    return with_fix(fixes_of(row), fix) if is_applied else fixes_of(row) - {fix}


def fix_job(session: Session, row: DatasetRow) -> JobRow | None:
    """The job on a dataset's fixes that is under way, or that failed and was not followed by a change."""
    job = latest_job(session, FIX, row.id)
    if job is None or job.state not in ENDED:
        return job
    is_news = job.state == JobState.failed and job.arguments["learned_hash"] == row.learned_hash
    return job if is_news else None


def cancel_fix(session: Session, dataset_id: UUID) -> None:
    """Ask that the job on a dataset's fixes ends and changes nothing; without one, nothing happens."""
    job = fix_job(session, queries.get_dataset(session, dataset_id))
    if job is not None:
        request_cancel(session, JobId(job.id))


def change_of(row: DatasetRow, storage: Storage, fixes: Collection[Fix], *, watch: Watch = _silent) -> Change:
    """What these fixes and no others make of a dataset.

    Raises:
        RivalFixesError, NothingLeftError, NothingToLearnError: They cannot be applied.
        MissingDatasetError: Its texts are not on this machine.
    """
    watch(0.01, "Reading the dataset")
    dataset = storage.load_dataset(row.content_hash)
    fixed = apply_fixes(dataset, fixes, watch=lambda share, fix: watch(0.05 + 0.25 * share, TITLES[fix]))
    watch(0.3, "Splitting")
    # A fix may leave no small class: the choice about them is kept for the day it is taken back.
    chosen = row.rare_classes or row.report.get("rare_chosen")
    rare = RareClasses(chosen) if chosen else None
    return Change(fixed, try_to_split(fixed.dataset, rare), rare, chosen)


def tell(row: DatasetRow, change: Change, fixed_hash: str | None) -> None:
    """Let a dataset's row tell of a change."""
    dataset, split = change.fixed.dataset, change.split
    facts: dict[str, Any] = {
        **row.report,
        **length_facts(dataset),
        **split_facts(split),
        "as_read": row.report.get("as_read") or _size(row),
        "fixes": {fix.value: rows for fix, rows in change.fixed.changes.items()},
        "rare_chosen": change.chosen,
        "text_names": names_with(row, dataset, split),
    }
    row.fixes, row.fixed_hash = list(facts["fixes"]), fixed_hash
    describe_row(row, dataset, facts, split, change.rare)


def report_on(change: Change, *, watch: Watch) -> HealthReport:
    """The health report on a changed dataset."""
    return examine(change.fixed.reading, watch=lambda share, words: watch(0.35 + 0.6 * share, words))


def store_change(
    session: Session, storage: Storage, before: DatasetRow, change: Change, made: tuple[HealthReport, Path]
) -> Json:
    """Change a dataset as it was prepared: its row, its report and its file, of which there is a draft.

    Raises:
        ChangedMeanwhileError: It is not any more what the change was made of; it stays as it is.
    """
    report, draft = made
    row = queries.get_dataset(session, before.id, lock=True)
    if (row.learned_hash, row.rare_classes) != (before.learned_hash, before.rare_classes):
        raise ChangedMeanwhileError
    is_changed = change.is_change_of(row)
    tell(row, change, change.fixed.dataset.content_hash if is_changed else None)
    health.store_report(session, row.id, row.learned_hash, report)
    session.flush()
    # If the commit fails, the file does not match the row, and is made again where it is read.
    if is_changed:
        draft.replace(storage.fixed_dataset(row.id))
    else:
        remove(storage.fixed_dataset(row.id))
    return {"dataset": str(row.id), "fixes": row.fixes}


def _size(row: DatasetRow) -> Json:
    return {"rows": row.rows, "characters": health.characters_of(row)}


def _is_small_as_read(row: DatasetRow) -> bool:
    """Whether the fixes of a dataset take about a second at most; they begin with what was read."""
    size = row.report.get("as_read") or _size(row)
    return health.is_soon_examined(size["rows"], size["characters"])
