"""A ZIP archive that nobody has vouched for becomes its directory, or one sentence about what is wrong."""

import io
import struct
import zipfile
from pathlib import PurePosixPath
from typing import IO, Final

from dvn.data.wording import counted, listed, named
from dvn.errors import DataError

MOST_UNPACKED_RATIO: Final = 200
"""Bytes that one packed byte may unpack to; tables reach 5 to 50."""
LEAST_BOMB_BYTES: Final = 100_000_000
"""What unpacks to less than this is no bomb, whatever its ratio."""
_MOST_DIRECTORY_BYTES: Final = 20_000_000
_END_MARK, _END_BYTES = b"PK\x05\x06", 22
_END_MARK_64, _LOCATOR_MARK_64, _LOCATOR_BYTES_64 = b"PK\x06\x06", b"PK\x06\x07", 20
_TABLES: Final = {
    *(
        ".csv",
        ".tsv",
        ".tab",
        ".txt",
        ".psv",
        ".json",
        ".jsonl",
        ".ndjson",
        ".parquet",
        ".pq",
        ".xlsx",
        ".xlsm",
    ),
    *(".gz", ".zip", ".xls"),
}
_JUNK: Final = {"thumbs.db", "desktop.ini"}


class DamagedArchiveError(DataError):
    """A packed file cannot be unpacked."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(f"The {kind} {what}; pack it again, or upload the table unpacked.")


class EncryptedArchiveError(DataError):
    """A file in the archive is protected by a password."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The file {named(name)} in the ZIP is protected by a password; pack it without one, or upload "
            f"it unpacked."
        )


class NestedArchiveError(DataError):
    """What is packed is itself packed."""

    def __init__(self, kind: str, inner: str) -> None:
        super().__init__(f"The {kind} holds {inner}; pack the table once, or upload it unpacked.")


class ArchiveFilesError(DataError):
    """The archive holds no table, or several."""

    def __init__(self, names: list[str], *, tables: int) -> None:
        if not names:
            what = "is empty"
        elif tables:
            what = f"holds {counted(tables, 'table')}: {listed(names)}"
        else:
            what = f"holds no table among its {counted(len(names), 'file')}: {listed(names)}"
        super().__init__(f"The ZIP file {what}; pack exactly one table, or upload it unpacked.")


class UnpackedTooLargeError(DataError):
    """The file unpacks to more than is allowed."""

    def __init__(self, unpacked: int, packed: int, limit: int) -> None:
        if unpacked > limit:
            why = f"to {unpacked:,} bytes or more and {limit:,} are allowed"
        else:
            why = f"to more than {MOST_UNPACKED_RATIO} times its {packed:,} bytes, as no table does"
        super().__init__(f"The file unpacks {why}; upload a part of its rows, or the table unpacked.")


def refuse_bomb(unpacked: int, packed: int, limit: int) -> None:
    """Refuse what unpacks, or has unpacked so far, to too many bytes.

    Raises:
        UnpackedTooLargeError: It is more than the limit, or than any table packs to.
    """
    is_absurd = unpacked > LEAST_BOMB_BYTES and unpacked > MOST_UNPACKED_RATIO * packed
    if unpacked > limit or is_absurd:
        raise UnpackedTooLargeError(unpacked, packed, limit)


def open_archive(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive in a file; its directory is measured before it is read into memory.

    Raises:
        DamagedArchiveError: It is none, is cut off, or its directory is absurdly long.
    """
    length = _directory_bytes(file)
    if length > _MOST_DIRECTORY_BYTES:
        raise DamagedArchiveError(
            "ZIP or XLSX file", f"lists its files in {length:,} bytes, as no table needs"
        )
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error):
        raise DamagedArchiveError("ZIP or XLSX file", "is damaged or cut off") from None


def choose_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one table of an archive; hidden files and what macOS adds do not count.

    Names are compared and shown, never used as paths: nothing is unpacked under them.

    Raises:
        ArchiveFilesError: There is no table, or there are several.
        EncryptedArchiveError: It is protected by a password.
    """
    files = [info for info in archive.infolist() if _is_seen(info)]
    tables = [info for info in files if PurePosixPath(info.filename).suffix.lower() in _TABLES]
    found = tables or (files if len(files) == 1 else [])
    if len(found) != 1:
        raise ArchiveFilesError([base_name(info) for info in found or files], tables=len(found))
    if found[0].flag_bits & 1:
        raise EncryptedArchiveError(base_name(found[0]))
    return found[0]


def base_name(info: zipfile.ZipInfo) -> str:
    """The last part of a file's name in an archive."""
    return info.filename.replace("\\", "/").rsplit("/", 1)[-1]


def _is_seen(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.replace("\\", "/").split("/")
    is_link = (info.external_attr >> 16) & 0o170000 == 0o120000
    is_hidden = parts[-1].startswith(".") or "__MACOSX" in parts or parts[-1].lower() in _JUNK
    return not (info.is_dir() or is_link or is_hidden)


def _directory_bytes(file: IO[bytes]) -> int:
    """How long the directory of an archive says it is; 0 if it has no end record."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 65_535 - _END_BYTES - _LOCATOR_BYTES_64))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) < at + _END_BYTES:
        return 0
    length = int(struct.unpack_from("<I", tail, at + 12)[0])
    locator = tail[max(0, at - _LOCATOR_BYTES_64) : at]
    if length == 0xFFFFFFFF and locator.startswith(_LOCATOR_MARK_64):
        file.seek(min(size, struct.unpack_from("<Q", locator, 8)[0]))
        record = file.read(56)
        if record.startswith(_END_MARK_64) and len(record) == 56:
            length = int(struct.unpack_from("<Q", record, 40)[0])
    return length
