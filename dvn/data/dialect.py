"""The first lines of a table tell its delimiter and its quotes."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dvn.data.choices import ReadChoices
from dvn.data.column_names import LABEL_NAMES, TEXT_NAMES, plain
from dvn.data.wording import named
from dvn.errors import DataError

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS: Final = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe"}
LAST_RESORTS: Final = {":": "colon", " ": "space"}
QUOTES: Final = {'"': "double quotes", "'": "single quotes", "": "no quotes"}
_CLEARLY: Final = 0.8
_COMPARED_ROWS: Final = 500


class UnknownDelimiterError(DataError):
    """The delimiter or quote asked for cannot separate fields."""

    def __init__(self, what: str, value: str) -> None:
        super().__init__(f"The {what} {named(value)} cannot be used; choose one character, such as , ; or |.")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How fields are set apart.

    Attributes:
        delimiter: One character between fields.
        quote: One character around fields; "" means: none, quotes are ordinary characters.
        skips_space: Whether spaces after a delimiter belong to no field.
        reason: Why this was guessed.
    """

    delimiter: str
    quote: str = '"'
    skips_space: bool = False
    reason: str = ""

    @property
    def title(self) -> str:
        """The delimiter's name, such as "comma"."""
        return {**DELIMITERS, **LAST_RESORTS}.get(self.delimiter, named(self.delimiter))

    def read(self, lines: Iterable[str]) -> "Reader":
        """Rows of fields, strictly: a misplaced quote is an error."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.skips_space,
            strict=True,
        )


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a dialect explains some lines.

    Attributes:
        share: Lines in rows as wide as the first, in [0, 1]; 0 if that has one field.
        width: Fields of the first row.
        row_count: Rows found.
        names: Known column names in the first row.
        repeats: How much the column with the fewest values repeats them, in [0, 1].
    """

    share: float
    width: int
    row_count: int
    names: int
    repeats: float = 0.0


def guess_dialect(lines: Sequence[str], choices: ReadChoices, *, is_whole: bool) -> Dialect:
    """The dialect of a table's first lines.

    The delimiter is the one that makes most rows as wide as the first. A comma is returned
    if none separates anything.

    Args:
        lines: The first lines of the file, with their endings.
        choices: A chosen delimiter or quote is not guessed.
        is_whole: Whether these are all lines.

    Raises:
        UnknownDelimiterError: The choice is not one usable character.
    """
    _check_choices(choices)
    if choices.delimiter is not None:
        return _with_quote(lines, choices.delimiter, choices, is_whole=is_whole)[0]
    found = [_with_quote(lines, delimiter, choices, is_whole=is_whole) for delimiter in DELIMITERS]
    if all(fit.width < 2 for _, fit in found):
        resorts = [_with_quote(lines, delimiter, choices, is_whole=is_whole) for delimiter in LAST_RESORTS]
        found = [pair for pair in resorts if _is_clear(lines, *pair)] or found
    dialect, fit = max(found, key=_preference)
    if fit.width < 2:
        return Dialect(",", reason="no delimiter separates the first row")
    return dialect


def _preference(pair: tuple[Dialect, _Fit]) -> tuple[float, int, float, bool]:
    """The order of dialects: rows of one width count first, then what the columns look like."""
    dialect, fit = pair
    return round(fit.share, 4), fit.names, round(fit.repeats, 1), dialect.delimiter == ","


def _check_choices(choices: ReadChoices) -> None:
    delimiter, quote = choices.delimiter, choices.quote
    if delimiter is not None and (len(delimiter) != 1 or delimiter in "\r\n\"'"):
        raise UnknownDelimiterError("delimiter", delimiter)
    if quote and (len(quote) != 1 or quote in "\r\n" or quote == delimiter):
        raise UnknownDelimiterError("quote", quote)


def _with_quote(
    lines: Sequence[str], delimiter: str, choices: ReadChoices, *, is_whole: bool
) -> tuple[Dialect, _Fit]:
    """The best quote for a delimiter, and how well the two fit."""
    if not any(delimiter in line for line in lines):
        quote = '"' if choices.quote is None else choices.quote
        dialect = Dialect(delimiter, quote)
        return replace(dialect, reason=f"there is no {dialect.title} in it"), _Fit(0.0, 1, len(lines), 0)
    if choices.quote is not None:
        dialect = _with_space(lines, Dialect(delimiter, choices.quote), is_whole=is_whole)
        return _explained(dialect, _measure(lines, dialect, is_whole=is_whole))
    double, single, none = (
        _with_space(lines, Dialect(delimiter, quote), is_whole=is_whole) for quote in QUOTES
    )
    best, fit = double, _measure(lines, double, is_whole=is_whole)
    wrapped = _count_wrapped(lines, delimiter, "'")
    if wrapped:
        other = _measure(lines, single, is_whole=is_whole)
        is_usual = other.share == fit.share and wrapped >= _CLEARLY * fit.row_count
        if other.width > 1 and (other.share > fit.share or is_usual):
            best, fit = single, other
    # Tab-separated files often have no quotes at all; elsewhere a stray quote is a fault to name.
    if delimiter in "\t|" and fit.share < 1 and not _count_wrapped(lines, delimiter, best.quote):
        other = _measure(lines, none, is_whole=is_whole)
        if other.share > fit.share:
            best, fit = none, other
    return _explained(best, fit)


