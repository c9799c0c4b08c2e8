"""A request's body becomes a file of a bounded size, or nothing at all."""

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from starlette.datastructures import UploadFile

from app.errors import BadInputError, NoSpaceError
from app.storage import ReceivedFile
from app.web.wording import size

RESERVE_BYTES: Final = 200_000_000
"""What an upload leaves free: PostgreSQL must be able to write on."""
SILENCE_SECONDS: Final = 30.0
"""A sender that is silent for so long is gone, though its connection may seem open for hours."""
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class EmptyFileError(BadInputError):
    def __init__(self) -> None:
        super().__init__(
            "The file is empty (0 bytes); choose one with a row of column names and rows of texts."
        )


class DiskFullError(NoSpaceError):
    def __init__(self, wanted: int | None = None, free: int | None = None) -> None:
        room = "" if wanted is None or free is None else f" for {size(wanted)}: {size(free)} can be used"
        super().__init__(
            f"The service's disk has no room{room}. Delete datasets that are not needed any more, or ask who "
            "runs the service for more room."
        )


class SilentSenderError(BadInputError):
    def __init__(self, seconds: float) -> None:
        super().__init__(f"Nothing came for {seconds:g} seconds; go on from the offset that HEAD tells.")


def refuse_without_room(folder: Path, wanted: int, *, promised: int = 0) -> None:
    """Refuse a file for which the disk has no room beside what is promised, before any of it is written.

    Raises:
        DiskFullError: There is too little.
    """
    free = max(0, shutil.disk_usage(folder).free - RESERVE_BYTES - promised)
    if wanted > free:
        raise DiskFullError(wanted, free)


@contextmanager
def a_full_disk_said() -> Iterator[None]:
    """Say that the disk is full instead of failing without a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFullError from None
        raise


async def receive(stream: AsyncIterator[bytes], draft: Path) -> ReceivedFile:
    """Write the stream to the draft, safely on disk when this returns; the caller removes the draft.

    Writing to the page cache and hashing cost under a millisecond a piece, less than a thread's hop.

    Raises:
        EmptyFileError: There was nothing in it.
        DiskFullError: The disk has no room for it.
    """
    digest = hashlib.sha256()
    total = 0
    with a_full_disk_said(), draft.open("xb") as file:
        async for piece in stream:
            digest.update(piece)
            total += file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if total == 0:
        raise EmptyFileError
    return ReceivedFile(draft, total, digest.hexdigest())


async def heard(stream: AsyncIterator[bytes], *, silence_seconds: float) -> AsyncIterator[bytes]:
    """The pieces of a stream as long as they keep coming.

    Raises:
        SilentSenderError: None came for so long.
    """
    while True:
        try:
            async with asyncio.timeout(silence_seconds):
                piece = await anext(stream, None)
        except TimeoutError:
            raise SilentSenderError(silence_seconds) from None
        if piece is None:
            return
        yield piece


async def pieces_of(file: UploadFile) -> AsyncIterator[bytes]:
    """A form's file, a megabyte at a time."""
    while piece := await file.read(1_000_000):
        yield piece
