"""An XLSX file's descriptions become its sheets, where its texts are, and which of its numbers are dates.

Decision: sheets that are hidden, in either of Excel's two ways, are read only if they are asked for by name,
or if there is no other. Why: what people hide are lists and old versions that their own tables refer to.
Rejected: leaving them out of the names, since some exports hide the very sheet they fill.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final
from xml.etree.ElementTree import Element

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from dvn.data.archives import open_archive, refuse_bomb
from dvn.data.choices import Limits
from dvn.data.file_kinds import BinaryFileError
from dvn.data.workbook_xml import DamagedWorkbookError, elements, explained, opened
from dvn.errors import DataError

TRUE: Final = ("1", "true")
"""How XML writes what is so."""
_MOST_DESCRIPTION_BYTES: Final = 50_000_000
_USUAL_PLACES: Final = {
    "officeDocument": "xl/workbook.xml",
    "sharedStrings": "xl/sharedStrings.xml",
    "styles": "xl/styles.xml",
}
# Formats 27 to 36 and 50 to 58 are dates where Excel speaks Chinese, Japanese or Korean; unused elsewhere.
_EAST_ASIAN_DATES: Final = {*range(27, 37), *range(50, 59)}


class NoSheetError(DataError):
    """A workbook has charts only, or nothing."""

    def __init__(self) -> None:
        super().__init__("The Excel workbook has no sheet of cells; add one, or upload another file.")


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
        NoSheetError: It has no sheet.
        DataError: It is damaged, unsafe, or unpacks to too many bytes.
    """
    with open_archive(file) as archive, explained("in its description"):
        _refuse_other(archive.namelist())
        _refuse_bombs(archive, limits)
        package = _Package(archive)
        main = package.related("", "officeDocument")
        if not main:
            raise DamagedWorkbookError("in its description")
        dates, spans = _styles(package, package.related(main, "styles"))
        uses_1904 = any(
            one.get("date1904") in TRUE for one in package.elements(main, "workbookPr", "workbook")
        )
        sheets = tuple(_sheets(package, main))
        if not sheets:
            raise NoSheetError
        return Book(
            sheets=sheets,
            strings_part=package.related(main, "sharedStrings"),
            date_styles=dates,
            span_styles=spans,
            epoch=CALENDAR_MAC_1904 if uses_1904 else CALENDAR_WINDOWS_1900,
        )


class _Package:
    """Parts of an archive, and how they refer to each other; case does not matter in their names."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts = {name.casefold(): name for name in archive.namelist()}

    def elements(self, part: str, name: str, within: str) -> Iterator[Element]:
        with closing(opened(self._archive, part)) as file:
            yield from elements(file, name, within=within)

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """By their ids the kind and the part of all that a part refers to; "" if that is not there."""
        folder, name = posixpath.split(part)
        described = self._parts.get(f"{folder}/_rels/{name}.rels".lstrip("/").casefold())
        if described is None:
            return {}
        return {
            one.get("Id", ""): (
                one.get("Type", "").rpartition("/")[2],
                self._part(posixpath.join("/", folder, one.get("Target", "").replace("\\", "/"))),
            )
            for one in self.elements(described, "Relationship", "Relationships")
            if one.get("TargetMode") != "External"
        }

    def related(self, part: str, kind: str) -> str:
        """The one part of a kind that a part refers to, or that lies where it usually does; else ""."""
        found = [target for one, target in self.relations(part).values() if one == kind and target]
        return found[0] if found else self._part(_USUAL_PLACES[kind])

    def _part(self, path: str) -> str:
        return self._parts.get(posixpath.normpath(path).lstrip("/").casefold(), "")


def _sheets(package: _Package, main: str) -> Iterator[Sheet]:
    relations = package.relations(main)
    for one in package.elements(main, "sheet", "sheets"):
        # The id has the namespace of relations, of which there are two; that of the sheet itself has none.
        relation = next((value for name, value in one.items() if name.endswith("}id")), None)
        if relation is None:
            continue
        kind, part = relations[relation]
        if part and "chartsheet" not in kind:
            yield Sheet(one.get("name", ""), part, one.get("state") in ("hidden", "veryHidden"))


def _styles(package: _Package, part: str) -> tuple[frozenset[int], frozenset[int]]:
    """The styles of dates, and those of them that are durations."""
    if not part:
        return frozenset(), frozenset()
    own = {
        int(one.get("numFmtId", 0)): one.get("formatCode", "")
        for one in package.elements(part, "numFmt", "numFmts")
    }
    dates, spans = set(), set()
    for style, one in enumerate(package.elements(part, "xf", "cellXfs")):
        number = int(one.get("numFmtId", 0))
        written = own.get(number, BUILTIN_FORMATS.get(number))
        if is_date_format(written) or (written is None and number in _EAST_ASIAN_DATES):
            dates.add(style)
        if is_timedelta_format(written):
            spans.add(style)
    return frozenset(dates), frozenset(spans)


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
