"""The first rows of a sheet become its titles, its header and its first rows, merged cells filled down."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from dvn.data.choices import Limits, ReadChoices
from dvn.data.header import HeaderGuess, TooManyColumnsError, guess_header, name_columns
from dvn.data.merged_cells import FillDown, Merges
from dvn.data.sheet_rows import NumberedRow
from dvn.data.titles import title_rows


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands where in a sheet.

    Attributes:
        names: The columns' names.
        header: Whether a row holds them, and why.
        titles: How many rows that hold something stand above the header.
        heading: How many the header has.
        last: The number of its last row in the sheet; without a header, of the row above the first.
        first_rows: The first rows below it, each as wide as the names.
        filled: How many merged cells were filled down in them.
    """

    names: tuple[str, ...]
    header: HeaderGuess
    titles: int
    heading: int
    last: int
    first_rows: tuple[list[str], ...]
    filled: int


def lay_out(rows: Sequence[NumberedRow], merges: Merges, choices: ReadChoices, limits: Limits) -> Layout:
    """What stands where, by the first rows that hold something; there is at least one.

    Raises:
        TooManyColumnsError: They are wider than allowed.
        DuplicateColumnError: Two columns have one name.
    """
    titles = 0 if choices.has_header is False else _titles(rows, merges)
    rows = rows[titles:]
    width = max(len(row) for _, row in rows)
    if width > limits.max_columns:
        raise TooManyColumnsError(width, limits.max_columns)
    heading = _heading(rows, merges)
    last = rows[heading - 1][0]
    first, (body, filled) = _joined(rows[:heading], width), _filled(rows[heading:], merges, last, width)
    header = guess_header([first, *body], choices)
    if not header.has_header:
        heading, last = 0, rows[0][0] - 1
        body, filled = _filled(rows, merges, last, width)
    names = name_columns(first, header, max_columns=limits.max_columns)
    return Layout(names, header, titles, heading, last, tuple(body), filled)


def _titles(rows: Sequence[NumberedRow], merges: Merges) -> int:
    merged = {
        position
        for position, (number, row) in enumerate(rows[:20])
        if any(cell.strip() and merges.is_across(number, at) for at, cell in enumerate(row[:1_000], start=1))
    }
    return title_rows([row for _, row in rows], merged)


def _heading(rows: Sequence[NumberedRow], merges: Merges) -> int:
    """How many of the rows are the header, if there is one: several only if names in it leave room for it."""
    last, tall = merges.heading(rows[0][0])
    lower = list(takewhile(lambda numbered: numbered[0] <= last, rows[1:]))
    is_covered = any(row[column - 1 : column] not in ([], [""]) for _, row in lower for column in tall)
    return 1 if not tall or is_covered or len(lower) == len(rows) - 1 else 1 + len(lower)


def _joined(heading: Sequence[NumberedRow], width: int) -> list[str]:
    """One name for each column: the lowest, with the one above it where that alone stands twice."""
    padded = [row + [""] * (width - len(row)) for _, row in heading]
    lowest = [next((row[at] for row in reversed(padded) if row[at].strip()), "") for at in range(width)]
    counts = Counter(lowest)
    above = ""
    for at in range(width) if len(padded) > 1 else ():
        above = padded[0][at].strip() or above
        if counts[lowest[at]] > 1 and lowest[at].strip() and above != lowest[at]:
            lowest[at] = f"{above} {lowest[at]}"
    return lowest


def _filled(
    rows: Sequence[NumberedRow], merges: Merges, after: int, width: int
) -> tuple[list[list[str]], int]:
    filling = FillDown(merges.downwards(after=after, columns=width))
    filled = [filling.fill(number, row + [""] * (width - len(row))) for number, row in rows]
    return filled, filling.filled
