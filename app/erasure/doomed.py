"""What shall go becomes a list of everything that hangs on it: rows of any table, jobs, files.

Decision: rows are found by the foreign keys of the schema and files by their names, which begin with the id
of their row or the hash of their dataset. Why: a feature that comes later is deleted with the rest without
anybody thinking of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, false, func, or_, select
from sqlalchemy.orm import Session

from app.datasets.tables import DatasetRow, UploadRow
from app.db.base import Base
from app.experiments.tables import TaskRow
from app.jobs.tables import JobRow
from app.storage import Storage

_KEPT_TABLES: Final = frozenset({TaskRow.__tablename__})
"""Tasks that are left once sharing is taken back are the operator's, who added the same texts himself."""
_NOT_OURS: Final = frozenset({"postgres"})


@dataclass(slots=True)
class Doomed:
    """Ids of an account's rows by table, and how many rows without an id of their own go with them."""

    owner: UUID
    ids: dict[str, set[Any]] = field(default_factory=dict)
    nameless: dict[str, int] = field(default_factory=dict)
    hashes: set[str] = field(default_factory=set)
    """The content hashes of the datasets."""

    @property
    def names(self) -> set[UUID]:
        """The ids that addresses and files are made of."""
        return {one for ids in self.ids.values() for one in ids if isinstance(one, UUID)}

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of which table go."""
        named = {table: len(ids) for table, ids in self.ids.items()}
        return {table: count for table, count in sorted({**named, **self.nameless}.items()) if count}


def owned_tables() -> list[Table]:
    """The tables with what persons sent and what was made of it."""
    data = (mapper for mapper in Base.registry.mappers if getattr(mapper.class_, "is_data", False))
    return [table for mapper in data if isinstance(table := mapper.local_table, Table)]


def of_datasets(session: Session, owner: UUID, dataset_ids: Iterable[UUID]) -> Doomed:
    """Some datasets, the uploads that only they were made of, and what hangs on both."""
    wanted = list(dataset_ids)
    mine = (DatasetRow.owner_id == owner, DatasetRow.id.in_(wanted))
    datasets = session.scalars(select(DatasetRow).where(*mine)).all()
    others = select(DatasetRow.upload_id).where(DatasetRow.owner_id == owner, DatasetRow.id.not_in(wanted))
    of_them = UploadRow.id.in_([row.upload_id for row in datasets if row.upload_id])
    same_file = UploadRow.sha256.in_(select(UploadRow.sha256).where(of_them))
    used = select(UploadRow.sha256).where(UploadRow.id.in_(others.where(DatasetRow.upload_id.is_not(None))))
    unused = (UploadRow.owner_id == owner, same_file, UploadRow.sha256.not_in(used))
    uploads = session.scalars(select(UploadRow.id).where(*unused)).all()
    roots = {"dataset": {row.id for row in datasets}, "upload": set(uploads)}
    return _closed(session, Doomed(owner, roots, hashes={row.content_hash for row in datasets}))


def of_account(session: Session, owner: UUID) -> Doomed:
    """Everything that an account has; of the operator's own tasks only what a person made of them."""
    doomed = Doomed(owner)
    for table in (one for one in owned_tables() if "id" in one.c):
        doomed.ids[table.name] = set(session.scalars(select(table.c.id).where(table.c.owner_id == owner)))
    operators = select(TaskRow.dataset_id).where(DatasetRow.upload_id.is_(None))
    joined = operators.join(DatasetRow, DatasetRow.id == TaskRow.dataset_id)
    doomed.ids["dataset"] -= set(session.scalars(joined))
    hashes = select(DatasetRow.content_hash).where(DatasetRow.id.in_(doomed.ids["dataset"]))
    doomed.hashes = set(session.scalars(hashes))
    return _closed(session, doomed)


def _closed(session: Session, doomed: Doomed) -> Doomed:
    """With everything that goes when these rows go, and the jobs about any of it."""
    waiting = {table for table, ids in doomed.ids.items() if ids}
    while waiting:
        parent = waiting.pop()
        found = {
            child.name: _hanging(session, doomed, parent, child, key) for child, key in _children(parent)
        }
        about = select(JobRow.id).where(JobRow.subject_id.in_(doomed.names))
        found["job"] = found.get("job", set()) | set(session.scalars(about))
        for table, ids in found.items():
            if new := ids - doomed.ids.get(table, set()):
                doomed.ids.setdefault(table, set()).update(new)
                waiting.add(table)
    for nameless in (table for table in Base.metadata.sorted_tables if "id" not in table.c):
        keys = [(name, key) for name in doomed.ids for child, key in _children(name) if child is nameless]
        hangs = or_(false(), *(nameless.c[key].in_(doomed.ids[name]) for name, key in keys))
        if nameless in owned_tables():
            # Answers kept for repeated requests: whose data stands in them cannot be told, so all go.
            hangs = or_(hangs, nameless.c.owner_id == doomed.owner)
        count = session.scalar(select(func.count()).select_from(nameless).where(hangs))
        doomed.nameless[nameless.name] = count or 0
    return doomed


def _hanging(session: Session, doomed: Doomed, parent: str, child: Table, key: str) -> set[Any]:
    """The ids of a table's rows that point to these rows of another."""
    if "id" not in child.c:
        return set()
    return set(session.scalars(select(child.c.id).where(child.c[key].in_(doomed.ids[parent]))))


def _children(parent: str) -> Iterator[tuple[Table, str]]:
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            is_child = key.column.table.name == parent and key.ondelete == "CASCADE"
            if is_child and table.name not in _KEPT_TABLES:
                yield table, key.parent.name


def files_of(storage: Storage, names: Iterable[object]) -> Iterator[Path]:
    """Every file and folder of the data folder that is named after one of these ids and hashes."""
    wanted = {str(name) for name in names}
    for folder in storage.folder.iterdir():
        if folder.is_dir() and folder.name not in _NOT_OURS:
            for path in folder.iterdir():
                if path.name.partition(".")[0] in wanted:
                    yield path


def still_needed(session: Session, doomed: Doomed) -> set[str]:
    """The hashes of datasets whose file a dataset that stays needs as well."""
    stays = DatasetRow.id.not_in(doomed.ids.get("dataset", set()))
    same = select(DatasetRow.content_hash).where(DatasetRow.content_hash.in_(doomed.hashes), stays)
    return set(session.scalars(same))
