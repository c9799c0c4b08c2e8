"""A wish to delete becomes: no jobs, no rows, no files, nothing shared, and a signed receipt of it.

    cancel and end the jobs (committed, so that workers hear it) ─► wait until none runs
      ─► one transaction: lock, take back what was shared, list, remove files, delete rows, sign

Decision: files go before the transaction commits. Why: if the commit fails, the deletion can be repeated and
finds the rest; the other way round files would stay that no row knows.
Decision: what is shared of a dataset is taken back when it is deleted. Why: runs say how it was learned,
and an owner who deletes it does not expect that to stay.
What this cannot reach: PostgreSQL keeps deleted rows on disk until it uses their space again, and the
operator may have backups. The receipt says so.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Engine, and_, delete, func, select, update
from sqlalchemy.orm import Session

from app.classifiers.queries import shared_run_ids
from app.classifiers.shared_runs import set_sharing
from app.datasets.queries import lock_content
from app.datasets.service import text_names
from app.datasets.tables import DatasetRow
from app.db.base import Base, Json
from app.db.owned import LOCAL_ACCOUNT
from app.db.session import transaction
from app.erasure.doomed import Doomed, files_of, of_account, of_datasets, owned_tables, still_needed
from app.erasure.ending import end_account, lock_account
from app.erasure.receipts import signed, signing_key
from app.erasure.tables import ReceiptRow
from app.errors import ConflictError, DatabaseError, JobCancelledError
from app.experiments.queries import tasks_of_dataset
from app.jobs import lease as leases
from app.jobs.outbox import is_expired
from app.jobs.service import ring
from app.jobs.tables import ENDED, JobRow, JobState
from app.settings import Settings
from app.storage import Storage, remove
from dvn.embeddings import VectorCache

WAIT_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.1
_HASH_BYTES: Final = 1 << 20
_LISTED: Final = ("dataset", "upload", "recommendation", "classifier", "job")
LIMITS: Final = (
    "PostgreSQL overwrites the space of deleted rows when it needs it, and copies that the operator made "
    "earlier, such as backups, are not part of this."
)


class StillRunningError(ConflictError):
    def __init__(self, jobs: int) -> None:
        super().__init__(
            f"{jobs} jobs on this data have not ended within {WAIT_SECONDS:g} s of being cancelled, so "
            "nothing was deleted; try again in a minute."
        )


class NotRemovedError(DatabaseError):
    def __init__(self, file: str) -> None:
        super().__init__(
            f"The file {file} could not be removed, so nothing is said to be deleted; tell the operator."
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose things shall go: these datasets, or without any named everything."""

    owner: UUID
    dataset_ids: tuple[UUID, ...] | None = None
    ends_account: bool = False
    """Whether the account itself goes, with everything."""

    @property
    def scope(self) -> str:
        """The word for it in a receipt."""
        if self.ends_account:
            return "account"
        return "everything" if self.dataset_ids is None else "datasets"

    def doomed(self, session: Session) -> Doomed:
        if self.dataset_ids is None:
            return of_account(session, self.owner)
        return of_datasets(session, self.owner, self.dataset_ids)


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are deleted."""

    engine: Engine
    storage: Storage
    settings: Settings


def erase(place: Place, wish: Wish) -> ReceiptRow:
    """Delete it all, and give the receipt, which is stored.

    Raises:
        StillRunningError: A worker does not let go of it; nothing is deleted.
        NotRemovedError: A file cannot be removed; nothing is said to be deleted.
        AccountGoneError: The account that shall go is gone.
    """
    requested_at = datetime.now(UTC)
    cancelled = end_jobs(place.engine, wish)
    with transaction(place.engine, makes_for=wish.owner) as session:
        if wish.ends_account:
            lock_account(session, wish.owner)
        facts = {
            "receipt": str(uuid4()),
            "service": "Forethought",
            "account": str(wish.owner),
            "scope": wish.scope,
            "requested_at": requested_at.isoformat(),
            "cancelled_jobs": cancelled,
            **_erase_now(session, place, wish),
        }
        if wish.ends_account:
            facts["rows"] = dict(sorted((facts["rows"] | end_account(session, wish.owner)).items()))
        facts |= {"completed_at": datetime.now(UTC).isoformat(), "limits": LIMITS}
        document = signed(facts, signing_key(place.settings))
        keeper = LOCAL_ACCOUNT if wish.ends_account else wish.owner
        receipt = ReceiptRow(id=UUID(document["receipt"]), document=document, owner_id=keeper)
        session.add(receipt)
    return receipt


def end_jobs(engine: Engine, wish: Wish) -> int:
    """Cancel every job on what shall go, and wait until none is at work; how many there were."""
    with transaction(engine) as session:
        under_way = and_(JobRow.id.in_(wish.doomed(session).ids.get("job", ())), JobRow.state.not_in(ENDED))
        wished = session.scalars(
            update(JobRow).where(under_way).values(cancel_requested=True).returning(JobRow.id)
        ).all()
        idle = and_(JobRow.id.in_(wished), (JobRow.state == JobState.queued) | is_expired())
        leases.end(session, idle, JobState.cancelled, sentence=str(JobCancelledError()))
        ring(session)
    began = monotonic()
    while left := _running(engine, wished):
        if monotonic() - began > WAIT_SECONDS:
            raise StillRunningError(left)
        sleep(_LOOK_SECONDS)
    return len(wished)


def _running(engine: Engine, job_ids: Sequence[UUID]) -> int:
    with transaction(engine) as session:
        held = (JobRow.id.in_(job_ids), JobRow.state.not_in(ENDED), ~is_expired())
        return session.scalar(select(func.count()).select_from(JobRow).where(*held)) or 0


def _erase_now(session: Session, place: Place, wish: Wish) -> Json:
    ids = sorted(wish.doomed(session).ids["dataset"])
    datasets = session.scalars(
        select(DatasetRow).where(DatasetRow.id.in_(ids)).order_by(DatasetRow.id).with_for_update()
    ).all()
    runs = 0
    for dataset in datasets:
        lock_content(session, dataset.content_hash)
        runs += len(shared_run_ids(session, dataset.id))
        set_sharing(session, place.storage, place.settings, dataset.id, is_shared=False)
    doomed = wish.doomed(session)
    _refuse_running(session, doomed)
    kept = [dataset for dataset in datasets if tasks_of_dataset(session, dataset.id)]
    stays = still_needed(session, doomed) | {dataset.content_hash for dataset in kept}
    of_fixes = {name for dataset in datasets for name in dataset.report.get("text_names", ())}
    vectors = _forget_vectors(place, doomed.hashes, of_fixes)
    files = _remove_files(place.storage, doomed, stays)
    for dataset in kept:
        _give_back(session, dataset, doomed)
    _delete_rows(session, doomed)
    return {
        "rows": doomed.counts,
        "things": [
            {"kind": kind, "id": str(one)} for kind in _LISTED for one in sorted(doomed.ids.get(kind, ()))
        ],
        "files": files,
        "bytes": sum(file["bytes"] for file in files),
        "vector_files": vectors,
        "shared_runs_taken_back": runs,
        "kept": [{"file": f"datasets/{one}.parquet", "why": _WHY_KEPT} for one in sorted(stays)],
    }


_WHY_KEPT: Final = "This installation has the same texts for another reason, with no tie to this account."


def _refuse_running(session: Session, doomed: Doomed) -> None:
    """Somebody may have started a training since the jobs ended."""
    under_way = (JobRow.id.in_(doomed.ids.get("job", ())), JobRow.state.not_in(ENDED))
    if left := session.scalar(select(func.count()).select_from(JobRow).where(*under_way)):
        raise StillRunningError(left)


def _forget_vectors(place: Place, hashes: set[str], names: set[str]) -> int:
    cache = VectorCache(place.storage.vectors, max_bytes=place.settings.vector_cache_bytes)
    names = names.union(*(text_names(place.storage, one) for one in sorted(hashes)))
    return sum(cache.forget(name) for name in sorted(names))


def _remove_files(storage: Storage, doomed: Doomed, stays: set[str]) -> list[dict[str, Any]]:
    removed = []
    for path in sorted(files_of(storage, [*doomed.names, *(doomed.hashes - stays)])):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        described = [_described(storage, file) for file in inside if file.is_file()]
        remove(path)
        if path.exists():
            raise NotRemovedError(str(path.relative_to(storage.folder)))
        removed += described
    return removed


def _described(storage: Storage, file: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_HASH_BYTES):
            digest.update(piece)
    return {
        "file": str(file.relative_to(storage.folder)),
        "bytes": file.stat().st_size,
        "sha256": digest.hexdigest(),
    }


def _give_back(session: Session, dataset: DatasetRow, doomed: Doomed) -> None:
    """Leave a dataset to the operator, whose task it is, with nothing of the person's in it."""
    dataset.upload_id = dataset.file_name = dataset.rare_classes = dataset.delete_after = None
    dataset.name = tasks_of_dataset(session, dataset.id)[0].name
    dataset.report, dataset.fixes, dataset.fixed_hash = {}, [], None
    session.flush()
    doomed.ids["dataset"].discard(dataset.id)


def _delete_rows(session: Session, doomed: Doomed) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        if doomed.ids.get(table.name):
            session.execute(delete(table).where(table.c.id.in_(doomed.ids[table.name])))
        elif table in owned_tables() and "id" not in table.c:
            session.execute(delete(table).where(table.c.owner_id == doomed.owner))
    session.expire_all()
