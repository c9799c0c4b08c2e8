"""An untrusted file becomes an open table: form, first rows, and the way to all rows."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from dvn.data.choices import Limits, ReadChoices
from dvn.data.dialect import guess_dialect, parse_leniently
from dvn.data.encoding import (
    EncodingGuess,
    EncodingNotConfirmedError,
    WrongEncodingError,
    choose_encoding,
    guess_unconfirmed,
)
from dvn.data.file_kinds import EmptyFileError, refuse_binary, refuse_controls
from dvn.data.header import HeaderGuess, guess_header, name_columns
from dvn.data.lines import (
    LineFaultError,
    NulLineError,
    UndecodableLineError,
    bytes_around,
    open_pieces,
    read_sample,
    split_lines,
)
from dvn.data.row_errors import NulByteError
from dvn.data.rows import TableForm, read_rows
from dvn.errors import DataError

MAX_SAMPLE_ROWS: Final = 2_000
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)
_UTF8: Final = EncodingGuess("utf-8", is_certain=True, reason="tried first")


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose form is known.

    Attributes:
        form: How to read it.
        header: Whether the first row holds names, and why.
        first_rows: At most 2,000 rows after the header, all as wide as it.
        is_whole: Whether these are all rows.
        size: Bytes of the file.
        choices: What a person decided.
        limits: How much is allowed.
    """

    form: TableForm
    header: HeaderGuess
    first_rows: tuple[list[str], ...]
    is_whole: bool
    size: int
    choices: ReadChoices
    limits: Limits

    @property
    def row_count(self) -> int | None:
        """Number of rows, if the first ones are all."""
        return len(self.first_rows) if self.is_whole else None

    def rows(self, *, confirmed: bool = False) -> Iterator[list[str]]:
        """All rows after the header.

        Args:
            confirmed: Whether to read on in an encoding that nobody has confirmed.

        Raises:
            DataError: A row, or a byte in it, cannot be used; the leaf says which and why.
        """
        # Bytes that are not UTF-8 are met once more, so that the error says where they are.
        is_known = confirmed or self.form.encoding.is_certain
        form = self.form if is_known else replace(self.form, encoding=_UTF8)
        try:
            yield from read_rows(form, self.limits)
        except LineFaultError as fault:
            raise _explain(fault, self.form, self.choices, self.limits) from None


def open_table(path: Path, choices: ReadChoices, limits: Limits) -> Table:
    """The table in a file, recognised by its first 256 KB.

    Raises:
        DataError: The file is empty, binary, too large or no table; the leaf says which.
    """
    sample, size = read_sample(path, limits)
    if not sample.strip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff"):
        raise EmptyFileError(size)
    refuse_binary(sample)
    is_whole = len(sample) == size
    encoding = choose_encoding(sample, choices.encoding, is_whole=is_whole)
    if not encoding.name.startswith(("utf-16", "utf-32")):
        refuse_controls(sample)
    lines = _first_lines(sample, encoding, limits, is_whole=is_whole)
    skipped = 0
    separator = _SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    if separator:
        skipped, lines = 1, lines[1:]
        choices = choices if choices.delimiter else replace(choices, delimiter=separator[1])
    dialect = guess_dialect(lines, choices, is_whole=is_whole)
    form = TableForm(path, encoding, dialect, (), has_header=False, skipped_lines=skipped)
    rows = _first_rows(form, lines, choices, limits)
    if not rows:
        raise EmptyFileError(size)
    header = guess_header(rows, choices)
    names = name_columns(rows[0], header, max_columns=limits.max_columns)
    form = replace(form, names=names, has_header=header.has_header)
    regular = [row for row in rows[header.has_header :] if len(row) == len(names)]
    is_whole = is_whole and len(rows) < MAX_SAMPLE_ROWS
    return Table(form, header, tuple(regular), is_whole, size, choices, limits)


def _first_lines(sample: bytes, encoding: EncodingGuess, limits: Limits, *, is_whole: bool) -> list[str]:
    """The lines before the first fault; reading all rows will meet it again and say where it is."""
    lines: list[str] = []
    try:
        for line in split_lines(iter([sample]), encoding, max_chars=limits.max_line_chars, is_whole=is_whole):
            lines.append(line)
    except LineFaultError:
        pass
    return lines


def _first_rows(
    form: TableForm, lines: Sequence[str], choices: ReadChoices, limits: Limits
) -> list[list[str]]:
    """Rows of the first lines; if there are hardly any, the file's first rows at any length."""
    parsed = parse_leniently(lines, form.dialect, is_whole=False)
    rows = [row for row, _ in islice(parsed, MAX_SAMPLE_ROWS) if row and (len(row) > 1 or row[0].strip())]
    if len(rows) > 1:
        return rows
    if rows:
        names = tuple(cell.strip() for cell in rows[0])
        form = replace(form, names=names, has_header=True)
    try:
        return rows + list(islice(read_rows(form, limits), 3))
    except LineFaultError as fault:
        raise _explain(fault, form, choices, limits) from None


def _explain(fault: LineFaultError, form: TableForm, choices: ReadChoices, limits: Limits) -> DataError:
    """The error a person reads about a byte that cannot be used."""
    if isinstance(fault, NulLineError):
        return NulByteError(fault.row, fault.line, fault.byte)
    assert isinstance(fault, UndecodableLineError), "rows explain all other faults"
    where = {"found": fault.found, "row": fault.row, "line": fault.line, "byte": fault.byte}
    encoding = form.encoding
    if choices.encoding is not None or (encoding.is_certain and encoding.name != "utf-8"):
        return WrongEncodingError(encoding.title, **where)
    if encoding.is_certain:
        encoding = guess_unconfirmed(bytes_around(form.path, fault.byte))
    if not _fits(form.path, encoding, limits):
        encoding = EncodingGuess("latin-1", is_certain=False, reason="the one that fits all bytes")
    return EncodingNotConfirmedError(encoding, **where)


def _fits(path: Path, encoding: EncodingGuess, limits: Limits) -> bool:
    """Whether the whole file can be read in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    try:
        for piece in open_pieces(path, max_bytes=limits.max_bytes):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
