"""A file whose form is known: its columns, its first rows, and the way to all rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from dvn.data.archives import refuse_bomb
from dvn.data.choices import Limits, ReadChoices
from dvn.data.dialect import Dialect
from dvn.data.encoding import EncodingGuess
from dvn.data.file_kinds import Kind
from dvn.data.header import HeaderGuess
from dvn.data.row_errors import FieldTooLongError, TooManyRowsError

MAX_SAMPLE_ROWS: Final = 2_000
_SAMPLE_CHARS: Final = 1_000_000
_LEAST_SAMPLE_ROWS: Final = 5

Row = list[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a table are wanted.

    Attributes:
        only: Positions of the columns that matter; cells of others may be empty. None: all matter.
        confirmed: Whether to read on in an encoding that nobody has confirmed.
        notes: Sentences about what was read in an unusual way are added here.
    """

    only: frozenset[int] | None = None
    confirmed: bool = False
    notes: list[str] = field(default_factory=list)


class RowReader(Protocol):
    """Reads the rows of one file, again and again."""

    def rows(self, reading: Reading) -> Iterator[list[str]]:
        """All rows after the header, each as wide as the table."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose form is known.

    Attributes:
        kind: How it is written.
        names: Its columns' names.
        header: Whether the first row holds names, and why.
        first_rows: At most 2,000 rows after the header, all as wide as it.
        is_whole: Whether these are all rows.
        size: Bytes of the file.
        choices: What a person decided.
        limits: How much is allowed.
        reader: Reads all rows.
        encoding: How its characters are written, if it is a text.
        dialect: How its fields are set apart, if delimiters do that.
        sheet: The sheet of a workbook.
        sheets: All visible sheets of it.
        notes: Sentences about what a person might not expect.
    """

    kind: Kind
    names: tuple[str, ...]
    header: HeaderGuess
    first_rows: tuple[list[str], ...]
    is_whole: bool
    size: int
    choices: ReadChoices
    limits: Limits
    reader: RowReader
    encoding: EncodingGuess | None = None
    dialect: Dialect | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def row_count(self) -> int | None:
        """Number of rows, if the first ones are all."""
        return len(self.first_rows) if self.is_whole else None

    @property
    def form_reason(self) -> str:
        """Why it has the columns it has, as a part of a sentence."""
        return self.dialect.reason if self.dialect else f"{self.header.reason}"

    def rows(self, reading: Reading | None = None) -> Iterator[list[str]]:
        """All rows after the header.

        Raises:
            DataError: A row, or a byte in it, cannot be used; the leaf says which and why.
        """
        return self.reader.rows(reading or Reading())


def sample_of(rows: Iterable[Row]) -> tuple[list[Row], bool]:
    """The first rows of a table, and whether they are all: at most 2,000, fewer if they are long."""
    found: list[Row] = []
    characters = 0
    for row in rows:
        if is_sampled(len(found), characters):
            return found, False
        found.append(row)
        characters += sum(map(len, row))
    return found, True


def is_sampled(rows: int, characters: int) -> bool:
    """Whether so many rows with so many characters are enough to tell columns by."""
    return rows >= MAX_SAMPLE_ROWS or (characters > _SAMPLE_CHARS and rows >= _LEAST_SAMPLE_ROWS)


def guarded(
    rows: Iterator[list[str]], names: Sequence[str], *, packed: int, limits: Limits
) -> Iterator[list[str]]:
    """The same rows, while they keep to the limits.

    A cell of a workbook or of Parquet may stand for a long text that is stored once, and meant a million
    times: `packed` is the size of the file in bytes.

    Raises:
        TooManyRowsError, FieldTooLongError, UnpackedTooLargeError: They do not.
    """
    characters = 0
    for number, row in enumerate(rows, start=1):
        if number > limits.max_rows:
            raise TooManyRowsError(limits.max_rows)
        length = sum(map(len, row))
        if length > limits.max_field_chars:
            for name, cell in zip(names, row, strict=False):
                if len(cell) > limits.max_field_chars:
                    raise FieldTooLongError(number, 0, name, limits.max_field_chars)
        characters += length
        refuse_bomb(characters, packed, limits.max_bytes)
        yield row
