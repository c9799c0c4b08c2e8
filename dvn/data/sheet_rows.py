"""A sheet of an XLSX file becomes its rows of texts, a row at a time."""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from typing import IO, Any, Final
from xml.etree.ElementTree import Element

from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import from_excel

from dvn.data.archives import open_archive
from dvn.data.cells import cell_text
from dvn.data.wording import counted
from dvn.data.workbook import TRUE, Book, Sheet
from dvn.data.workbook_xml import DAMAGED, DamagedWorkbookError, LocalNames, elements, opened

NumberedRow = tuple[int, list[str]]
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")


def read_rows_of(
    file: IO[bytes], book: Book, sheet: Sheet, notes: list[str] | None = None
) -> Iterator[NumberedRow]:
    """The rows of a sheet that hold something, with their numbers in it; a formula is its saved value.

    Raises:
        DataError: The sheet is damaged or unsafe.
    """
    number = 0
    with open_archive(file) as archive, _Strings(archive, book.strings_part) as strings:
        cells = _Cells(book, strings)
        with opened(archive, sheet.part) as part:
            for element in elements(part, "row", within="sheetData"):
                number = row_number(element.get("r"), number)
                try:
                    row = cells.row(element)
                except DAMAGED:
                    where = f"at about row {number:,} of its sheet"
                    raise DamagedWorkbookError(where) from None
                if any(row):
                    yield number, row
    if cells.unsaved and notes is not None:
        notes.append(
            f"{counted(cells.unsaved, 'formula')} without a saved value "
            f"{'was' if cells.unsaved == 1 else 'were'} read as empty; open the workbook in a spreadsheet "
            f"program and save it to fill them."
        )


def row_number(written: str | None, before: int) -> int:
    """The number of a row, by what it says of itself, or else by the row before."""
    return int(written) if written and written.isdecimal() and len(written) < 10 else before + 1


class _Cells:
    """Turns the elements of rows into texts."""

    def __init__(self, book: Book, strings: "_Strings") -> None:
        self._book, self._strings = book, strings
        self._columns: dict[str, int] = {}
        self._names = LocalNames()
        self.unsaved = 0

    def row(self, element: Element) -> list[str]:
        """The cells of a row, as far to the right as one is filled."""
        row: list[str] = []
        for cell in element:
            if self._names[cell.tag] != "c":
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
            name = self._names[child.tag]
            if name == "v":
                value = child.text
            elif name == "is":
                return _string(child, self._names)
            is_formula = is_formula or name == "f"
        if not value:
            self.unsaved += is_formula and value is None
            return ""
        if kind == "s":
            return self._strings[int(value)]
        return value if kind == "str" else self._value(kind, value.strip(), cell.get("s"))

    def _value(self, kind: str, value: str, style: str | None) -> str:
        if kind == "b":
            return "TRUE" if value in TRUE else "FALSE"
        if kind == "d":
            return self._moment(value, style)
        return "" if kind == "e" else self._number(value, style)

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

    def _moment(self, value: str, style: str | None) -> str:
        """The text of a date in ISO 8601, as strict workbooks write it: the same as of a date in days.

        A time alone, or a duration, is one on day 0; what is no date stays as it is written.
        """
        local = value.removesuffix("Z")
        try:
            if ":" in local[:4]:
                return cell_text(time.fromisoformat(local))
            moment = datetime.fromisoformat(local)
        except ValueError:
            return value
        if style is not None and int(style) in self._book.span_styles and moment.tzinfo is None:
            return cell_text(moment - self._book.epoch)
        return cell_text(moment.time() if moment.date() == self._book.epoch.date() else moment)


class _Strings:
    """The texts that cells refer to by number, read no further than they are asked for."""

    def __init__(self, archive: zipfile.ZipFile, part: str) -> None:
        self._known: list[str] = []
        self._names = LocalNames()
        self._file = opened(archive, part) if part else None
        self._rest = elements(self._file, "si", within="sst") if self._file else iter(())

    def __enter__(self) -> "_Strings":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        while number >= len(self._known):
            element = next(self._rest, None)
            if element is None:
                raise IndexError(number)
            self._known.append(_string(element, self._names))
        return self._known[number]


def _string(element: Element, names: LocalNames) -> str:
    """The text of an element, its formatting and its phonetic hints left out."""
    pieces = []
    for child in element:
        name = names[child.tag]
        if name == "t":
            pieces.append(child.text or "")
        elif name == "r":
            pieces.extend(run.text or "" for run in child if names[run.tag] == "t")
    text = "".join(pieces)
    return _ESCAPED.sub(_unescaped, text) if "_x" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code < 0xE000 or not code else chr(code)
