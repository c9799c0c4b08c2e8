"""A sheet's XML becomes what must be known before its rows are read: merged cells, hidden rows and columns.

Decision: hidden rows and columns, and rows that a filter hides, are read like all others, and told. Why: a
filter that somebody left on must not halve a dataset unseen, and who wants the rest only can delete it.
Rejected: leaving them out, since most who upload a workbook do not know how they left it.

Decision: a sheet is unpacked once in advance, and its XML is parsed only if it holds a word of one of these.
Why: merged cells stand behind the rows that they are about; to unpack costs a fiftieth of reading. Rejected:
holding all rows until the end, since memory would grow with them.
"""

import re
from array import array
from dataclasses import dataclass
from typing import IO, Final
from xml.parsers.expat import ParserCreate

from dvn.data.archives import open_archive
from dvn.data.merged_cells import MOST_COLUMNS, Merges, MergesSoFar
from dvn.data.sheet_rows import row_number
from dvn.data.workbook import TRUE, Sheet
from dvn.data.workbook_xml import UnsafeWorkbookError, explained, opened

_PIECE_BYTES: Final = 1_048_576
# LibreOffice says of each row that it is not hidden.
_HIDDEN: Final = re.compile(rb"hidden\s*=\s*[\"'](?:1|true)[\"']")
_LONGEST_WORD: Final = 64
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_FIRST_HIDDEN: Final = 100


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What is known of a sheet before its rows are read.

    Attributes:
        merges: Its merged cells.
        hidden_rows: How many of its rows hold something and are hidden.
        first_hidden: The numbers of the first hundred of them.
        hidden_columns: Positions of hidden columns, from 0.
    """

    merges: Merges
    hidden_rows: int = 0
    first_hidden: tuple[int, ...] = ()
    hidden_columns: frozenset[int] = frozenset()

    def hidden_after(self, row: int) -> int:
        """How many hidden rows there are below one of the first rows."""
        return self.hidden_rows - sum(number <= row for number in self.first_hidden)


def look_at_sheet(file: IO[bytes], sheet: Sheet) -> SheetFacts:
    """What a sheet says of its rows, in memory that does not grow with it.

    Raises:
        TooManyMergesError: It has more merged cells than allowed.
        DataError: It is damaged or unsafe.
    """
    with open_archive(file) as archive:
        with opened(archive, sheet.part) as part, explained("in its XML"):
            worth_parsing = _holds_words(part)
        looking = _Looking(sheet.name)
        if worth_parsing:
            with opened(archive, sheet.part) as part, explained("in its XML"):
                looking.parse(part)
    return looking.facts()


def _holds_words(part: IO[bytes]) -> bool:
    """Whether the XML may tell of merged or hidden cells; UTF-16 is not searched, but may."""
    before = b""
    while piece := part.read(_PIECE_BYTES):
        if not before and piece.startswith(_UTF_16):
            return True
        joint = before[-_LONGEST_WORD:] + piece[:_LONGEST_WORD]
        if any(b"mergeCell" in some or _HIDDEN.search(some) for some in (joint, piece)):
            return True
        before = piece
    return False


class _Looking:
    """Goes through a sheet's XML and notes what it says of rows and columns."""

    def __init__(self, sheet: str) -> None:
        self._merges = MergesSoFar(sheet)
        self._row = self._last_row = self._hidden_rows = 0
        self._is_hidden = False
        self._first_hidden = array("q")
        self._hidden_columns = bytearray(MOST_COLUMNS)

    def parse(self, part: IO[bytes]) -> None:
        """Read the XML, which must have no document type.

        Raises:
            UnsafeWorkbookError: It has one.
            ExpatError: It is broken.
        """
        parser = ParserCreate()
        parser.StartElementHandler = self._start
        parser.StartDoctypeDeclHandler = self._refuse_type
        parser.ParseFile(part)

    def facts(self) -> SheetFacts:
        hidden = frozenset(at for at, is_hidden in enumerate(self._hidden_columns) if is_hidden)
        merges = self._merges.above(self._last_row + 1)
        return SheetFacts(merges, self._hidden_rows, tuple(self._first_hidden), hidden)

    def _start(self, tag: str, about: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = row_number(about.get("r"), self._row)
            self._last_row = max(self._last_row, self._row)
            self._is_hidden = about.get("hidden") in TRUE
        elif name in ("v", "t"):
            if self._is_hidden:
                self._add_hidden_row()
        elif name == "mergeCell":
            self._merges.add(about.get("ref", ""))
        elif name == "col" and about.get("hidden") in TRUE:
            first = max(int(about.get("min", "1")), 1) - 1
            last = min(int(about.get("max", first + 1)), MOST_COLUMNS)
            self._hidden_columns[first:last] = b"\1" * max(0, last - first)

    def _add_hidden_row(self) -> None:
        self._is_hidden = False
        self._hidden_rows += 1
        if len(self._first_hidden) < _FIRST_HIDDEN:
            self._first_hidden.append(self._row)

    def _refuse_type(self, *_: object) -> None:
        raise UnsafeWorkbookError
