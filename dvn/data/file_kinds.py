"""The first bytes of a file tell whether it is a table at all."""

from typing import Final

from dvn.data.wording import counted
from dvn.errors import DataError

_ZIP: Final = b"PK\x03\x04"
_EXPORT: Final = "export it as CSV"

# Where the kind is a way out of its own, the advice says so.
_MAGIC: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office file (XLS)", _EXPORT),
    (b"\x1f\x8b", "a gzip file", "unpack it first"),
    (b"BZh", "a bzip2 file", "unpack it first"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR file", "unpack it first"),
    (b"PAR1", "a Parquet file", _EXPORT),
    (b"ARROW1", "an Arrow file", _EXPORT),
    (b"SQLite format 3\x00", "an SQLite database", _EXPORT),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _EXPORT),
    (b"\x93NUMPY", "a NumPy file", _EXPORT),
    (b"%PDF-", "a PDF file", "a CSV with texts and labels is needed"),
    (b"{\\rtf", "an RTF document", "a CSV with texts and labels is needed"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", "a CSV with texts and labels is needed"),
    (b"\xff\xd8\xff", "a JPEG picture", "a CSV with texts and labels is needed"),
    (b"GIF8", "a GIF picture", "a CSV with texts and labels is needed"),
    (b"\x7fELF", "a program", "a CSV with texts and labels is needed"),
)
_ZIPPED: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"xl/", "an XLSX file (Excel)", _EXPORT),
    (b"word/", "a Word document (DOCX)", "a CSV with texts and labels is needed"),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet (ODS)", _EXPORT),
)
# Of control characters a text holds tab, line feed, form feed and carriage return.
_CONTROLS: Final = bytes(sorted(set(range(32)) - {9, 10, 12, 13})) + b"\x7f"
_MAX_CONTROL_SHARE: Final = 0.03


class EmptyFileError(DataError):
    """The file holds nothing."""

    def __init__(self, size: int) -> None:
        held = "is empty (0 bytes)" if not size else f"holds only white space ({counted(size, 'byte')})"
        super().__init__(f"The file {held}; a table with a text and a label column is needed.")


class BinaryFileError(DataError):
    """The file is no text.

    Attributes:
        kind: What it is, such as "an XLSX file (Excel)".
    """

    def __init__(self, kind: str, advice: str) -> None:
        self.kind = kind
        super().__init__(f"This is {kind}, not a table of text; {advice}.")


def refuse_binary(sample: bytes) -> None:
    """Refuse a file by its first bytes if its kind is known.

    Raises:
        BinaryFileError: The file is a workbook, an archive, a picture and the like.
    """
    for magic, kind, advice in _MAGIC:
        if sample.startswith(magic):
            raise BinaryFileError(kind, advice)
    if sample.startswith(_ZIP):
        for inside, kind, advice in _ZIPPED:
            if inside in sample:
                raise BinaryFileError(kind, advice)
        raise BinaryFileError("a ZIP file", "unpack it first, or export it as CSV if it is a workbook")
    start = sample[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise BinaryFileError("a web page (HTML)", "download the CSV itself")
    if start.startswith((b'{"', b'[{"', b"[\n", b"{\n")):
        raise BinaryFileError("a JSON file", _EXPORT)


def refuse_controls(sample: bytes) -> None:
    """Refuse bytes, not UTF-16, that hold more control characters than a text does.

    Raises:
        BinaryFileError: They do.
    """
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > max(4.0, _MAX_CONTROL_SHARE * len(sample)):
        raise BinaryFileError(
            "a binary file of unknown kind", "a CSV or TSV file with texts and labels is needed"
        )
