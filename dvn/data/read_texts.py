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
from dvn.data.columns import NoColumnError, find_column, guess_columns, look_at_all
from dvn.data.dialect import DELIMITERS
from dvn.data.header import DuplicateColumnError, HeaderGuess
from dvn.data.lines import LineFaultError, open_pieces, split_lines
from dvn.data.row_errors import MisplacedQuoteError, OpenQuoteError, RowWidthError, TooManyRowsError
from dvn.data.table import MAX_SAMPLE_ROWS, Table, open_table
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
        column: Name of the column with the texts.
        is_one_column: Whether each row is one text; its blank lines are empty texts then.
        reason: Why the texts are looked for there.
    """

    table: Table
    column: str
    is_one_column: bool
    reason: str

    def texts(self) -> Iterator[str]:
        """All texts in the order of their rows.

        Raises:
            DataError: A row, or a byte in it, cannot be used; the leaf says which and why.
        """
        if self.is_one_column:
            yield from self._lines()
        else:
            at = self.table.form.names.index(self.column)
            for row in self.table.rows():
                yield row[at]

    def sentences(self) -> tuple[str, ...]:
        """How the file is read, for a person."""
        if not self.is_one_column:
            return (f"The texts are those of the column {named(self.column)} ({self.reason}).",)
        first = "the first row is the column's name" if self.table.header.has_header else "there is no header"
        return (f"Each row is one text ({self.reason}); {first} ({self.table.header.reason}).",)

    def _lines(self) -> Iterator[str]:
        """The texts of a table of one column, where a blank line is a row, too."""
        form, limits = self.table.form, self.table.limits
        # As in `Table.rows`: what nobody has confirmed is read as UTF-8 until that fails.
        encoding = form.encoding if form.encoding.is_certain else replace(form.encoding, name="utf-8")
        csv.field_size_limit(max(csv.field_size_limit(), limits.max_field_chars))
        pieces = open_pieces(form.path, max_bytes=limits.max_bytes)
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
        path: A CSV or TSV file, with or without header and labels, or a file of lines.
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
        if may_be_lines and len(table.form.names) > 1 and _has_ragged_commas(table):
            return _one_column(path, choices, preferred, limits, "its lines differ in their commas")
    except DuplicateColumnError:
        if not may_be_lines or choices.text is not None:
            raise
        return _one_column(path, choices, preferred, limits, "its first line repeats itself")
    except _QUOTE_ERRORS:
        lines = _one_column(path, choices, preferred, limits, "its quotes are none of a table")
        if not may_be_lines or any(mark in next(lines.texts(), "") for mark in DELIMITERS):
            raise
        return lines
    if len(table.form.names) == 1:
        return _one_column(path, choices, preferred, limits, "the file has one column")
    column, reason = _text_column(table, preferred)
    return TextFile(table, column, is_one_column=False, reason=reason)


def _text_column(table: Table, preferred: str | None) -> tuple[str, str]:
    names = table.form.names
    if table.choices.text is not None:
        return find_column("text", table.choices.text, names), "chosen"
    if preferred in names and table.header.has_header:
        return str(preferred), "the column that the classifier learned from"
    guesses = guess_columns(names, table.first_rows, table.choices, is_whole=table.is_whole)
    if not guesses.text:
        raise NoColumnError("text", look_at_all(names, table.first_rows))
    return guesses.text[0].column, guesses.text[0].reason


def _has_ragged_commas(table: Table) -> bool:
    """Whether commas look like those of prose: no known names, and rows of several widths."""
    is_named = table.header.has_header and any(plain(name) in TEXT_NAMES for name in table.form.names)
    if table.form.dialect.delimiter != "," or is_named or table.choices.text is not None:
        return False
    try:
        for _ in islice(table.rows(confirmed=True), MAX_SAMPLE_ROWS):
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
    column = table.form.names[0]
    if choices.text is not None:
        column = find_column("text", choices.text, table.form.names)
    return TextFile(replace(table, header=header), column, is_one_column=True, reason=reason)


def _quotes_match(path: Path, choices: ReadChoices, limits: Limits) -> bool:
    try:
        table = open_table(path, replace(choices, text=None, has_header=False, quote='"'), limits)
        for _ in islice(table.rows(confirmed=True), MAX_SAMPLE_ROWS):
            pass
    except _QUOTE_ERRORS:
        return False
    return True


def _guess_header(first: str, choices: ReadChoices, preferred: str | None) -> HeaderGuess:
    """A text taken for a header would lose its row, so only what is surely a name counts as one."""
    name = first.strip()
    if plain(name) in {plain(known) for known in (choices.text, preferred) if known}:
        return HeaderGuess(has_header=True, reason="it is the column asked for")
    if plain(name) in TEXT_NAMES:
        return HeaderGuess(has_header=True, reason=f"{named(name)} is a usual name")
    if _SNAKE_CASE.fullmatch(name):
        return HeaderGuess(has_header=True, reason=f"{named(name)} is written like a name")
    return HeaderGuess(has_header=False, reason="the first line looks like a text")
