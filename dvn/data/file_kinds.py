"""The first bytes of a file tell what kind of table it is, or that it is none.

Decision: a file's content alone tells its kind. Why: an upload is kept under its id, names lie, and every
kind that is read has bytes of its own; what is left is delimited text. Rejected: going by the name's ending.
"""

import re
from enum import StrEnum
from typing import Final

from dvn.data.wording import counted
from dvn.errors import DataError

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
GZIP: Final = b"\x1f\x8b"
PARQUET: Final = b"PAR1"
_READ: Final = "CSV, TSV, JSONL, Parquet or XLSX"
_EXPORT: Final = f"save it as {_READ}"
_NEEDED: Final = f"a {_READ} file with texts and labels is needed"
_UNPACK: Final = "unpack it first, or pack it as gzip or zip"

# Where the kind is a way out of its own, the advice says so.
_MAGIC: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office file (XLS)", _EXPORT),
    (b"BZh", "a bzip2 file", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR file", _UNPACK),
    (b"PARE", "an encrypted Parquet file", "save it without encryption"),
    (b"ARROW1", "an Arrow file", _EXPORT),
    (b"Obj\x01", "an Avro file", _EXPORT),
    (b"ORC", "an ORC file", _EXPORT),
    (b"SQLite format 3\x00", "an SQLite database", _EXPORT),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _EXPORT),
    (b"\x93NUMPY", "a NumPy file", _EXPORT),
    (b"\x80\x04\x95", "a Python pickle", _EXPORT),
    (b"\x80\x05\x95", "a Python pickle", _EXPORT),
    (b"%PDF-", "a PDF file", _NEEDED),
    (b"{\\rtf", "an RTF document", _NEEDED),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", _NEEDED),
    (b"\xff\xd8\xff", "a JPEG picture", _NEEDED),
    (b"GIF8", "a GIF picture", _NEEDED),
    (b"\x7fELF", "a program", _NEEDED),
)
_TAR_MARK: Final = slice(257, 262)
_PROTECTED: Final = "EncryptedPackage".encode("utf-16-le")
# Of control characters a text holds tab, line feed, form feed and carriage return.
_CONTROLS: Final = bytes(sorted(set(range(32)) - {9, 10, 12, 13})) + b"\x7f"
_MAX_CONTROL_SHARE: Final = 0.03
_JSON_START: Final = re.compile(r'\{\s*(?:["}]|$)|\[\s*(?:[\[{"\]]|$)')
_JSON_LINES: Final = 20


class Kind(StrEnum):
    """How a table is written."""

    delimited = "delimited"
    json_lines = "json_lines"
    json = "json"
    parquet = "parquet"
    workbook = "workbook"


class EmptyFileError(DataError):
    """The file holds nothing."""

    def __init__(self, size: int) -> None:
        held = "is empty (0 bytes)" if not size else f"holds only white space ({counted(size, 'byte')})"
        super().__init__(f"The file {held}; a table with a text and a label column is needed.")


class BinaryFileError(DataError):
    """The file is no table that can be read.

    Attributes:
        kind: What it is, such as "a PDF file".
    """

    def __init__(self, kind: str, advice: str = _EXPORT) -> None:
        self.kind = kind
        super().__init__(f"This is {kind}, not a table of text; {advice}.")


def refuse_binary(sample: bytes) -> None:
    """Refuse a file by its first bytes if its kind is known and not read.

    Raises:
        BinaryFileError: The file is an archive of another kind, a picture and the like.
    """
    if sample.startswith(_MAGIC[0][0]) and _PROTECTED in sample:
        raise BinaryFileError("a workbook protected by a password", "save it without the password")
    for magic, kind, advice in _MAGIC:
        if sample.startswith(magic):
            raise BinaryFileError(kind, advice)
    if sample[_TAR_MARK] == b"ustar":
        raise BinaryFileError("a tar archive", "unpack it first, or pack its one file as gzip or zip")
    start = sample[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise BinaryFileError("a web page (HTML)", "download the table itself")
    if start.startswith((b"<?xml", b"<!doctype")):
        raise BinaryFileError("an XML file", _EXPORT)


def refuse_controls(sample: bytes) -> None:
    """Refuse bytes, not UTF-16, that hold more control characters than a text does.

    Raises:
        BinaryFileError: They do.
    """
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > max(4.0, _MAX_CONTROL_SHARE * len(sample)):
        raise BinaryFileError("a binary file of unknown kind", _NEEDED)


def looks_like_json(text: str) -> bool:
    """Whether a file that begins with this text is JSON, whole or broken."""
    start = text.lstrip("\ufeff \t\r\n")
    if _JSON_START.match(start):
        return True
    lines = [line.strip() for line in start.splitlines()[:-1] if line.strip()][:_JSON_LINES]
    wrapped = sum(line.startswith("{") and line.rstrip(",").endswith("}") for line in lines)
    return len(lines) > 1 and wrapped >= 0.8 * len(lines)
