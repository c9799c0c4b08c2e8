"""A sheet of an XLSX workbook becomes an open table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Final

from dvn.data.choices import Limits, ReadChoices
from dvn.data.file_kinds import EmptyFileError, Kind
from dvn.data.header import TooManyColumnsError, guess_header, name_columns
from dvn.data.sources import Source
from dvn.data.table import Reading, Table, guarded, sample_of
from dvn.data.titles import title_rows
from dvn.data.wording import counted, listed, named
from dvn.data.workbook import Book, Sheet, read_book, read_rows_of
from dvn.errors import DataError

_LOOKED_AT: Final = 50


class UnknownSheetError(DataError):
    """A sheet that was asked for is not in the workbook."""

    def __init__(self, wanted: str, found: Sequence[str]) -> None:
        super().__init__(f"There is no sheet {named(wanted)}; the workbook has {listed(found)}.")


@dataclass(frozen=True, slots=True)
class SheetReader:
    """Reads the rows of one sheet.

    Attributes:
        source: Where the workbook is.
        book: What it holds.
        sheet: The sheet.
        names: Its columns' names.
        skipped: Rows that hold something, up to and with the header.
        limits: How much is allowed.
    """

    source: Source
    book: Book
    sheet: Sheet
    names: tuple[str, ...]
    skipped: int
    limits: Limits

    def rows(self, reading: Reading) -> Iterator[list[str]]:
        """All rows after the header that hold something, each as wide as the names."""
        return guarded(self._rows(reading), self.names, packed=self.source.size, limits=self.limits)

    def _rows(self, reading: Reading) -> Iterator[list[str]]:
        width = len(self.names)
        with self.source.whole(max_bytes=self.limits.max_bytes) as file:
            for row in islice(read_rows_of(file, self.book, self.sheet, reading.notes), self.skipped, None):
                # Cells to the right of the table, such as a remark, belong to no column.
                yield row[:width] + [""] * (width - len(row))


def open_workbook(source: Source, choices: ReadChoices, limits: Limits) -> Table:
    """The table of a workbook: the sheet that was chosen, or the first visible one with a table.

    Raises:
        DataError: The file is no workbook, is damaged, has no such sheet, or none with a table.
    """
    with source.whole(max_bytes=limits.max_bytes) as file:
        book = read_book(file, limits)
        sheet = _choose_sheet(file, book, choices)
        rows, is_whole = sample_of(read_rows_of(file, book, sheet))
    if not rows:
        raise EmptySheetError(sheet.name, [one.name for one in book.sheets])
    titles = title_rows(rows) if choices.has_header is not False else 0
    width = max(map(len, rows[titles:]))
    if width > limits.max_columns:
        raise TooManyColumnsError(width, limits.max_columns)
    padded = [row + [""] * (width - len(row)) for row in rows[titles:]]
    header = guess_header(padded, choices)
    names = name_columns(padded[0], header, max_columns=limits.max_columns)
    reader = SheetReader(source, book, sheet, names, titles + header.has_header, limits)
    return Table(
        kind=Kind.workbook,
        names=names,
        header=header,
        first_rows=tuple(padded[header.has_header :]),
        is_whole=is_whole,
        size=source.size,
        choices=choices,
        limits=limits,
        reader=reader,
        sheet=sheet.name,
        sheets=tuple(one.name for one in book.sheets),
        notes=(*source.notes(), *_notes(book, sheet, titles)),
    )


class EmptySheetError(DataError):
    """A sheet holds nothing."""

    def __init__(self, name: str, all_names: Sequence[str]) -> None:
        others = [one for one in all_names if one != name]
        way_out = f"choose another sheet: {listed(others)}" if others else "fill it, or upload another file"
        super().__init__(f"The sheet {named(name)} of the workbook is empty; {way_out}.")


def _choose_sheet(file: IO[bytes], book: Book, choices: ReadChoices) -> Sheet:
    names = [sheet.name for sheet in book.sheets]
    if not names:
        raise EmptyFileError(0)
    if choices.sheet is not None:
        found = [
            one for one in book.sheets if one.name.strip().casefold() == choices.sheet.strip().casefold()
        ]
        if not found:
            raise UnknownSheetError(choices.sheet, names)
        return found[0]
    visible = [sheet for sheet in book.sheets if not sheet.is_hidden] or list(book.sheets)
    if len(visible) == 1:
        return visible[0]
    return next((sheet for sheet in visible if _has_table(file, book, sheet)), visible[0])


def _has_table(file: IO[bytes], book: Book, sheet: Sheet) -> bool:
    """Whether a sheet has a second row of two filled cells."""
    rows = islice(read_rows_of(file, book, sheet), _LOOKED_AT)
    return sum(sum(map(bool, row)) > 1 for row in rows) > 1


def _notes(book: Book, sheet: Sheet, titles: int) -> Iterator[str]:
    others = [one for one in book.sheets if one is not sheet]
    if others:
        hidden = sum(one.is_hidden for one in others)
        which = f", {hidden:,} of them hidden," if hidden else ""
        verb = "was" if len(others) == 1 else "were"
        yield (
            f"The sheet {named(sheet.name)} of the workbook was read; {counted(len(others), 'other sheet')}"
            f"{which} {verb} not."
        )
    if titles:
        yield f"{counted(titles, 'row')} above the header {'was' if titles == 1 else 'were'} passed over."
