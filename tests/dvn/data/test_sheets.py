"""Merged and hidden cells, hidden sheets and strict workbooks are read as people mean them, and told."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans, integers, lists, sampled_from
from openpyxl.worksheet.worksheet import Worksheet

from dvn.data.choices import ReadChoices
from dvn.data.dataset import Dataset
from dvn.data.preview import preview
from dvn.data.read_csv import read_dataset
from tests.dvn.data.crafting import ROWS, SHEET, changed_part, good_workbook, shared_workbook, workbook
from tests.dvn.data.crafting_sheets import (
    TABLE,
    changed_sheet,
    in_utf_16,
    merging,
    prefixed,
    renamed,
    sheet_with,
    strict,
    with_merges,
    without,
)

FILLED = "merged cells that span several rows were filled down: each of these rows was given the value."
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "transitional": lambda content: content,
    "strict": strict,
    "strict, of a namespace that is not known": lambda content: strict(content, b"http://example.org/"),
    "prefixed": prefixed,
    "UTF-16": in_utf_16,
}


def read(path: Path, content: bytes, **choices: Any) -> Dataset:
    path.write_bytes(content)
    return read_dataset(path, choices=ReadChoices(**choices))


def pairs(dataset: Dataset) -> list[tuple[str, str]]:
    return list(zip(dataset.texts, dataset.labels, strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def labelled_in_runs(lengths: list[int]) -> tuple[list[list[Any]], list[str]]:
    """Rows whose labels stand in runs, and the ranges to merge: label first, then the text."""
    labels = [f"label {run % 3}" for run, length in enumerate(lengths) for _ in range(length)]
    ends = list(accumulate(lengths, initial=2))
    ranges = [f"A{first}:A{following - 1}" for first, following in pairwise(ends) if following - first > 1]
    return [[label, f"made-up text {number}"] for number, label in enumerate(labels)], ranges


@pytest.mark.parametrize("written", WRITTEN)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=lists(integers(1, 6), min_size=4, max_size=12))
def test_a_label_merged_over_rows_is_that_of_each_row(written: str, lengths: list[int], path: Path) -> None:
    rows, ranges = labelled_in_runs(lengths)
    merged = WRITTEN[written](sheet_with([["label", "text"], *rows], merging(*ranges)))
    dataset = read(path, merged, text="text", label="label")
    assert pairs(dataset) == [(text, label) for label, text in rows]
    assert preview(path).rows == tuple(map(tuple, rows[:20]))
    assert sum("filled down" in note for note in dataset.notes) == bool(ranges)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranges=lists(sampled_from(["A2:A5", "B3:B2", "A1:B1", "A3:B9", "B1:B4", "A4", "A2:XFD1048576"])),
    has_header=booleans(),
)
def test_merges_of_any_kind_replace_nothing_that_a_cell_holds(
    ranges: list[str], has_header: bool, path: Path
) -> None:
    content = with_merges(workbook({"A": TABLE if has_header else TABLE[1:]}), *ranges)
    dataset = read(path, content, text="text" if has_header else "column 1", has_header=has_header)
    assert pairs(dataset) == ROWS


def test_merged_cells_are_counted_before_and_after_the_rows_shown_first(path: Path) -> None:
    rows, ranges = labelled_in_runs([5] * 1_000)
    dataset = read(path, sheet_with([["label", "text"], *rows], merging(*ranges)))
    assert len(dataset) == 5_000
    assert dataset.notes == preview(path).notes == (f"1,000 {FILLED}",)


def test_merged_cells_below_the_last_row_are_not_counted(path: Path) -> None:
    rows, ranges = labelled_in_runs([5] * 1_000)
    content = with_merges(sheet_with([["label", "text"], *rows]), *ranges, "A5001:A5009", "A6000:B6009")
    assert f"1,000 {FILLED}" in read(path, content).notes


def test_an_empty_merged_cell_and_one_beside_no_rows_fill_nothing(path: Path) -> None:
    rows = [*TABLE, [None, None], [None, None]]
    dataset = read(path, sheet_with(rows, merging("B21:B23", "C2:C9", "A30:A40", "A21:A23")))
    assert (pairs(dataset), dataset.notes, dataset.left_out.rows) == (ROWS, (), 0)


def test_a_text_in_a_range_of_both_ways_belongs_to_its_first_column(path: Path) -> None:
    rows: list[list[Any]] = [["label", "remark", "text"], *([x, "", t] for t, x in ROWS)]
    rows[1][0], rows[2][0] = "good", None
    dataset = read(path, sheet_with(rows, merging("A2:B3")), text="text", label="label")
    assert dataset.labels[:2] == ("good", "good")
    assert preview(path).rows[1] == ("good", "", ROWS[1][0])


@pytest.mark.parametrize("name", ["text", "Kundenmeinung"])
def test_titles_merged_across_the_top_are_no_header(path: Path, name: str) -> None:
    table = [["All reviews"], ["of 2026"], [None], [name, "Art"], *map(list, ROWS)]
    dataset = read(path, sheet_with(table, merging("A1:B1", "A2:B3")), text=name, label="Art")
    assert pairs(dataset) == ROWS
    assert dataset.notes == ("2 rows above the header were passed over.",)
    assert preview(path).columns == (name, "Art")


def test_a_header_of_two_rows_names_columns_by_the_lower(path: Path) -> None:
    heading = [
        ["text", "first reader", None, "second reader", None],
        [None, "label", "mood", "label", "time"],
    ]
    rows = [[text, label, "calm", label, 3] for text, label in ROWS]
    content = sheet_with([*heading, *rows], merging("A1:A2", "B1:C1", "D1:E1"))
    dataset = read(path, content, text="text", label="second reader label")
    assert pairs(dataset) == ROWS
    assert preview(path).columns == ("text", "first reader label", "mood", "second reader label", "time")
    assert dataset.notes == ("The header has 2 rows with merged cells; columns are named by the lowest.",)


def test_a_cell_merged_from_the_header_down_fills_no_row(path: Path) -> None:
    rows = [["text", "label", "source"], *([*row, None] for row in map(list, ROWS))]
    dataset = read(path, sheet_with(rows, merging("C1:C21")))
    assert (pairs(dataset), dataset.notes) == (ROWS, ())
    assert preview(path).rows[0][2] == ""


def test_without_a_header_the_first_row_is_filled_down_too(path: Path) -> None:
    rows, ranges = labelled_in_runs([4, 4, 4])
    content = sheet_with(rows, merging(*(one.translate({50: 49, 53: 52}) for one in ranges[:1])))
    dataset = read(path, content, text="column 2", label="column 1", has_header=False)
    assert pairs(dataset) == [(text, label) for label, text in rows]


def hide(sheet: Worksheet) -> None:
    for row in (3, 4, 9, 40):
        sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["B"].hidden = True


@pytest.mark.parametrize("written", WRITTEN)
def test_hidden_rows_and_columns_are_read_and_told(written: str, path: Path) -> None:
    dataset = read(path, WRITTEN[written](sheet_with(TABLE, hide)))
    assert pairs(dataset) == ROWS
    assert dataset.notes == preview(path).notes
    assert dataset.notes == (
        "3 rows are hidden in the workbook, by hand or by a filter; they were read like all others.",
        "The column 'label' is hidden in the workbook, yet read like all others.",
    )


def test_what_is_marked_as_not_hidden_or_speaks_of_hiding_is_not_told(path: Path) -> None:
    rows = [["text", "label"], *([f'a <row hidden="1"> mergeCell {text}', label] for text, label in ROWS)]
    content = changed_part(
        sheet_with(rows), SHEET, lambda xml: xml.replace(b"<row ", b'<row hidden="false" collapsed="false" ')
    )
    assert read(path, content).notes == ()


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_read_only_if_it_is_asked_for_and_told(state: str, path: Path) -> None:
    other = [["text", "label"], *([text.upper(), label] for text, label in ROWS)]

    def add_hidden(sheet: Worksheet) -> None:
        book = sheet.parent
        assert isinstance(book, openpyxl.Workbook)
        hidden = book.create_sheet("Old", 0)
        hidden.sheet_state = state
        for row in other:
            hidden.append(row)

    content = sheet_with(TABLE, add_hidden)
    assert read(path, content).texts[0] == ROWS[0][0]
    assert preview(path).sheets == ("Old", "Sheet")
    asked = read(path, content, sheet="Old")
    assert asked.texts[0] == ROWS[0][0].upper()
    assert asked.notes[1] == "The sheet 'Old' is hidden in the workbook."


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("make", [good_workbook, shared_workbook])
def test_a_workbook_reads_the_same_however_its_xml_is_written(
    written: str, make: Callable[[], bytes], path: Path
) -> None:
    dataset = read(path, WRITTEN[written](make()))
    assert (pairs(dataset), dataset.notes) == (ROWS, ())


@pytest.mark.parametrize("epoch", [datetime(1899, 12, 30), datetime(1904, 1, 1)])  # noqa: DTZ001  # Excel's day 0.
def test_dates_of_a_strict_workbook_read_like_those_in_days(epoch: datetime, path: Path) -> None:
    moments = [
        date(2026, 1, 2),
        datetime.fromisoformat("2026-01-02T03:04:05"),
        datetime.fromisoformat("2026-01-02T03:04:05.250"),
        time(3, 4, 5),
        timedelta(hours=30),
    ]
    rows = [["text", "label", *"abcde"], *([*row, *moments] for row in ROWS)]
    shown = []
    for content in (sheet_with(rows, epoch=epoch), strict(sheet_with(rows, epoch=epoch, iso_dates=True))):
        path.write_bytes(content)
        shown.append(preview(path).rows[0][2:])
    assert shown[0] == shown[1]
    assert shown[1][:3] == ("2026-01-02", "2026-01-02 03:04:05", "2026-01-02 03:04:05.250000")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-01-02T00:00:00", "2026-01-02"),
        ("2026-01-02T00:00:00.000Z", "2026-01-02"),
        ("2026-01-02T03:04:00+02:00", "2026-01-02 03:04:00+02:00"),
        ("1899-12-30T15:30:00", "15:30:00"),
        ("T15:30", "15:30:00"),
        ("2026-13-45", "2026-13-45"),
        ("PT30H", "PT30H"),
        ("soon", "soon"),
    ],
)
def test_a_date_in_iso_8601_is_one_of_the_calendar_or_stays_as_it_is(
    written: str, read_as: str, path: Path
) -> None:
    content = changed_part(
        sheet_with([["text", "label", "at"], *([*row, 7] for row in ROWS)]),
        SHEET,
        lambda xml: xml.replace(b't="n"><v>7</v>', f't="d"><v>{written}</v>'.encode()),
    )
    path.write_bytes(content)
    assert preview(path).rows[0][2] == read_as


ODD: dict[str, Callable[[], bytes]] = {
    "ranges that overlap": lambda: with_merges(good_workbook(), "A2:A9", "A5:B12", "B3:B4", "A2:A9"),
    "ranges from their end to their start": lambda: with_merges(good_workbook(), "B9:A2", "A7:A3"),
    "ranges outside of any sheet": lambda: with_merges(
        good_workbook(), "A2:A99999999999", "XFE1:XFZ4", "AAAA5:ZZZZZZ9", "A1048577:B1048579", "A0:A1"
    ),
    "a range with dollar signs, and small letters": lambda: with_merges(good_workbook(), "$a$2:$b$4"),
    "a range that is one cell": lambda: with_merges(good_workbook(), "A2", "B2:B2"),
    "a header merged both ways over cells that hold something": lambda: with_merges(
        good_workbook(), "A1:B1", "B1:B4"
    ),
    "a merge of the whole table": lambda: with_merges(good_workbook(), "A1:B21"),
    "merges before the rows": lambda: changed_sheet(
        b"<sheetData>", b'<mergeCells><mergeCell ref="A2:A5"/></mergeCells><sheetData>'
    ),
    "no merge within": lambda: changed_sheet(b"</sheetData>", b'</sheetData><mergeCells count="9"/>'),
    "a row number that is none": lambda: with_merges(
        changed_sheet(b'<row r="3"', b'<row r="many" hidden="perhaps"'), "A2:A5"
    ),
    "a row number beyond any sheet": lambda: changed_sheet(b'<row r="3"', b'<row r="99999999999999"'),
    "hidden columns outside of any sheet": lambda: changed_sheet(
        b"<sheetData>", b'<cols><col min="20000" max="9999999" hidden="1"/></cols><sheetData>'
    ),
    "hidden columns from their end to their start": lambda: changed_sheet(
        b"<sheetData>", b'<cols><col min="9" max="-3" hidden="1"/></cols><sheetData>'
    ),
    "hidden rows without cells": lambda: changed_sheet(b"<sheetData>", b'<sheetData><row hidden="1"/>'),
    "no description of the package": lambda: without(good_workbook(), "_rels/.rels"),
    "no styles": lambda: without(good_workbook(), "xl/styles.xml"),
    "names of parts in capitals": lambda: renamed(good_workbook(), str.upper, keep="[Content_Types].xml"),
    "a part outside of the archive": lambda: changed_part(
        good_workbook(), "_rels/.rels", lambda xml: xml.replace(b"xl/workbook.xml", b"../../etc/passwd")
    ),
    "an unknown state of a sheet": lambda: changed_part(
        good_workbook(), "xl/workbook.xml", lambda xml: xml.replace(b'state="visible"', b'state="asleep"')
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_and_harmless_is_read(odd: str, path: Path) -> None:
    assert pairs(read(path, ODD[odd](), has_header=True)) == ROWS


def test_rows_out_of_their_order_are_filled_only_where_they_are_spanned(path: Path) -> None:
    rows = [["good", "the first"], [None, "the second"], ["bad", "another"], ["bad", "one more"]]
    content = sheet_with([["label", "text"], *rows], merging("A2:A3"))
    for old, new in ((b'<row r="5"', b'<row r="2"'), (b'<row r="4"', b'<row r="1"')):
        content = changed_sheet(old, new, content)
    assert read(path, content, text="text", label="label").labels == ("good", "good", "bad", "bad")


def test_cells_that_many_ranges_span_take_no_longer_for_it(path: Path) -> None:
    ranges = [f"A{2 + number % 19}:XFD1048576" for number in range(50_000)]
    assert pairs(read(path, with_merges(good_workbook(), *ranges))) == ROWS
