"""An XLSX file becomes its sheets, and a sheet its rows of texts, a row at a time."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import from_excel
from openpyxl.xml.constants import SHARED_STRINGS

from dvn.data.archives import open_archive, refuse_bomb
from dvn.data.cells import cell_text
from dvn.data.choices import Limits
from dvn.data.file_kinds import BinaryFileError
from dvn.data.wording import counted
from dvn.errors import DataError

_MOST_DESCRIPTION_BYTES: Final = 50_000_000
_MOST_ELEMENTS: Final = 1_000_000
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_DAMAGED: Final = (
    *(ParseError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, IndexError, NotImplementedError),
    *(ValueError, TypeError, AttributeError, OSError, RuntimeError, OverflowError),
)


class DamagedWorkbookError(DataError):
    """A workbook cannot be read."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"The Excel workbook is damaged {where}; open it in a spreadsheet program and save it again as "
            f"XLSX."
        )


class UnsafeWorkbookError(DataError):
    """A workbook's XML defines entities, which no spreadsheet program writes."""

    def __init__(self) -> None:
        super().__init__(
            "The Excel workbook defines XML entities, which no spreadsheet program does; open it in one and "
            "save it again as XLSX."
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name, where it lies in the archive, and whether people see it."""

    name: str
    part: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Book:
    """What must be known of a workbook to read its sheets.

    Attributes:
        sheets: Its sheets in their order.
        strings_part: Where texts are stored that cells refer to; "" if nowhere.
        date_styles: Styles of cells that hold dates.
        span_styles: Those of cells that hold durations.
        epoch: Day 0 of its dates.
    """

    sheets: tuple[Sheet, ...]
    strings_part: str
    date_styles: frozenset[int]
    span_styles: frozenset[int]
    epoch: datetime


def read_book(file: IO[bytes], limits: Limits) -> Book:
    """What a workbook holds, from its descriptions alone.

    Raises:
        BinaryFileError: The file is another archive than a workbook.
        DataError: It is damaged, unsafe, or unpacks to too many bytes.
    """
    with open_archive(file) as archive, _explained("in its description"):
        _refuse_other(archive.namelist())
        _refuse_bombs(archive, limits)
        # Of openpyxl's own steps those that read texts are left out: they would read all of them.
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        with reader.archive:
            reader.read_manifest()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            # The stubs know neither what finds a part nor what collects the styles of dates.
            strings: Any = reader.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]  # see above
            book: Any = reader.wb
            return Book(
                sheets=tuple(_sheets(reader)),
                strings_part=strings.PartName[1:] if strings else "",
                date_styles=frozenset(book._date_formats),
                span_styles=frozenset(book._timedelta_formats),
                epoch=book.epoch,
            )


def read_rows_of(
    file: IO[bytes], book: Book, sheet: Sheet, notes: list[str] | None = None
) -> Iterator[list[str]]:
    """The rows of a sheet that hold something; a formula is the value that was saved with it.

    Raises:
        DataError: The sheet is damaged or unsafe.
    """
    unsaved = 0
    row_number = 0
    with open_archive(file) as archive, _Strings(archive, book.strings_part) as strings:
        cells = _Cells(book, strings)
        with _opened(archive, sheet.part) as part:
            for element in _elements(part, "row", within="sheetData"):
                row_number += 1
                with _explained(f"at about row {row_number:,} of its sheet"):
                    row = cells.row(element)
                if any(row):
                    yield row
        unsaved = cells.unsaved
    if unsaved and notes is not None:
        notes.append(
            f"{counted(unsaved, 'formula')} without a saved value {'was' if unsaved == 1 else 'were'} read "
            f"as empty; open the workbook in a spreadsheet program and save it to fill them."
        )


class _Cells:
    """Turns the elements of rows into texts."""

    def __init__(self, book: Book, strings: "_Strings") -> None:
        self._book, self._strings = book, strings
        self._columns: dict[str, int] = {}
        self.unsaved = 0

    def row(self, element: Element) -> list[str]:
        """The cells of a row, as far to the right as one is filled."""
        row: list[str] = []
        for cell in element:
            if _local(cell) != "c":
                continue
            at = self._column(cell.get("r", ""), len(row))
            if at >= len(row):
                row.extend([""] * (at + 1 - len(row)))
            row[at] = self._text(cell)
        while row and not row[-1].strip():
            row.pop()
        return row

    def _column(self, place: str, following: int) -> int:
        letters = place.rstrip("0123456789")
        if not letters:
            return following
        at = self._columns.get(letters)
        if at is None:
            at = self._columns[letters] = column_index_from_string(letters) - 1
        return at

    def _text(self, cell: Element) -> str:
        kind, value, is_formula = cell.get("t", "n"), None, False
        for child in cell:
            name = _local(child)
            if name == "v":
                value = child.text
            elif name == "is":
                return _string(child)
            is_formula = is_formula or name == "f"
        if not value:
            self.unsaved += is_formula and value is None
            return ""
        if kind == "s":
            return self._strings[int(value)]
        if kind in ("str", "d"):
            return value
        if kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        return "" if kind == "e" else self._number(value.strip(), cell.get("s"))

    def _number(self, value: str, style: str | None) -> str:
        if style is not None and int(style) in self._book.date_styles:
            try:
                moment: Any = from_excel(
                    float(value), self._book.epoch, timedelta=int(style) in self._book.span_styles
                )
            except (OverflowError, ValueError):
                return value
            return cell_text(moment)
        return value if value.isdecimal() else cell_text(float(value))


class _Strings:
    """The texts that cells refer to by number, read no further than they are asked for."""

    def __init__(self, archive: zipfile.ZipFile, part: str) -> None:
        self._known: list[str] = []
        self._file = _opened(archive, part) if part else None
        self._rest = _elements(self._file, "si", within="sst") if self._file else iter(())

    def __enter__(self) -> "_Strings":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def __getitem__(self, number: int) -> str:
        while number >= len(self._known):
            element = next(self._rest, None)
            if element is None:
                raise IndexError(number)
            self._known.append(_string(element))
        return self._known[number]


def _opened(archive: zipfile.ZipFile, part: str) -> IO[bytes]:
    with _explained("in its archive"):
        return archive.open(part)


def _elements(file: IO[bytes], name: str, *, within: str) -> Iterator[Element]:
    """The elements of this name in the element `within`, each gone after its turn."""
    holder: Element | None = None
    held = 0
    with _explained("in its XML"):
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            held += event == "end"
            if held > _MOST_ELEMENTS:
                raise DamagedWorkbookError(f"or has more than {_MOST_ELEMENTS:,} elements in one row")
            local = _local(element)
            if event == "start" and local == within:
                holder = element
            elif event == "end" and local == within:
                return
            elif event == "end" and local == name and holder is not None:
                yield element
                holder.clear()
                held = 0


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except DefusedXmlException:
        raise UnsafeWorkbookError from None
    except _DAMAGED:
        raise DamagedWorkbookError(where) from None


def _sheets(reader: ExcelReader) -> Iterator[Sheet]:
    for sheet, relation in reader.parser.find_sheets():
        if relation.target in reader.valid_files and "chartsheet" not in relation.Type:
            yield Sheet(sheet.name, relation.target, sheet.state != "visible")


def _refuse_other(names: list[str]) -> None:
    """Refuse an archive that is no workbook.

    Raises:
        BinaryFileError: It is none; `kind` says what it is.
    """
    folders = {name.split("/", 1)[0] for name in names}
    if "xl/workbook.bin" in names:
        raise BinaryFileError("a binary Excel workbook (XLSB)", "save it as XLSX")
    if "xl" in folders:
        return
    if "word" in folders:
        raise BinaryFileError("a Word document (DOCX)", "put texts and labels into a table")
    if "mimetype" in names:
        raise BinaryFileError("an OpenDocument or e-book file (such as ODS)")
    raise BinaryFileError("an Office document without sheets")


def _refuse_bombs(archive: zipfile.ZipFile, limits: Limits) -> None:
    total = 0
    for info in archive.infolist():
        total += info.file_size
        refuse_bomb(info.file_size, max(1, info.compress_size), limits.max_bytes)
        is_streamed = info.filename.startswith(("xl/worksheets/", "xl/sharedStrings", "xl/media/"))
        if not is_streamed and info.filename.endswith((".xml", ".rels")):
            refuse_bomb(info.file_size, max(1, info.compress_size), _MOST_DESCRIPTION_BYTES)
    refuse_bomb(total, max(1, archive.start_dir), limits.max_bytes)


def _local(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _string(element: Element) -> str:
    """The text of an element, its formatting and its phonetic hints left out."""
    pieces = []
    for child in element:
        if _local(child) == "t":
            pieces.append(child.text or "")
        elif _local(child) == "r":
            pieces.extend(run.text or "" for run in child if _local(run) == "t")
    text = "".join(pieces)
    return _ESCAPED.sub(_unescaped, text) if "_x" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code < 0xE000 or not code else chr(code)
