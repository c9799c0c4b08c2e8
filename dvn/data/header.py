"""The first rows of a table tell whether the first of them holds names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dvn.data.choices import ReadChoices
from dvn.data.column_names import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES, plain
from dvn.data.wording import counted, listed, named
from dvn.errors import DataError

_LONGEST_NAME_CHARS = 80


class DuplicateColumnError(DataError):
    """Two columns have the same name, so that neither can be asked for."""

    def __init__(self, name: str, positions: Sequence[int]) -> None:
        where = " and ".join(f"{position:,}" for position in positions[:2])
        super().__init__(
            f"{'Two' if len(positions) == 2 else counted(len(positions), 'column').split()[0]} columns have "
            f"the name {named(name)} (columns {where}); rename one of them."
        )


class TooManyColumnsError(DataError):
    """The table is wider than allowed."""

    def __init__(self, found: int, limit: int) -> None:
        super().__init__(f"The file has {found:,} columns and {limit:,} are allowed; keep those that matter.")


@dataclass(frozen=True, slots=True)
class HeaderGuess:
    """Whether the first row holds the columns' names, and why."""

    has_header: bool
    reason: str


def guess_header(rows: Sequence[Sequence[str]], choices: ReadChoices) -> HeaderGuess:
    """Whether the first of some rows holds names; `rows` has at least one row."""
    if choices.has_header is not None:
        return HeaderGuess(choices.has_header, "chosen")
    first = [cell.strip() for cell in rows[0]]
    texts = [part for name in choices.texts for part in (name, *name.split(" + "))]
    asked = {name.strip() for name in (*texts, choices.label, choices.split) if name and name.strip()}
    if asked & set(first):
        return HeaderGuess(has_header=True, reason=f"the first row has {listed(sorted(asked & set(first)))}")
    if len(rows) == 1:
        return HeaderGuess(has_header=True, reason="there is no other row")
    width = len(first)
    columns = [[row[at].strip() for row in rows[1:] if len(row) == width] for at in range(width)]
    known = [
        cell
        for cell in first
        if any(plain(cell) in names for names in (TEXT_NAMES, LABEL_NAMES, SPLIT_NAMES))
    ]
    if len(known) > 1:
        return HeaderGuess(has_header=True, reason=f"the first row has the usual names {listed(known)}")
    return _like_data(first, columns) or _like_names(first, columns, known)


def _like_data(first: Sequence[str], columns: Sequence[Sequence[str]]) -> HeaderGuess | None:
    """A verdict against a header, if the first row looks like all others."""
    for position, (cell, column) in enumerate(zip(first, columns, strict=True), start=1):
        if len(cell) > _LONGEST_NAME_CHARS:
            return HeaderGuess(
                has_header=False, reason=f"the first row has {len(cell):,} characters in column {position}"
            )
        if cell and cell in column:
            return HeaderGuess(
                has_header=False, reason=f"what column {position} has in the first row occurs again below"
            )
        if _is_number(cell):
            return HeaderGuess(has_header=False, reason=f"the first row has a number in column {position}")
    return None


def _like_names(first: Sequence[str], columns: Sequence[Sequence[str]], known: Sequence[str]) -> HeaderGuess:
    if known:
        return HeaderGuess(has_header=True, reason=f"the first row has the usual name {named(known[0])}")
    for position, (cell, column) in enumerate(zip(first, columns, strict=True), start=1):
        if cell and column and all(map(_is_number, column)):
            return HeaderGuess(
                has_header=True, reason=f"column {position} holds numbers, except in the first row"
            )
        if cell and len(column) >= 4 and len(set(column)) <= len(column) / 2:
            return HeaderGuess(
                has_header=True,
                reason=f"column {position} repeats {len(set(column)):,} values, but not the first row's",
            )
        mean = sum(map(len, column)) / max(1, len(column))
        if cell and mean > max(20, 3 * len(cell)):
            return HeaderGuess(
                has_header=True, reason=f"the first row is much shorter than the others in column {position}"
            )
    if len(columns[0]) < 4:
        return HeaderGuess(has_header=True, reason="most tables have one, and the file is too short to tell")
    return HeaderGuess(has_header=False, reason="the first row looks like the others")


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def name_columns(first: Sequence[str], header: HeaderGuess, *, max_columns: int) -> tuple[str, ...]:
    """The columns' names; a column without one is called "column 3" after its place.

    Raises:
        DuplicateColumnError: Two columns have one name.
        TooManyColumnsError: There are more columns than allowed.
    """
    if len(first) > max_columns:
        raise TooManyColumnsError(len(first), max_columns)
    given = [" ".join(cell.split()) if header.has_header else "" for cell in first]
    names = tuple(name or f"column {position}" for position, name in enumerate(given, start=1))
    for name, count in Counter(names).items():
        if count > 1:
            raise DuplicateColumnError(name, [at for at, one in enumerate(names, start=1) if one == name])
    return names
