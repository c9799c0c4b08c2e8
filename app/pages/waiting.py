"""Files that became no dataset yet, for the page they are gone on with from."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.datasets.queries import unused_uploads
from app.datasets.upload_transfers import arrived, unfinished
from app.storage import Storage


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that is here, or the part of it that has arrived."""

    id: UUID
    name: str
    bytes: int
    arrived: int
    created_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether its columns can be chosen."""
        return self.arrived == self.bytes

    @property
    def percent(self) -> int:
        return 100 * self.arrived // self.bytes


def waiting_files(session: Session, storage: Storage, *, limit: int) -> list[WaitingFile]:
    """The newest first."""
    parts = [
        WaitingFile(row.id, row.file_name, row.bytes, arrived(storage, row), row.created_at)
        for row in unfinished(session)
    ]
    wholes = [
        WaitingFile(row.id, row.file_name, row.bytes, row.bytes, row.created_at)
        for row in unused_uploads(session, before=datetime.now(UTC))
    ]
    return sorted([*parts, *wholes], key=lambda one: one.created_at, reverse=True)[:limit]
