"""Small workbooks as Excel and LibreOffice leave them: merged, hidden, strict."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.dvn.data.crafting import ROWS, SHEET, changed_part, good_workbook, zipped

TABLE: list[list[Any]] = [["text", "label"], *map(list, ROWS)]
TRANSITIONAL = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"officeDocument/relationships",
    b"http://schemas.openxmlformats.org/drawingml/2006/main": b"drawingml/main",
}


def sheet_with(
    rows: Sequence[Sequence[Any]], change: Callable[[Worksheet], None] = lambda sheet: None, **book_facts: Any
) -> bytes:
    """A workbook of one sheet, changed through openpyxl before it is written."""
    book = openpyxl.Workbook()
    for name, value in book_facts.items():
        setattr(book, name, value)
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    change(sheet)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def merging(*ranges: str) -> Callable[[Worksheet], None]:
    """Merge cells as Excel does, so that only the first of each range keeps what it holds."""

    def merge(sheet: Worksheet) -> None:
        for one in ranges:
            sheet.merge_cells(one)

    return merge


def with_merges(content: bytes, *ranges: str) -> bytes:
    """A workbook whose XML says that cells are merged, whatever they hold."""
    cells = "".join(f'<mergeCell ref="{one}"/>' for one in ranges)
    tail = f'</sheetData><mergeCells count="{len(ranges)}">{cells}</mergeCells>'.encode()
    return changed_part(content, SHEET, lambda xml: xml.replace(b"</sheetData>", tail))


def changed_sheet(old: bytes, new: bytes, content: bytes | None = None) -> bytes:
    """A workbook with one place of its sheet's XML changed, which must be there."""

    def change(xml: bytes) -> bytes:
        assert old in xml
        return xml.replace(old, new, 1)

    return changed_part(content or good_workbook(), SHEET, change)


def strict(content: bytes, root: bytes = b"http://purl.oclc.org/ooxml/") -> bytes:
    """The workbook as Excel writes it as "Strict Open XML": other namespaces in every part."""

    def renamed(xml: bytes) -> bytes:
        for old, new in TRANSITIONAL.items():
            xml = xml.replace(old, root + new)
        return xml.replace(b"<workbook ", b'<workbook conformance="strict" ')

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: renamed(archive.read(name)) for name in archive.namelist()}
    return zipped(parts)


def prefixed(content: bytes) -> bytes:
    """The workbook with a prefix for every element of its sheet, as some libraries write."""
    return changed_part(
        content,
        SHEET,
        lambda xml: (
            xml.replace(b"</", b"\0")
            .replace(b"<", b"<x:")
            .replace(b"\0", b"</x:")
            .replace(b"<x:?", b"<?")
            .replace(b"xmlns=", b"xmlns:x=")
        ),
    )


def in_utf_16(content: bytes) -> bytes:
    return changed_part(
        content,
        SHEET,
        lambda xml: xml.decode().replace("UTF-8", "UTF-16").replace("utf-8", "utf-16").encode("utf-16"),
    )


def without(content: bytes, part: str) -> bytes:
    """A workbook that lacks a part."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert part in archive.namelist()
        return zipped({name: archive.read(name) for name in archive.namelist() if name != part})


def renamed(content: bytes, rename: Callable[[str], str], *, keep: str) -> bytes:
    """A workbook whose parts have other names than it says, but for their folder."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped(
            {
                name if name == keep else name.replace(name[3:], rename(name[3:])): archive.read(name)
                for name in archive.namelist()
            }
        )
