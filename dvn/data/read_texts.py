"""A file of texts without labels becomes those texts, one for each row, empty ones included."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from dvn.data.choices import DEFAULT_LIMITS, GUESS_EVERYTHING, Limits, ReadChoices
from dvn.data.column_names import TEXT_NAMES, plain
from dvn.data.columns import (
    CHOSEN,
    JOINED_BY,
    NoColumnError,
    UnknownColumnError,
    find_column,
    find_columns,
    guess_columns,
    look_at_all,
)
from dvn.data.delimited_table import DelimitedReader
from dvn.data.dialect import DELIMITERS
from dvn.data.file_kinds import Kind
from dvn.data.header import DuplicateColumnError, HeaderGuess
from dvn.data.lines import LineFaultError, split_lines
from dvn.data.open_table import open_table
from dvn.data.read_csv import joined
from dvn.data.row_errors import MisplacedQuoteError, OpenQuoteError, RowWidthError, TooManyRowsError
from dvn.data.table import MAX_SAMPLE_ROWS, Reading, Table
from dvn.data.text_faults import until_confirmed
from dvn.data.wording import named

# The reader of tables wants a delimiter; this control character separates nothing in any text.
_NO_DELIMITER: Final = "\x1f"
_QUOTE_ERRORS: Final = (MisplacedQuoteError, OpenQuoteError)
_RAGGED_ERRORS: Final = (RowWidthError, *_QUOTE_ERRORS)
_SNAKE_CASE: Final = re.compile(r"[A-Za-z]\w*_\w+")


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file whose texts can be read, again and again, in a stream.

    Attributes:
        table: How the file is read.
        columns: Names of the columns with the texts; several are joined.
        is_one_column: Whether each row is one text; its blank lines are empty texts then.
        reason: Why the texts are looked for there.
    """

    table: Table
    columns: tuple[str, ...]
    is_one_column: bool
    reason: str

    @property
    def column(self) -> str:
        """The name of the texts, such as "title + body"."""
        return JOINED_BY.join(self.columns)

    def texts(self) -> Iterator[str]:
        """All texts in the order of their rows.

        Raises:
            DataError: A row, or a byte in it, cannot be used; the leaf says which and why.
        """
        if self.is_one_column:
            yield from self._lines()
        else:
            places = [self.table.names.index(name) for name in self.columns]
            for row in self.table.rows(Reading(only=frozenset(places))):
                yield row[places[0]] if len(places) == 1 else joined([row[at] for at in places])

    def sentences(self) -> tuple[str, ...]:
        """How the file is read, for a person."""
        if not self.is_one_column:
            said = f"The texts are those of the column {named(self.column)} ({self.reason})."
            return (said, *self.table.notes)
        first = "the first row is the column's name" if self.table.header.has_header else "there is no header"
        return (f"Each row is one text ({self.reason}); {first} ({self.table.header.reason}).",)

    def _lines(self) -> Iterator[str]:
        """The texts of a table of one column, where a blank line is a row, too."""
        reader, limits = self.table.reader, self.table.limits
        assert isinstance(reader, DelimitedReader), "only a file of lines is read as one column"
        form = reader.form
        encoding = until_confirmed(form.encoding, confirmed=False)
        csv.field_size_limit(max(csv.field_size_limit(), limits.max_field_chars))
        pieces = form.source.pieces(max_bytes=limits.max_bytes)
        lines = split_lines(pieces, encoding, max_chars=limits.max_line_chars)
        lines = islice(lines, form.skipped_lines, None)
        number = -int(form.has_header)
        try:
            for row in form.dialect.read(lines):
                if number < 0 and not any(row):
                    continue
                number += 1
                if number > limits.max_rows:
                    raise TooManyRowsError(limits.max_rows)
                if number > 0:
                    yield row[0] if row else ""
        except (LineFaultError, csv.Error):
            # The reader of tables meets the same fault again and says where it is.
            for _ in self.table.rows():
                pass
            raise


