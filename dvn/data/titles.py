"""The first rows of a table tell how many lines of a title stand above its header."""

from collections.abc import Container, Sequence
from typing import Final

from dvn.data.choices import ReadChoices
from dvn.data.column_names import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES, plain
from dvn.data.dialect import guess_dialect, parse_leniently

_MOST_TITLES: Final = 8
_LOOKED_AT: Final = 200
_MOSTLY: Final = 0.9


def title_lines(lines: Sequence[str], choices: ReadChoices, *, is_whole: bool) -> int:
    """How many of the first lines stand above the header of a delimited table; mostly 0.

    Decision: lines count as a title only above a row of usual names, and if they hold one cell each, or are
    of another width than all rows. Why: a first row that is skipped without need is a text lost, and nobody
    would notice. Rejected: skipping until rows have one width, which hides broken rows.
    """
    if choices.has_header is False:
        return 0
    whole = is_whole and len(lines) <= _LOOKED_AT
    for count in range(min(_MOST_TITLES, len(lines) - 1)):
        below = lines[count : count + _LOOKED_AT]
        if not below[0].strip():
            continue
        dialect = guess_dialect(below, choices, is_whole=whole)
        rows = [row for row, _ in parse_leniently(below, dialect, is_whole=whole) if row]
        if not rows or not _usual_names(rows[0]):
            continue
        width = len(rows[0])
        alike = sum(abs(len(row) - width) <= 1 for row in rows)
        above = [row for row, _ in parse_leniently(lines[:count], dialect, is_whole=True) if row]
        if width > 1 and alike >= _MOSTLY * len(rows):
            return count if all(_is_title(row, rows[0]) for row in above) else 0
    return 0


def title_rows(rows: Sequence[Sequence[str]], merged: Container[int] = ()) -> int:
    """How many of the first rows of a sheet stand above its header; mostly 0.

    Rows of one cell are a title above a row of usual names, or if one of them is merged across the columns:
    `merged` holds the positions of such rows.
    """
    for count, row in enumerate(rows[:_MOST_TITLES]):
        if _filled(row) > 1:
            is_title = _usual_names(row) or any(at in merged for at in range(count))
            return count if is_title else 0
    return 0


def _is_title(row: Sequence[str], header: Sequence[str]) -> bool:
    return _filled(row) <= 1 or (len(row) != len(header) and _usual_names(header) > 1)


def _filled(row: Sequence[str]) -> int:
    return sum(not cell.isspace() and cell != "" for cell in row)


def _usual_names(row: Sequence[str]) -> int:
    known = (TEXT_NAMES, LABEL_NAMES, SPLIT_NAMES)
    return sum(any(plain(cell) in names for names in known) for cell in row)
