"""Ranges of merged cells become the values that the rows they span do not repeat.

Decision: a merged cell that spans rows means its value for each of them, in its first column, so it is filled
down. Why: a person who merges A2:A5 sees one label beside four texts; without it, three texts are lost.
Rejected: filling to the right, too, since a value that is read twice makes a label of a text.

Decision: a row that holds nothing but what would be filled down is passed over, and a cell that holds
something of its own keeps it. Why: the one is a part of a tall row, the other is left by programs that hide
what they merge; a file's own words are never replaced. A range that begins at the header or above it is a
part of the heading, and fills nothing.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int
from openpyxl.utils.cell import column_index_from_string

from dvn.data.wording import named
from dvn.data.workbook_xml import DamagedWorkbookError
from dvn.errors import DataError

MOST_MERGES: Final = 500_000
MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
_RANGE: Final = re.compile(r"\$?([A-Za-z]{1,9})\$?([0-9]{1,15})(?::\$?([A-Za-z]{1,9})\$?([0-9]{1,15}))?")
_MOST_HEADING_ROWS: Final = 4
_BLOCK: Final = 10_000


class TooManyMergesError(DataError):
    """A sheet has more merged cells than a table has use for."""

    def __init__(self, sheet: str) -> None:
        super().__init__(
            f"The sheet {named(sheet)} of the workbook has more than {MOST_MERGES:,} merged cells, which is "
            f"the limit; unmerge them and fill their values down, or save the sheet as CSV."
        )


@dataclass(frozen=True, slots=True)
class Merges:
    """The merged cells of a sheet.

    Attributes:
        ranges: First row, first column, last row and last column of each, all counted from 1, the last not
            before the first; the higher in the sheet come first.
    """

    ranges: Int[np.ndarray, "ranges 4"]

    def downwards(self, *, after: int, columns: int) -> Int[np.ndarray, "ranges 4"]:
        """Those that span several rows, begin below a row, and in one of the first columns."""
        top, left, bottom, _ = self.ranges.T
        chosen: Int[np.ndarray, "ranges 4"] = self.ranges[(bottom > top) & (top > after) & (left <= columns)]
        return chosen

    def is_across(self, row: int, column: int) -> bool:
        """Whether the cell at this place spans several columns, as a title above a table does."""
        top, left, _, right = self.ranges.T
        return bool(((top == row) & (left == column) & (right > left)).any())

    def heading(self, row: int) -> tuple[int, frozenset[int]]:
        """The last row of a heading that begins in a row, and the columns whose name is higher than a row.

        Headings have several rows only where one name stands above several columns and others are as high as
        both: cells of the first row span both ways.
        """
        top, left, bottom, right = self.ranges.T
        begins = top == row
        last = int(bottom[begins].max(initial=row))
        is_grouped = bool((begins & (right > left) & (bottom < last)).any())
        if not is_grouped or last - row >= _MOST_HEADING_ROWS:
            return row, frozenset()
        return last, frozenset(left[begins & (bottom > top)].tolist())


class MergesSoFar:
    """Collects the ranges of merged cells as they are met in the XML."""

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self._numbers = array("i")

    def add(self, written: str) -> None:
        """Take one range, such as "A2:A5"; what of it is outside of any sheet is left out.

        Raises:
            TooManyMergesError: There are more than allowed.
            DamagedWorkbookError: It is no range.
        """
        found = _RANGE.fullmatch(written.strip())
        if not found:
            raise DamagedWorkbookError(f"in its merged cells, of which one is {named(written)}")
        if len(self._numbers) >= 4 * MOST_MERGES:
            raise TooManyMergesError(self._sheet)
        rows = sorted((_row(found[2]), _row(found[4] or found[2])))
        columns = sorted((_column(found[1]), _column(found[3] or found[1])))
        self._numbers.extend((rows[0], columns[0], rows[1], columns[1]))

    def above(self, end: int) -> Merges:
        """All ranges as far as they lie above the end of the rows, the higher first."""
        ranges = np.array(self._numbers, dtype=np.int32).reshape(-1, 4)
        ranges = ranges[ranges[:, 0] < end]
        ranges[:, 2] = np.minimum(ranges[:, 2], end - 1)
        return Merges(ranges[np.lexsort((ranges[:, 1], ranges[:, 0]))])


class FillDown:
    """Fills rows, one after the other, with the values of merged cells that began above them.

    Attributes:
        filled: How many merged cells were filled down so far.
    """

    def __init__(self, merges: Int[np.ndarray, "ranges 4"]) -> None:
        self.filled = 0
        self._coming = _one_by_one(merges)
        self._next = next(self._coming, None)
        self._open: dict[int, _Open] = {}

    def fill(self, number: int, row: list[str]) -> list[str]:
        """The row with this number, filled in place."""
        for column in list(self._open):
            if number > self._open[column].bottom:
                del self._open[column]
            elif number > self._open[column].top:
                self._fill_cell(row, column, self._open[column])
        while self._next and self._next[0] <= number:
            top, left, bottom, _ = self._next
            if top == number and left <= len(row) and row[left - 1].strip():
                self._open[left - 1] = _Open(top, bottom, row[left - 1])
            self._next = next(self._coming, None)
        return row

    def _fill_cell(self, row: list[str], column: int, merged: "_Open") -> None:
        row.extend([""] * (column + 1 - len(row)))
        if not row[column].strip():
            row[column] = merged.value
            self.filled += not merged.is_used
            merged.is_used = True


@dataclass(slots=True)
class _Open:
    """A merged cell whose rows are being read."""

    top: int
    bottom: int
    value: str
    is_used: bool = False


def _one_by_one(merges: Int[np.ndarray, "ranges 4"]) -> Iterator[list[int]]:
    for start in range(0, len(merges), _BLOCK):
        yield from merges[start : start + _BLOCK].tolist()


def _row(written: str) -> int:
    return min(max(int(written), 1), MOST_ROWS)


def _column(letters: str) -> int:
    return min(column_index_from_string(letters), MOST_COLUMNS) if len(letters) <= 3 else MOST_COLUMNS
