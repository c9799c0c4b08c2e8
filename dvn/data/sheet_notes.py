"""What is unusual about a sheet that was read becomes sentences for the person who uploaded it."""

from collections.abc import Iterator

from dvn.data.sheet_facts import SheetFacts
from dvn.data.sheet_layout import Layout
from dvn.data.wording import counted, listed, named
from dvn.data.workbook import Book, Sheet


def notes_of(book: Book, sheet: Sheet, facts: SheetFacts, layout: Layout, *, is_whole: bool) -> Iterator[str]:
    """Sentences about what a person might not expect; `is_whole` says that the layout has seen all rows."""
    yield from _of_sheets(book, sheet)
    if layout.titles:
        above = "header" if layout.header.has_header else "table"
        yield f"{counted(layout.titles, 'row')} above the {above} {_were(layout.titles)} passed over."
    if layout.heading > 1:
        yield f"The header has {layout.heading:,} rows with merged cells; columns are named by the lowest."
    below = facts.merges.downwards(after=layout.last, columns=len(layout.names))
    # Whether merged cells further down hold anything is not known before they are read.
    if merged := layout.filled if is_whole else len(below):
        span = "spans" if merged == 1 else "span"
        yield (
            f"{counted(merged, 'merged cell')} that {span} several rows {_were(merged)} filled down: each of "
            f"these rows was given the value."
        )
    yield from _of_hidden(facts, layout)


def _of_sheets(book: Book, sheet: Sheet) -> Iterator[str]:
    others = [one for one in book.sheets if one is not sheet]
    if others:
        hidden = sum(one.is_hidden for one in others)
        which = f", {hidden:,} of them hidden," if hidden else ""
        yield (
            f"The sheet {named(sheet.name)} of the workbook was read; {counted(len(others), 'other sheet')}"
            f"{which} {_were(len(others))} not."
        )
    if sheet.is_hidden:
        yield f"The sheet {named(sheet.name)} is hidden in the workbook."


def _of_hidden(facts: SheetFacts, layout: Layout) -> Iterator[str]:
    if rows := facts.hidden_after(layout.last):
        is_or_are = "is" if rows == 1 else "are"
        yield (
            f"{counted(rows, 'row')} {is_or_are} hidden in the workbook, by hand or by a filter; "
            f"{'it' if rows == 1 else 'they'} {_were(rows)} read like all others."
        )
    hidden = [name for at, name in enumerate(layout.names) if at in facts.hidden_columns]
    if hidden:
        start, verb = ("The column", "is") if len(hidden) == 1 else ("The columns", "are")
        yield f"{start} {listed(hidden)} {verb} hidden in the workbook, yet read like all others."


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
