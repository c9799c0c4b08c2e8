"""What can be wrong with a row, as sentences that name row, line and column.

Row 1 is the first after the header; a row may span several lines, of which the first is named.
Texts of the file are never repeated in a sentence.
"""

from dvn.data.dialect import Dialect
from dvn.data.wording import counted, named
from dvn.errors import DataError


class RowError(DataError):
    """One row of the file cannot be used.

    Attributes:
        row: Its number; 1 is the first after the header, 0 the header.
        line: Its first line in the file, from 1.
    """

    def __init__(self, row: int, line: int, sentence: str) -> None:
        self.row, self.line = row, line
        super().__init__(sentence)


class RowWidthError(RowError):
    """A row has more or fewer fields than the first."""

    def __init__(self, row: int, line: int, *, found: int, expected: int, dialect: Dialect) -> None:
        self.found, self.expected = found, expected
        if found > expected:
            way_out = f"put texts that hold a {dialect.title} in double quotes"
        else:
            way_out = f"a {dialect.title} or a quote is missing"
        super().__init__(
            row, line, f"{place(row, line)} has {counted(found, 'field')}, expected {expected:,}; {way_out}."
        )


class FieldTooLongError(RowError):
    """One field holds more characters than allowed."""

    def __init__(self, row: int, line: int, column: str, limit: int) -> None:
        super().__init__(
            row,
            line,
            f"{place(row, line)} has more than {limit:,} characters in column {named(column)}; "
            f"shorten the text, or close a quote that was left open.",
        )


class LineTooLongError(RowError):
    """One line never ends."""

    def __init__(self, row: int, line: int, limit: int) -> None:
        super().__init__(
            row,
            line,
            f"{place(row, line)} has more than {limit:,} characters on one line; break it into rows.",
        )


class OpenQuoteError(RowError):
    """A quote is opened and never closed."""

    def __init__(self, row: int, line: int, column: str) -> None:
        super().__init__(
            row,
            line,
            f"{place(row, line)} opens a quote in column {named(column)} that is never closed; close it, "
            f"or choose 'no quotes' if quotes are ordinary characters in this file.",
        )


class MisplacedQuoteError(RowError):
    """Something stands between a closing quote and the end of its field."""

    def __init__(self, row: int, line: int, column: str) -> None:
        super().__init__(
            row,
            line,
            f"{place(row, line)} closes a quote before the field ends in column {named(column)}; double the "
            f"quotes inside a text, or choose 'no quotes' if quotes are ordinary characters in this file.",
        )


class NulByteError(RowError):
    """The file holds a NUL character."""

    def __init__(self, row: int, line: int, byte: int) -> None:
        super().__init__(
            row,
            line,
            f"{place(row, line)} holds a NUL byte (byte {byte:,} of the file), which no text has; "
            f"remove it, or export the file again as CSV in UTF-8.",
        )


class TooManyRowsError(DataError):
    """The table is longer than allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The file has more than {limit:,} rows, which is the limit; use a part of them.")


class BrokenJsonError(RowError):
    """A value of a JSON file cannot be parsed."""

    def __init__(self, row: int, line: int, character: int, fault: str) -> None:
        super().__init__(
            row,
            line,
            f"{place(row, line)} is broken JSON at character {character:,}: {fault}; mend it, or take the "
            f"row out.",
        )


class NoObjectError(RowError):
    """A value of a JSON file is not what rows are made of."""

    def __init__(self, row: int, line: int, found: str, expected: str) -> None:
        super().__init__(
            row,
            line,
            f"{place(row, line)} is {found} where {expected} is expected; write each row as an object, such "
            'as {"text": "...", "label": "..."}.',
        )


def place(row: int, line: int) -> str:
    """Where a row is, as the start of a sentence; line 0 stands for a file without lines."""
    if not line:
        return f"Row {row:,}"
    return f"Row {row:,} (line {line:,})" if row > 0 else f"The header (line {line:,})"
