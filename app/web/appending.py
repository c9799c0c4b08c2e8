"""A request's body becomes the next part of a file that arrives in parts, however often it breaks off.

What is in the file is the truth about what has arrived: a part is written behind it byte by byte, so that a
cut connection, a full disk or a killed process leaves a shorter file and never a wrong one.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from app.errors import ConflictError, TooLargeError, UnderWayError
from app.web.receiving import SILENCE_SECONDS, a_full_disk_said, heard


class WrongOffsetError(ConflictError):
    """A part that does not begin where the file ends; both offsets are kept for the answer's headers."""

    def __init__(self, provided: int, expected: int) -> None:
        super().__init__(
            f"The part begins at byte {provided} and {expected} bytes have arrived: send what follows byte "
            f"{expected}, with 'Upload-Offset: {expected}'."
        )
        self.provided, self.expected = provided, expected


class OtherWriterError(UnderWayError):
    def __init__(self) -> None:
        super().__init__(
            "Another request is writing to this upload; ask for its offset in a moment, and go on."
        )


class PartTooLargeError(TooLargeError):
    def __init__(self, rest: int) -> None:
        super().__init__(
            f"The part is longer than the {rest} bytes that are missing of the announced file; nothing of it "
            "was kept. Send what is missing, or announce the file anew."
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes on their way, where in the file they belong, and how many they are, or 0 if that was not said."""

    stream: AsyncIterator[bytes]
    offset: int
    announced: int


@contextmanager
def writing_alone(path: Path) -> Iterator[FileIO]:
    """The file, opened to write; the lock goes with the process that holds it, even when it is killed.

    Raises:
        OtherWriterError: Another request has it open.
    """
    with FileIO(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OtherWriterError from None
        yield file


async def append(part: Part, file: FileIO, *, limit: int) -> int:
    """Write the part behind the file, safely on disk when this returns; how long the file is now.

    Raises:
        WrongOffsetError: The file does not end where the part begins.
        PartTooLargeError: The file would be longer than its limit; it is as long as before.
        SilentSenderError, ClientDisconnect: The rest of the part did not come; what came is kept.
        DiskFullError: There is no room for the rest of the part; what had room is kept.
    """
    begin = file.seek(0, os.SEEK_END)
    if begin != part.offset:
        raise WrongOffsetError(part.offset, begin)
    if begin + part.announced > limit:
        raise PartTooLargeError(limit - begin)
    end = begin
    with a_full_disk_said():
        try:
            async for piece in heard(part.stream, silence_seconds=SILENCE_SECONDS):
                end += len(piece)
                if end > limit:
                    file.truncate(begin)
                    raise PartTooLargeError(limit - begin)
                _write(file, piece)
        finally:
            if end > begin:
                await asyncio.shield(asyncio.to_thread(os.fsync, file.fileno()))
    return end


def _write(file: FileIO, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) :]
