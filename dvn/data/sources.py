"""A file, packed or not, becomes the bytes of its table, in pieces of bounded size."""

import gzip
import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Final, cast

from dvn.data.archives import (
    DamagedArchiveError,
    NestedArchiveError,
    base_name,
    choose_member,
    open_archive,
    refuse_bomb,
)
from dvn.data.choices import Limits
from dvn.data.file_kinds import GZIP, ZIP
from dvn.data.wording import named
from dvn.errors import DataError

SAMPLE_BYTES: Final = 262_144
_PIECE_BYTES: Final = 1_048_576
_OFFICE: Final = {"[Content_Types].xml", "mimetype"}
_UNPACKING_ERRORS: Final = (
    *(zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError),
    # A wrong place in a directory is an OSError when the file is sought there.
    *(NotImplementedError, RuntimeError, ValueError, struct.error, OSError),
)


class FileTooLargeError(DataError):
    """The file has more bytes than are allowed."""

    def __init__(self, found: int, limit: int) -> None:
        super().__init__(
            f"The file has {found:,} bytes and {limit:,} are allowed; upload a part of its rows."
        )


class Packing(StrEnum):
    """How the bytes of a table are packed."""

    none = ""
    gzip = "gzip"
    zip = "ZIP"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes of a table come from.

    Attributes:
        path: The file.
        size: Its bytes.
        packing: How the table is packed in it.
        member: The table's name in an archive.
        packed: Bytes of the table as packed.
    """

    path: Path
    size: int
    packing: Packing = Packing.none
    member: str = ""
    packed: int = 0

    def pieces(self, *, max_bytes: int) -> Iterator[bytes]:
        """The bytes of the table, a megabyte at a time.

        Raises:
            FileTooLargeError: The file has grown beyond what is allowed.
            UnpackedTooLargeError: It unpacks to more than is allowed.
            DamagedArchiveError: It cannot be unpacked.
        """
        total = 0
        with self._open() as file:
            while piece := self._read(file):
                total += len(piece)
                if self.packing:
                    refuse_bomb(total, self.packed, max_bytes)
                elif total > max_bytes:
                    raise FileTooLargeError(total, max_bytes)
                yield piece

    def whole(self, *, max_bytes: int) -> IO[bytes]:
        """The table as a file that can be read anywhere; unpacked on disk, under no name, if it is packed."""
        if not self.packing:
            return self.path.open("rb")
        file = _nameless_file(self.path.parent)
        for piece in self.pieces(max_bytes=max_bytes):
            file.write(piece)
        file.seek(0)
        return file

    def sample(self) -> tuple[bytes, bool]:
        """The first 256 KB, and whether they are all."""
        sample = b""
        # A megabyte more than needed tells whether anything follows.
        for piece in self.pieces(max_bytes=2 * _PIECE_BYTES + self.size):
            sample += piece
            if len(sample) > SAMPLE_BYTES:
                return sample[:SAMPLE_BYTES], False
        return sample, True

    def around(self, byte: int) -> bytes:
        """Up to 256 KB from a little before a position."""
        start, passed, held = max(0, byte - 100), 0, b""
        for piece in self.pieces(max_bytes=byte + 4 * _PIECE_BYTES):
            held += piece[max(0, start - passed) :]
            passed += len(piece)
            if len(held) >= SAMPLE_BYTES:
                break
        return held[:SAMPLE_BYTES]

    def notes(self) -> tuple[str, ...]:
        """What a person should know about where the table was found."""
        return (f"The file {named(self.member)} in the ZIP was read.",) if self.member else ()

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        with self.path.open("rb") as raw:
            if self.packing == Packing.gzip:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield cast(IO[bytes], unpacked)
            elif self.packing == Packing.zip:
                with open_archive(raw) as archive, self._member_of(archive) as member:
                    yield member
            else:
                yield raw

    def _member_of(self, archive: zipfile.ZipFile) -> IO[bytes]:
        try:
            return archive.open(choose_member(archive))
        except _UNPACKING_ERRORS:
            raise DamagedArchiveError("ZIP file", "is damaged or packed in an unusual way") from None

    def _read(self, file: IO[bytes]) -> bytes:
        if not self.packing:
            return file.read(_PIECE_BYTES)
        try:
            return file.read(_PIECE_BYTES)
        except _UNPACKING_ERRORS as error:
            what = "is cut off" if isinstance(error, EOFError) else "is damaged"
            raise DamagedArchiveError(f"{self.packing} file", what) from None


def open_source(path: Path, limits: Limits) -> Source:
    """Where the table of a file is; bombs are refused here as far as headers tell.

    The size that ends a gzip file tells nothing if the file is cut off, so its bytes are counted while they
    are read.

    Raises:
        FileTooLargeError: The file is larger than allowed.
        DataError: It is packed in a way that cannot be read; the leaf says why.
    """
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        if size > limits.max_bytes:
            raise FileTooLargeError(size, limits.max_bytes)
        file.seek(0)
        start = file.read(4)
        source = Source(path, size)
        if start.startswith(GZIP):
            source = Source(path, size, Packing.gzip, packed=size)
        elif start.startswith(ZIP):
            source = _zip_source(file, source, limits)
    if source.packing:
        _refuse_nested(source, limits)
    return source


def _zip_source(file: IO[bytes], plain: Source, limits: Limits) -> Source:
    """The one table of an archive; a workbook, itself an archive, stays as it is."""
    with open_archive(file) as archive:
        if _OFFICE & set(archive.namelist()):
            return plain
        member = choose_member(archive)
        refuse_bomb(member.file_size, member.compress_size, limits.max_bytes)
        return Source(plain.path, plain.size, Packing.zip, base_name(member), max(1, member.compress_size))


def _refuse_nested(source: Source, limits: Limits) -> None:
    start = next(source.pieces(max_bytes=2 * _PIECE_BYTES + source.size), b"")
    inner = f"the packed file {named(source.member)}" if source.member else "another packed file"
    if start.startswith(GZIP) or (start[257:262] == b"ustar"):
        raise NestedArchiveError(f"{source.packing} file", inner)
    if start.startswith(ZIP):
        with source.whole(max_bytes=limits.max_bytes) as file, open_archive(file) as archive:
            if not _OFFICE & set(archive.namelist()):
                raise NestedArchiveError(f"{source.packing} file", inner)


def _nameless_file(folder: Path) -> IO[bytes]:
    """A file that vanishes when it is closed, beside the packed one if that is allowed."""
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError:
        return tempfile.TemporaryFile()
