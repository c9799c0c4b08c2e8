"""The fixes of a dataset become the dataset that is learned from, kept beside what was read.

Decision: what was read stays in storage under its content hash, and the fixed dataset is a file that can be
made again at any time. Why: undoing is exact, and losing the file loses nothing. Decision: recommendations
and classifiers note the content hash that they are of, so that they are told apart from those of a dataset
as it is now, and are current again when a fix is taken back.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.datasets.tables import DatasetRow
from app.storage import Storage, is_older, remove
from dvn.data.dataset import Dataset
from dvn.data.stored import read_parquet, write_parquet
from dvn.data.texts_on_disk import StoredDatasetError
from dvn.health import Fix, Fixed, apply_fixes
from dvn.health.finding import RIVALS

TITLES: Final = {
    Fix.repair_letters: "Repair the letters",
    Fix.clean_markup: "Clean the texts of HTML",
    Fix.drop_blank: "Remove texts without a word",
    Fix.drop_conflicts: "Remove texts with several labels",
    Fix.majority_label: "Take the label of the majority",
    Fix.drop_duplicates: "Remove duplicates",
    Fix.drop_near_duplicates: "Remove near-duplicates",
    Fix.clear_test: "Remove them from validation and test",
    Fix.keep_together: "Keep near-duplicates on one side",
}


def current_data(row: DatasetRow, storage: Storage, *, on_disk: bool = False) -> Dataset:
    """The dataset with its fixes; `on_disk`: texts that are many may stay in its file.

    Raises:
        MissingDatasetError: Its texts are not on this machine.
    """
    if row.fixed_hash is None:
        return storage.load_dataset(row.content_hash, on_disk=on_disk)
    try:
        known = read_parquet(storage.fixed_dataset(row.id), on_disk=on_disk)
    except (StoredDatasetError, FileNotFoundError):
        known = None
    if known is not None and known.content_hash == row.fixed_hash:
        return known
    return fixed_data(row, storage).dataset


def fixed_data(row: DatasetRow, storage: Storage) -> Fixed:
    """The dataset with its fixes, made anew from what was read, and which rows are left."""
    fixed = apply_fixes(storage.load_dataset(row.content_hash), fixes_of(row))
    keep_fixed(storage, row, fixed)
    return fixed


def keep_fixed(storage: Storage, row: DatasetRow, fixed: Fixed) -> str | None:
    """Store a fixed dataset and give its content hash; none if the fixes change nothing."""
    path = storage.fixed_dataset(row.id)
    if fixed.dataset.content_hash == row.content_hash:
        remove(path)
        return None
    write_parquet(fixed.dataset, path)
    return fixed.dataset.content_hash


def fixes_of(row: DatasetRow) -> frozenset[Fix]:
    """The fixes that are applied, but for those that this version does not know."""
    return frozenset(Fix(name) for name in row.fixes if name in set(Fix))


def with_fix(fixes: frozenset[Fix], fix: Fix) -> frozenset[Fix]:
    """The fixes with one more, in place of its rival if there is one."""
    rivals = {other for pair in RIVALS if fix in pair for other in pair}
    return (fixes - rivals) | {fix}


def sweep_fixed(session: Session, storage: Storage, *, age_seconds: float) -> int:
    """Remove fixed datasets whose dataset was deleted, or has no fixes any more; how many."""
    with_fixes = select(DatasetRow.id).where(DatasetRow.fixed_hash.is_not(None))
    known = {storage.fixed_dataset(dataset_id).name for dataset_id in session.scalars(with_fixes)}
    # A file is written a moment before its row is committed: the young are left alone.
    left = [
        path
        for path in storage.fixed.glob("*.parquet")
        if path.name not in known and is_older(path, age_seconds)
    ]
    for path in left:
        remove(path)
    return len(left)