def open_texts(
    path: Path,
    *,
    choices: ReadChoices = GUESS_EVERYTHING,
    preferred: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> TextFile:
    """The texts of a file: a column of a table, or a file with one text a line.

    Args:
        path: A file of any kind that datasets are read from, with or without labels, or a file of lines.
        choices: What not to guess.
        preferred: The column to take if there is one of that name and none is chosen.
        limits: How much of the file is allowed.

    Raises:
        DataError: The file is no table of texts; the leaf says why.

    Decision: a file is read as lines only if its first row has one field, or if rows differ in
    their commas and no column has a name that texts usually have. Why: prose has commas, and a
    broken table must be reported, not read in another way. Rejected: going by the file's name.
    """
    may_be_lines = choices.delimiter is None
    try:
        table = open_table(path, choices, limits)
        if may_be_lines and len(table.names) > 1 and _has_ragged_commas(table):
            return _one_column(path, choices, preferred, limits, "its lines differ in their commas")
    except DuplicateColumnError:
        if not may_be_lines or choices.texts:
            raise
        return _one_column(path, choices, preferred, limits, "its first line repeats itself")
    except _QUOTE_ERRORS:
        lines = _one_column(path, choices, preferred, limits, "its quotes are none of a table")
        if not may_be_lines or any(mark in next(lines.texts(), "") for mark in DELIMITERS):
            raise
        return lines
    if len(table.names) == 1 and table.kind == Kind.delimited:
        return _one_column(path, choices, preferred, limits, "the file has one column")
    columns, reason = _text_columns(table, preferred)
    return TextFile(table, columns, is_one_column=False, reason=reason)


def _text_columns(table: Table, preferred: str | None) -> tuple[tuple[str, ...], str]:
    names = table.names
    if table.choices.texts:
        return find_columns("text", table.choices.texts, names), CHOSEN
    if preferred and table.header.has_header:
        try:
            found = find_columns("text", [preferred], names)
        except UnknownColumnError:
            found = ()
        if found and (preferred in names or JOINED_BY in preferred):
            several = "columns" if len(found) > 1 else "column"
            return found, f"the {several} that the classifier learned from"
    if len(names) == 1:
        return names, "there is no other"
    guesses = guess_columns(names, table.first_rows, table.choices, is_whole=table.is_whole)
    if not guesses.text:
        raise NoColumnError("text", look_at_all(names, table.first_rows))
    return (guesses.text[0].column,), guesses.text[0].reason


def _has_ragged_commas(table: Table) -> bool:
    """Whether commas look like those of prose: no known names, and rows of several widths."""
    is_named = table.header.has_header and any(plain(name) in TEXT_NAMES for name in table.names)
    if table.dialect is None or table.dialect.delimiter != "," or is_named or table.choices.texts:
        return False
    try:
        for _ in islice(table.rows(Reading(confirmed=True)), MAX_SAMPLE_ROWS):
            pass
    except _RAGGED_ERRORS:
        return True
    return False


def _one_column(
    path: Path, choices: ReadChoices, preferred: str | None, limits: Limits, reason: str
) -> TextFile:
    choices = replace(choices, delimiter=_NO_DELIMITER)
    if choices.quote is None and not _quotes_match(path, choices, limits):
        choices = replace(choices, quote="")
    table = open_table(path, replace(choices, text=None, has_header=False), limits)
    if choices.has_header is None:
        header = _guess_header(table.first_rows[0][0] if table.first_rows else "", choices, preferred)
    else:
        header = HeaderGuess(choices.has_header, "chosen")
    table = open_table(path, replace(choices, text=None, has_header=header.has_header), limits)
    column = table.names[0]
    for wanted in choices.texts:
        column = find_column("text", wanted, table.names)
    return TextFile(replace(table, header=header), (column,), is_one_column=True, reason=reason)


def _quotes_match(path: Path, choices: ReadChoices, limits: Limits) -> bool:
    try:
        table = open_table(path, replace(choices, text=None, has_header=False, quote='"'), limits)
        for _ in islice(table.rows(Reading(confirmed=True)), MAX_SAMPLE_ROWS):
            pass
    except _QUOTE_ERRORS:
        return False
    return True


def _guess_header(first: str, choices: ReadChoices, preferred: str | None) -> HeaderGuess:
    """A text taken for a header would lose its row, so only what is surely a name counts as one."""
    name = first.strip()
    if plain(name) in {plain(known) for known in (*choices.texts, preferred) if known}:
        return HeaderGuess(has_header=True, reason="it is the column asked for")
    if plain(name) in TEXT_NAMES:
        return HeaderGuess(has_header=True, reason=f"{named(name)} is a usual name")
    if _SNAKE_CASE.fullmatch(name):
        return HeaderGuess(has_header=True, reason=f"{named(name)} is written like a name")
    return HeaderGuess(has_header=False, reason="the first line looks like a text")
