"""The first rows of a file become what a person needs to see before it is read."""

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from dvn.data.choices import DEFAULT_LIMITS, GUESS_EVERYTHING, Limits, ReadChoices
from dvn.data.columns import ColumnGuess, ColumnGuesses, guess_columns
from dvn.data.dialect import Dialect
from dvn.data.encoding import EncodingGuess
from dvn.data.file_kinds import Kind
from dvn.data.header import HeaderGuess
from dvn.data.open_table import open_table
from dvn.data.read_csv import choose_columns
from dvn.data.table import Reading, Table
from dvn.errors import DataError

SHOWN_ROWS: Final = 20
SHOWN_CHARS: Final = 400
_NO_GUESSES: Final = ColumnGuesses((), (), ())


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file seems to be; every guess can be overruled by a choice.

    Attributes:
        kind: How it is written.
        encoding: How its characters are written, if it is a text; to be confirmed unless `is_certain`.
        dialect: Delimiter and quotes, with the reason, if delimiters set its fields apart.
        header: Whether the first row holds names, with the reason.
        columns: The columns' names.
        rows: The first twenty rows, long cells cut.
        candidates: For each role the columns that may play it, the likeliest first.
        row_count: Number of rows, if the sample is the whole file.
        size: Bytes of the file.
        problem: One sentence, if reading would fail on the rows looked at.
        sheet: The sheet of a workbook that was read.
        sheets: All sheets of it.
        notes: Sentences about what a person might not expect.
    """

    kind: Kind
    encoding: EncodingGuess | None
    dialect: Dialect | None
    header: HeaderGuess
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    candidates: ColumnGuesses
    row_count: int | None
    size: int
    problem: str | None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> ColumnGuess | None:
        """The likeliest text column."""
        return next(iter(self.candidates.text), None)

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns whose texts are joined; mostly one."""
        return self.candidates.texts

    @property
    def label(self) -> ColumnGuess | None:
        """The likeliest label column."""
        return next(iter(self.candidates.label), None)

    @property
    def split(self) -> ColumnGuess | None:
        """The split column, if there is one."""
        return next(iter(self.candidates.split), None)


def preview(
    path: Path, *, choices: ReadChoices = GUESS_EVERYTHING, limits: Limits = DEFAULT_LIMITS
) -> Preview:
    """What a file seems to be, by its first rows; memory does not depend on its size.

    Raises:
        DataError: The file is empty, binary, too large or no table at all. What is wrong with
            single rows or with the choices is told by `problem` instead.
    """
    table = open_table(path, choices, limits)
    return Preview(
        kind=table.kind,
        encoding=table.encoding,
        dialect=table.dialect,
        header=table.header,
        columns=table.names,
        rows=tuple(tuple(map(_cut, row)) for row in table.first_rows[:SHOWN_ROWS]),
        candidates=_candidates(table, choices),
        row_count=table.row_count,
        size=table.size,
        problem=_find_problem(table),
        sheet=table.sheet,
        sheets=table.sheets,
        notes=table.notes,
    )


def _candidates(table: Table, choices: ReadChoices) -> ColumnGuesses:
    """Columns for each role; where choices contradict each other, those that may stand."""
    for some in (choices, replace(choices, text=None), GUESS_EVERYTHING):
        with suppress(DataError):
            return guess_columns(table.names, table.first_rows, some, is_whole=table.is_whole)
    return _NO_GUESSES


def _cut(cell: str) -> str:
    return cell if len(cell) <= SHOWN_CHARS else cell[: SHOWN_CHARS - 1] + "…"


def _find_problem(table: Table) -> str | None:
    try:
        choose_columns(table)
        for _ in islice(table.rows(Reading(confirmed=True)), len(table.first_rows) + 1):
            pass
    except DataError as error:
        return str(error)
    return None