def _explained(dialect: Dialect, fit: _Fit) -> tuple[Dialect, _Fit]:
    which = "all" if fit.share == 1 else f"{fit.share:.1%} of the"
    quotes = QUOTES.get(dialect.quote, f"quotes {named(dialect.quote)}")
    reason = (
        f"with {dialect.title} and {quotes}, {which} first {fit.row_count:,} rows have {fit.width:,} fields"
    )
    return replace(dialect, reason=reason), fit


def _with_space(lines: Sequence[str], dialect: Dialect, *, is_whole: bool) -> Dialect:
    """The dialect, skipping spaces after a delimiter if quoted fields make no sense otherwise."""
    mark = f"{dialect.delimiter} {dialect.quote}"
    if not dialect.quote or dialect.delimiter == " " or not any(mark in line for line in lines):
        return dialect
    skipping = replace(dialect, skips_space=True)
    kept, skipped = (_measure(lines, one, is_whole=is_whole) for one in (dialect, skipping))
    if skipped.share != kept.share:
        return skipping if skipped.share > kept.share else dialect
    rows = [row for row, _ in parse_leniently(lines, dialect, is_whole=is_whole) if row]
    spaced = sum(any(cell.startswith(f" {dialect.quote}") for cell in row) for row in rows)
    return skipping if spaced >= _CLEARLY * (len(rows) - 1) else dialect


def _measure(lines: Sequence[str], dialect: Dialect, *, is_whole: bool) -> _Fit:
    rows = list(parse_leniently(lines, dialect, is_whole=is_whole))
    first = next((row for row, _ in rows if row), [])
    good = sum(count for row, count in rows if row and len(row) == len(first))
    total = sum(count for row, count in rows if row != [])
    names = sum(plain(cell) in TEXT_NAMES or plain(cell) in LABEL_NAMES for cell in first or [])
    share = good / total if total and len(first) > 1 else 0.0
    regular = [row for row, _ in rows if row and len(row) == len(first)][:_COMPARED_ROWS]
    counts = [count for column in zip(*regular, strict=True) if (count := len(set(column))) > 1]
    repeats = 1 - min(counts) / len(regular) if counts else 0.0
    return _Fit(share, len(first), sum(row is not None for row, _ in rows), names, repeats)


def parse_leniently(
    lines: Sequence[str], dialect: Dialect, *, is_whole: bool
) -> Iterator[tuple[list[str] | None, int]]:
    """Rows with the number of their lines; None where a quote is misplaced.

    A last row that may be cut, when the lines are not the whole file, is left out.
    """
    rest = iter(lines)
    done = 0
    while done < len(lines):
        reader = dialect.read(rest)
        before = 0
        try:
            for row in reader:
                yield row, reader.line_num - before
                before = reader.line_num
            return
        except csv.Error:
            is_cut = done + reader.line_num == len(lines) and not is_whole
            # A row that the sample cuts is no fault, unless a stray quote swallowed the rest.
            if not is_cut or reader.line_num - before > len(lines) / 4:
                yield None, max(1, reader.line_num - before)
            done += max(1, reader.line_num)


def _count_wrapped(lines: Sequence[str], delimiter: str, quote: str) -> int:
    """How many fields are in quotes; 0 unless about as many begin with one as end with one."""
    text = "\n".join(line.rstrip("\r\n") for line in lines)
    edge, mark = re.escape(delimiter), re.escape(quote)
    opened = len(re.findall(rf"(?:^|{edge}) *{mark}", text, re.MULTILINE))
    closed = len(re.findall(rf"{mark} *(?:{edge}|$)", text, re.MULTILINE))
    return min(opened, closed) if min(opened, closed) >= _CLEARLY * max(opened, closed) else 0


def _is_clear(lines: Sequence[str], dialect: Dialect, fit: _Fit) -> bool:
    """Whether a colon or a space is meant to separate: all rows agree and names or quotes show it."""
    if fit.share < 1 or fit.row_count < 2:
        return False
    quoted = sum(dialect.quote != "" and dialect.quote in line for line in lines)
    return fit.names >= 2 or quoted >= _CLEARLY * len(lines)
