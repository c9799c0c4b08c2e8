"""An announced file becomes an upload once all its parts have arrived; what nobody goes on with is swept."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.accounts.quotas import refuse_bytes
from app.datasets import queries, service
from app.datasets.forms import TransferForm
from app.datasets.service import KeptFile
from app.datasets.tables import TransferRow, UploadRow
from app.db.owned import EVERYONES, owner_of
from app.errors import BadInputError, BusyError, ConflictError, TooLargeError
from app.settings import Settings
from app.storage import PART, ReceivedFile, Storage, is_older, remove
from app.web.receiving import EmptyFileError, refuse_without_room
from app.web.wording import size
from dvn.data.choices import Limits
from dvn.data.preview import Preview, preview

MOST_UNFINISHED: Final = 200
"""As many files may be under way at once; announcing costs nothing, so that it must have an end."""
MOST_OF_AN_ACCOUNT: Final = 20
"""As many of them may be one account's, so that nobody takes everybody's places."""


class TooLargeFileError(TooLargeError):
    def __init__(self, announced: int, limit: int) -> None:
        super().__init__(
            f"The file has {size(announced)} and at most {size(limit)} can be uploaded; send a part of its "
            "rows, or ask who runs the service to raise FORETHOUGHT_MAX_UPLOAD_BYTES."
        )


class TooManyTransfersError(BusyError):
    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} uploads are under way; finish or delete one, or send this one when they are through."
        )


class TooManyOwnTransfersError(ConflictError):
    def __init__(self, most: int, oldest: UUID, keep_hours: float) -> None:
        super().__init__(
            f"{most} uploads of this account are under way, and more may not be: finish one, or delete one "
            f"(the oldest by DELETE /api/v1/uploads/{oldest}). What nobody goes on with is forgotten after "
            f"{keep_hours:g} hours."
        )


class DamagedFileError(BadInputError):
    def __init__(self, announced: str, arrived: str) -> None:
        super().__init__(
            f"What arrived has the SHA-256 {arrived} and {announced} was announced: the file was changed "
            "while it was sent, or damaged on the way. Nothing was kept; upload it again."
        )


class UsedUploadError(ConflictError):
    def __init__(self) -> None:
        super().__init__("A dataset was made of this file; delete the dataset, and the file goes with it.")


class UnfinishedUploadError(ConflictError):
    def __init__(self, upload_id: UUID, offset: int, whole: int) -> None:
        super().__init__(
            f"{offset:,} of the {whole:,} bytes of this file have arrived; send the rest with "
            f"PATCH /api/v1/uploads/{upload_id} and 'Upload-Offset: {offset}'."
        )


def begin_transfer(session: Session, storage: Storage, settings: Settings, form: TransferForm) -> TransferRow:
    """A file is announced; nothing of it has arrived.

    Raises:
        EmptyFileError, TooLargeFileError: It is empty, or larger than is taken.
        DiskFullError: The disk has no room for it beside what else is under way.
        TooManyTransfersError, TooManyOwnTransfersError: Too many files are under way.
    """
    if form.bytes == 0:
        raise EmptyFileError
    if form.bytes > settings.max_upload_bytes:
        raise TooLargeFileError(form.bytes, settings.max_upload_bytes)
    refuse_bytes(settings, queries.stored_bytes(session), form.bytes)
    # One after the other: two that are announced at once would not see each other.
    queries.lock_announcing(session)
    # The disk is everyone's.
    others = unfinished(session, of_everyone=True)
    own = [other for other in others if other.owner_id == owner_of(session)]
    if len(own) >= MOST_OF_AN_ACCOUNT:
        raise TooManyOwnTransfersError(MOST_OF_AN_ACCOUNT, own[0].id, settings.upload_keep_hours)
    if len(others) >= MOST_UNFINISHED:
        raise TooManyTransfersError(MOST_UNFINISHED)
    awaited = sum(other.bytes - arrived(storage, other) for other in others)
    refuse_without_room(storage.unfinished, form.bytes, promised=awaited)
    transfer = TransferRow(
        file_name=service.clean_name(form.filename), bytes=form.bytes, sha256=form.sha256 or None
    )
    session.add(transfer)
    session.flush()
    return transfer


def unfinished(session: Session, *, of_everyone: bool = False) -> Sequence[TransferRow]:
    """Every file that is under way, oldest first."""
    waiting = select(TransferRow).where(TransferRow.upload_id.is_(None))
    waiting = waiting.order_by(TransferRow.created_at, TransferRow.id)
    return session.scalars(waiting, execution_options={EVERYONES: of_everyone}).all()


def get_transfer(session: Session, transfer_id: UUID, *, lock: bool = False) -> TransferRow:
    """The announced file of this id.

    Raises:
        UnknownUploadError: There is none.
    """
    transfer = session.get(TransferRow, transfer_id, with_for_update=lock)
    if transfer is None:
        raise queries.UnknownUploadError(transfer_id)
    return transfer


def arrived(storage: Storage, transfer: TransferRow) -> int:
    """How many bytes of a file are here."""
    if transfer.upload_id is not None:
        return transfer.bytes
    path = part_file(storage, transfer.id)
    return path.stat().st_size if path.exists() else 0


def part_file(storage: Storage, transfer_id: UUID) -> Path:
    """What has arrived of a file."""
    return storage.unfinished / str(transfer_id)


def finish_transfer(
    session: Session, storage: Storage, transfer_id: UUID, limits: Limits
) -> tuple[UploadRow, Preview]:
    """The upload of a file that is here as a whole; asked again it is the same one.

    Raises:
        UnfinishedUploadError: Something is missing.
        DamagedFileError: It is not the file that was announced.
        DataError: It can be no table.
    """
    transfer = get_transfer(session, transfer_id, lock=True)
    if transfer.upload_id is not None:
        upload, path = service.upload_file(session, storage, transfer.upload_id)
        return upload, preview(path, limits=limits)
    path = part_file(storage, transfer_id)
    offset = arrived(storage, transfer)
    if offset < transfer.bytes:
        raise UnfinishedUploadError(transfer_id, offset, transfer.bytes)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if transfer.sha256 not in (None, digest):
        raise DamagedFileError(str(transfer.sha256), digest)
    # A second name of the file is moved into place. The first one goes after the commit: a process that is
    # killed meanwhile has noted nothing, and finds all that arrived where it was.
    draft = storage.uploads / f"{transfer_id}{PART}"
    remove(draft)
    draft.hardlink_to(path)
    try:
        kept = KeptFile(transfer.id, transfer.file_name, ReceivedFile(draft, transfer.bytes, digest))
        upload, seen = service.keep_upload(session, storage, kept, limits)
    finally:
        remove(draft)
    transfer.upload_id = upload.id
    event.listen(session, "after_commit", lambda _: remove(path), once=True)
    return upload, seen


def discard_transfer(session: Session, storage: Storage, transfer_id: UUID) -> None:
    """Forget an announced file and what arrived of it."""
    transfer = session.get(TransferRow, transfer_id, with_for_update=True)
    if transfer is not None:
        session.delete(transfer)
        session.flush()
    remove(part_file(storage, transfer_id))


def delete_upload(session: Session, storage: Storage, upload_id: UUID) -> None:
    """Delete an upload with its file, or call off one that is under way.

    Raises:
        UnknownUploadError: There is neither.
        UsedUploadError: A dataset was made of it.
    """
    transfer = session.get(TransferRow, upload_id, with_for_update=True)
    if transfer is None or transfer.upload_id is not None:
        upload = queries.get_upload(
            session, transfer.upload_id if transfer and transfer.upload_id else upload_id
        )
        if queries.has_dataset(session, upload.id):
            raise UsedUploadError
        service.discard_upload(session, storage, upload.id)
    else:
        discard_transfer(session, storage, upload_id)


def find_upload(session: Session, storage: Storage, upload_id: UUID) -> UUID:
    """The id of the upload that an announced file became; any other id stays as it is.

    Raises:
        UnfinishedUploadError: It is not whole yet.
    """
    transfer = session.get(TransferRow, upload_id)
    if transfer is None:
        return upload_id
    if transfer.upload_id is None:
        raise UnfinishedUploadError(upload_id, arrived(storage, transfer), transfer.bytes)
    return transfer.upload_id


def sweep_transfers(session: Session, storage: Storage, *, keep_hours: float) -> int:
    """Forget files that nobody has gone on with for so long, and parts that no row knows; how many."""
    seconds = 3_600 * keep_hours
    before = datetime.now(UTC) - timedelta(hours=keep_hours)
    announced = select(TransferRow).where(TransferRow.created_at < before)
    gone = 0
    for transfer in session.scalars(announced.order_by(TransferRow.created_at, TransferRow.id)).all():
        path = part_file(storage, transfer.id)
        if transfer.upload_id is not None or not path.exists() or is_older(path, seconds):
            discard_transfer(session, storage, transfer.id)
            gone += 1
    under_way = {str(transfer.id) for transfer in unfinished(session)}
    # A file is announced a moment before its row is committed: the young are left alone.
    strays = [path for path in storage.unfinished.iterdir() if path.name not in under_way]
    for path in (path for path in strays if is_older(path, min(seconds, 3_600))):
        remove(path)
        gone += 1
    return gone
