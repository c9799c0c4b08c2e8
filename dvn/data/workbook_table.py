"""A sheet of an XLSX workbook becomes an open table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Final

from dvn.data.choices import Limits, ReadChoices
from dvn.data.file_kinds import Kind
from dvn.data.merged_cells import FillDown
from dvn.data.sheet_facts import SheetFacts, look_at_sheet
from dvn.data.sheet_layout import Layout, lay_out
from dvn.data.sheet_notes import notes_of
from dvn.data.sheet_rows import NumberedRow, read_rows_of
from dvn.data.sources import Source
from dvn.data.table import Reading, Table, guarded, sample_of
from dvn.data.wording import listed, named
from dvn.data.workbook import Book, Sheet, read_book
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
        facts: What is known of it.
        layout: What stands where in it.
        limits: How much is allowed.
    """

    source: Source
    book: Book
    sheet: Sheet
    facts: SheetFacts
    layout: Layout
    limits: Limits

    def rows(self, reading: Reading) -> Iterator[list[str]]:
        """All rows after the header that hold something, each as wide as the names."""
        return guarded(self._rows(reading), self.layout.names, packed=self.source.size, limits=self.limits)

    def _rows(self, reading: Reading) -> Iterator[list[str]]:
        layout = self.layout
        width = len(layout.names)
        merges = self.facts.merges.downwards(after=layout.last, columns=width)
        filling = FillDown(merges) if len(merges) else None
        with self.source.whole(max_bytes=self.limits.max_bytes) as file:
            numbered = read_rows_of(file, self.book, self.sheet, reading.notes)
            for number, row in islice(numbered, layout.titles + layout.heading, None):
                # Cells to the right of the table, such as a remark, belong to no column.
                cells = row[:width] + [""] * (width - len(row))
                yield filling.fill(number, cells) if filling else cells


def open_workbook(source: Source, choices: ReadChoices, limits: Limits) -> Table:
    """The table of a workbook: the sheet that was chosen, or the first visible one with a table.

    Raises:
        DataError: The file is no workbook, is damaged, has no such sheet, or none with a table.
    """
    with source.whole(max_bytes=limits.max_bytes) as file:
        book = read_book(file, limits)
        sheet = _choose_sheet(file, book, choices)
        rows, is_whole = _sample(read_rows_of(file, book, sheet))
        if not rows:
            raise EmptySheetError(sheet.name, [one.name for one in book.sheets])
        facts = look_at_sheet(file, sheet)
    layout = lay_out(rows, facts.merges, choices, limits)
    return Table(
        kind=Kind.workbook,
        names=layout.names,
        header=layout.header,
        first_rows=layout.first_rows,
        is_whole=is_whole,
        size=source.size,
        choices=choices,
        limits=limits,
        reader=SheetReader(source, book, sheet, facts, layout, limits),
        sheet=sheet.name,
        sheets=tuple(one.name for one in book.sheets),
        notes=(*source.notes(), *notes_of(book, sheet, facts, layout, is_whole=is_whole)),
    )


class EmptySheetError(DataError):
    """A sheet holds nothing."""

    def __init__(self, name: str, all_names: Sequence[str]) -> None:
        others = [one for one in all_names if one != name]
        way_out = f"choose another sheet: {listed(others)}" if others else "fill it, or upload another file"
        super().__init__(f"The sheet {named(name)} of the workbook is empty; {way_out}.")


def _sample(rows: Iterator[NumberedRow]) -> tuple[list[NumberedRow], bool]:
    numbers: list[int] = []

    def cells() -> Iterator[list[str]]:
        for number, row in rows:
            numbers.append(number)
            yield row

    sample, is_whole = sample_of(cells())
    return list(zip(numbers, sample, strict=False)), is_whole


def _choose_sheet(file: IO[bytes], book: Book, choices: ReadChoices) -> Sheet:
    if choices.sheet is not None:
        wanted = choices.sheet.strip().casefold()
        found = [one for one in book.sheets if one.name.strip().casefold() == wanted]
        if not found:
            raise UnknownSheetError(choices.sheet, [sheet.name for sheet in book.sheets])
        return found[0]
    visible = [sheet for sheet in book.sheets if not sheet.is_hidden] or list(book.sheets)
    if len(visible) == 1:
        return visible[0]
    return next((sheet for sheet in visible if _has_table(file, book, sheet)), visible[0])


def _has_table(file: IO[bytes], book: Book, sheet: Sheet) -> bool:
    """Whether a sheet has a second row of two filled cells."""
    rows = islice(read_rows_of(file, book, sheet), _LOOKED_AT)
    return sum(sum(map(bool, row)) > 1 for _, row in rows) > 1
