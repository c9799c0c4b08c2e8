"""Lines become rows of one width; what is wrong with one is said with row, line and column."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dvn.data.choices import Limits
from dvn.data.dialect import Dialect
from dvn.data.encoding import EncodingGuess
from dvn.data.lines import EndlessLineError, LineFaultError, split_lines
from dvn.data.row_errors import (
    FieldTooLongError,
    LineTooLongError,
    MisplacedQuoteError,
    OpenQuoteError,
    RowWidthError,
    TooManyRowsError,
    place,
)
from dvn.data.sources import Source


@dataclass(frozen=True, slots=True)
class TableForm:
    """All that must be known about a file to read its rows.

    Attributes:
        source: Where the file is.
        encoding: How its characters are written.
        dialect: How its fields are set apart.
        names: Its columns' names; without them, the first row says how wide rows are.
        has_header: Whether its first row holds them.
        skipped_lines: Lines before the first row.
    """

    source: Source
    encoding: EncodingGuess
    dialect: Dialect
    names: tuple[str, ...]
    has_header: bool
    skipped_lines: int = 0


def read_rows(form: TableForm, limits: Limits, notes: list[str] | None = None) -> Iterator[list[str]]:
    """Rows after the header, each as wide as it; lines without anything are passed over.

    A last row that is cut off, as an unfinished download leaves it, is left out, and `notes` says so.

    Raises:
        RowWidthError: A row has another number of fields.
        FieldTooLongError, LineTooLongError, TooManyRowsError: A limit is met.
        MisplacedQuoteError, OpenQuoteError: Quotes do not match.
        LineFaultError: A line cannot be handed on; `row_of` says in which row.
    """
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_field_chars))
    width, number, line = len(form.names), -int(form.has_header), form.skipped_lines
    lines = _Remembering(_lines_of(form, limits))
    reader = form.dialect.read(lines)
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                width = width or len(row)
                number += 1
                # The header may be wider or narrower by an empty field; the names say how wide rows are.
                if len(row) != width and number:
                    if len(row) > width or number == 1 or not lines.end_in_midst_of_row():
                        where = number, line + 1
                        raise RowWidthError(*where, found=len(row), expected=width, dialect=form.dialect)
                    _note_cut(number, line + 1, notes)
                    return
                _refuse_too_much(row, number, line + 1, form, limits)
                if number > 0:
                    yield row
            line = reader.line_num + form.skipped_lines
    except LineFaultError as fault:
        fault.row = number + 1
        if isinstance(fault, EndlessLineError):
            raise _explain(form, limits, number + 1, line + 1, "field larger") from None
        raise
    except csv.Error as error:
        raise _explain(form, limits, number + 1, line + 1, str(error)) from None


class _Remembering:
    """Lines that know whether the last one was cut."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._last = lines, ""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._last = line
            yield line

    def end_in_midst_of_row(self) -> bool:
        """Whether the line handed on last is the file's last and has no end."""
        return not self._last.endswith(("\n", "\r")) and next(self._lines, None) is None


def _note_cut(row: int, line: int, notes: list[str] | None) -> None:
    if notes is not None:
        notes.append(f"{place(row, line)} is the last and is cut off, so it was left out.")


def _refuse_too_much(row: list[str], number: int, line: int, form: TableForm, limits: Limits) -> None:
    if number > limits.max_rows:
        raise TooManyRowsError(limits.max_rows)
    if csv.field_size_limit() == limits.max_field_chars:
        return  # The parser has measured them already.
    for at, field in enumerate(row):
        if len(field) > limits.max_field_chars:
            raise FieldTooLongError(number, line, _column(form, at), limits.max_field_chars)


def _column(form: TableForm, at: int) -> str:
    return form.names[at] if at < len(form.names) else f"column {at + 1}"


def _lines_of(form: TableForm, limits: Limits) -> Iterator[str]:
    pieces = form.source.pieces(max_bytes=limits.max_bytes)
    lines = split_lines(pieces, form.encoding, max_chars=limits.max_line_chars)
    return islice(lines, form.skipped_lines, None)


def _explain(form: TableForm, limits: Limits, row: int, line: int, complaint: str) -> Exception:
    """The error for a row that cannot be parsed, found by reading it once more, slowly."""
    at, is_long = _find_fault(_text_from(form, limits, line), form.dialect, limits.max_field_chars)
    column = _column(form, at)
    if "field larger" in complaint:
        if is_long:
            return FieldTooLongError(row, line, column, limits.max_field_chars)
        return LineTooLongError(row, line, limits.max_line_chars)
    if "end of data" in complaint:
        return OpenQuoteError(row, line, column)
    return MisplacedQuoteError(row, line, column)


def _text_from(form: TableForm, limits: Limits, line: int) -> Iterator[str]:
    try:
        yield from islice(_lines_of(form, limits), line - 1 - form.skipped_lines, None)
    except EndlessLineError as fault:
        yield fault.start


def _find_fault(lines: Iterator[str], dialect: Dialect, max_chars: int) -> tuple[int, bool]:
    """The position of the field at fault in a row, and whether its length is the fault."""
    scan = _Scan(0, 0, is_open=False, was_closed=False)
    for text in lines:
        for character in text:
            ends = not scan.is_open and character in "\r\n"
            if ends or not scan.take(character, dialect):
                return scan.at, False
            if scan.chars > max_chars:
                return scan.at, True
    return scan.at, False


@dataclass(slots=True)
class _Scan:
    """Where a slow reading of one row stands."""

    at: int
    chars: int
    is_open: bool
    was_closed: bool

    def take(self, character: str, dialect: Dialect) -> bool:
        """Go on by one character; False where a quote ends before its field does."""
        if self.is_open:
            self.is_open = character != dialect.quote
            self.was_closed = not self.is_open
        elif character == dialect.delimiter:
            self.at, self.chars, self.was_closed = self.at + 1, -1, False
        elif dialect.quote and character == dialect.quote and (self.was_closed or not self.chars):
            self.is_open = True
            self.chars -= 1
        elif self.was_closed:
            return False
        elif character == " " and dialect.skips_space and not self.chars:
            self.chars -= 1
        self.chars += 1
        return True
