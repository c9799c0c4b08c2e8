"""The first lines of a delimited file become an open table."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from dvn.data.choices import Limits, ReadChoices
from dvn.data.dialect import guess_dialect, parse_leniently
from dvn.data.encoding import EncodingGuess
from dvn.data.file_kinds import EmptyFileError, Kind
from dvn.data.header import guess_header, name_columns
from dvn.data.lines import LineFaultError
from dvn.data.rows import TableForm, read_rows
from dvn.data.sources import Source
from dvn.data.table import MAX_SAMPLE_ROWS, Reading, Table
from dvn.data.text_faults import explain, until_confirmed
from dvn.data.titles import title_lines
from dvn.data.wording import counted

_SEPARATOR_LINE: Final = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DelimitedReader:
    """Reads the rows of a delimited file."""

    form: TableForm
    choices: ReadChoices
    limits: Limits

    def rows(self, reading: Reading) -> Iterator[list[str]]:
        """All rows after the header, each as wide as it."""
        encoding = until_confirmed(self.form.encoding, confirmed=reading.confirmed)
        try:
            yield from read_rows(replace(self.form, encoding=encoding), self.limits, reading.notes)
        except LineFaultError as fault:
            raise explain(fault, self.form.source, self.form.encoding, self.choices, self.limits) from None


@dataclass(frozen=True, slots=True)
class TextStart:
    """The first lines of a file of text.

    Attributes:
        encoding: How its characters are written.
        text: The beginning, as it stands.
        lines: Those before the first fault; reading all rows will meet it again and say where it is.
        is_whole: Whether they are all.
    """

    encoding: EncodingGuess
    text: str
    lines: Sequence[str]
    is_whole: bool


def open_delimited(source: Source, start: TextStart, choices: ReadChoices, limits: Limits) -> Table:
    """The table of a delimited file.

    Raises:
        DataError: It has no rows, too many columns, or two of one name.
    """
    lines, skipped = start.lines, 0
    separator = _SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    if separator:
        skipped, lines = 1, lines[1:]
        choices = choices if choices.delimiter else replace(choices, delimiter=separator[1])
    titles = title_lines(lines, choices, is_whole=start.is_whole)
    skipped, lines = skipped + titles, lines[titles:]
    dialect = guess_dialect(lines, choices, is_whole=start.is_whole)
    form = TableForm(source, start.encoding, dialect, (), has_header=False, skipped_lines=skipped)
    rows = _first_rows(form, lines, choices, limits)
    if not rows:
        raise EmptyFileError(source.size)
    rows[0] = _without_odd_end(rows)
    header = guess_header(rows, choices)
    names = name_columns(rows[0], header, max_columns=limits.max_columns)
    form = replace(form, names=names, has_header=header.has_header)
    above = f"{counted(titles, 'line')} above the header {'was' if titles == 1 else 'were'} passed over."
    return Table(
        kind=Kind.delimited,
        names=names,
        header=header,
        first_rows=tuple(row for row in rows[header.has_header :] if len(row) == len(names)),
        is_whole=start.is_whole and len(rows) < MAX_SAMPLE_ROWS,
        size=source.size,
        choices=choices,
        limits=limits,
        reader=DelimitedReader(form, choices, limits),
        encoding=start.encoding,
        dialect=dialect,
        notes=(*source.notes(), *([above] if titles else [])),
    )


def _without_odd_end(rows: Sequence[list[str]]) -> list[str]:
    """The first row as wide as the others, if nothing but a delimiter at the end of rows sets them apart."""
    first, others = rows[0], [row for row in rows[1:] if len(row) != len(rows[0])]
    if not others or 2 * len(others) <= len(rows):
        return first
    width = Counter(map(len, others)).most_common(1)[0][0]
    if width == len(first) + 1 and all(not row[-1].strip() for row in others if len(row) == width):
        return [*first, ""]
    return first[:-1] if width == len(first) - 1 and width > 0 and not first[-1].strip() else first


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
        raise explain(fault, form.source, form.encoding, choices, limits) from None
