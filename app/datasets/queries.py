"""Every SELECT on uploads and datasets."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.datasets.tables import DatasetRow, TransferRow, UploadRow
from app.db.owned import owner_of
from app.errors import NotFoundError
from app.web.paging import PageForm, newest

CONTENT_LOCK: Final = 0x0F0E_7413
ANNOUNCING_LOCK: Final = 0x0F0E_7414


class UnknownUploadError(NotFoundError):
    def __init__(self, upload_id: UUID) -> None:
        super().__init__(
            f"There is no upload {upload_id}; it may have been deleted, so upload the file again."
        )


class UnknownDatasetError(NotFoundError):
    def __init__(self, dataset_id: UUID) -> None:
        super().__init__(f"There is no dataset {dataset_id}; it may have been deleted.")


def get_upload(session: Session, upload_id: UUID) -> UploadRow:
    """The upload of this id.

    Raises:
        UnknownUploadError: There is none.
    """
    upload = session.get(UploadRow, upload_id)
    if upload is None:
        raise UnknownUploadError(upload_id)
    return upload


def list_uploads(session: Session, form: PageForm) -> tuple[Sequence[UploadRow], str | None]:
    """Uploads from the newest to the oldest, and the cursor of the next ones."""
    return newest(session, UploadRow, form)


def list_datasets(session: Session, form: PageForm) -> tuple[Sequence[DatasetRow], str | None]:
    """Datasets that came of uploads, from the newest to the oldest, and the cursor of the next ones."""
    return newest(session, DatasetRow, form, DatasetRow.file_name.is_not(None))


def datasets_by_id(session: Session, dataset_ids: Collection[UUID]) -> Mapping[UUID, DatasetRow]:
    """Several datasets at once."""
    wanted = select(DatasetRow).where(DatasetRow.id.in_(dataset_ids)).order_by(DatasetRow.id)
    return {row.id: row for row in session.scalars(wanted)}


def same_upload(session: Session, sha256: str, file_name: str) -> UploadRow | None:
    """The first upload of the same bytes under the same name."""
    same = (UploadRow.sha256 == sha256, UploadRow.file_name == file_name)
    order = (UploadRow.created_at, UploadRow.id)
    return session.scalars(select(UploadRow).where(*same).order_by(*order).limit(1)).first()


def unused_uploads(session: Session, *, before: datetime) -> Sequence[UploadRow]:
    """Uploads older than this that no dataset was made of, oldest first."""
    used = select(DatasetRow.id).where(DatasetRow.upload_id == UploadRow.id).exists()
    old = (UploadRow.created_at < before, ~used)
    return session.scalars(select(UploadRow).where(*old).order_by(UploadRow.created_at, UploadRow.id)).all()


def upload_ids(session: Session) -> set[UUID]:
    """Every upload there is."""
    return set(session.scalars(select(UploadRow.id).order_by(UploadRow.id)))


def get_dataset(session: Session, dataset_id: UUID, *, lock: bool = False) -> DatasetRow:
    """The dataset of this id; locked, nobody else changes it or starts a training on it meanwhile.

    Raises:
        UnknownDatasetError: There is none.
    """
    dataset = session.get(DatasetRow, dataset_id, with_for_update=lock)
    if dataset is None:
        raise UnknownDatasetError(dataset_id)
    return dataset


def lock_content(session: Session, content_hash: str) -> None:
    """Until the transaction ends nobody else stores or deletes the file of this content."""
    session.execute(select(func.pg_advisory_xact_lock(CONTENT_LOCK, func.hashtext(content_hash))))


def lock_announcing(session: Session) -> None:
    """Until the transaction ends nobody else announces a file."""
    session.execute(select(func.pg_advisory_xact_lock(ANNOUNCING_LOCK)))


def dataset_by_content(session: Session, content_hash: str) -> DatasetRow | None:
    """The dataset with these texts, labels and parts, of the account in whose name the session makes rows."""
    same = (DatasetRow.owner_id == owner_of(session), DatasetRow.content_hash == content_hash)
    return session.scalars(select(DatasetRow).where(*same)).one_or_none()


def has_dataset(session: Session, upload_id: UUID) -> bool:
    """Whether a dataset came of this upload."""
    made = select(DatasetRow.id).where(DatasetRow.upload_id == upload_id).limit(1)
    return session.scalar(made) is not None


def count_datasets(session: Session) -> int:
    """How many datasets the session's owner made of uploads."""
    made = select(func.count(DatasetRow.id)).where(DatasetRow.upload_id.is_not(None))
    return session.scalar(made) or 0


def shared_datasets(session: Session) -> Sequence[DatasetRow]:
    """The datasets whose trainings the session's owner shares, by name."""
    shared = select(DatasetRow).where(DatasetRow.shared_at.is_not(None))
    return session.scalars(shared.order_by(DatasetRow.name, DatasetRow.id)).all()


def stored_bytes(session: Session) -> int:
    """How many bytes of files the session's owner keeps or has announced."""
    kept = session.scalar(select(func.sum(UploadRow.bytes)))
    awaited = session.scalar(select(func.sum(TransferRow.bytes)).where(TransferRow.upload_id.is_(None)))
    return int(kept or 0) + int(awaited or 0)
