"""Workbooks whose merged cells, hidden parts or namespaces are broken, with a part of what must be said."""

from tests.dvn.data.crafting import ROWS, SHEET, Malformed, changed_part, good_workbook, with_entities
from tests.dvn.data.crafting_sheets import (
    TABLE,
    changed_sheet,
    merging,
    sheet_with,
    strict,
    with_merges,
    without,
)

SHEETS = [
    Malformed(
        "million.xlsx",
        "a million merged cells",
        lambda: with_merges(good_workbook(), *(f"D{row}:D{row + 1}" for row in range(2, 2_000_002, 2))),
        "The sheet 'Reviews' of the workbook has more than 500,000 merged cells",
    ),
    Malformed(
        "range.xlsx",
        "merged cells of no range",
        lambda: with_merges(good_workbook(), "A2:A4", "A5:"),
        "The Excel workbook is damaged in its merged cells, of which one is 'A5:'",
    ),
    Malformed(
        "columns.xlsx",
        "merged cells without rows",
        lambda: with_merges(good_workbook(), "A:B"),
        "The Excel workbook is damaged in its merged cells, of which one is 'A:B'",
    ),
    Malformed(
        "rangeless.xlsx",
        "merged cells that say nothing",
        lambda: changed_sheet(b"</sheetData>", b"</sheetData><mergeCells><mergeCell/></mergeCells>"),
        "The Excel workbook is damaged in its merged cells, of which one is ''",
    ),
    Malformed(
        "tail.xlsx",
        "a sheet's XML ends among its merged cells",
        lambda: changed_part(
            with_merges(good_workbook(), "A2:A3"), SHEET, lambda xml: xml[: xml.index(b"<mergeCell ") + 9]
        ),
        "The Excel workbook is damaged in its XML",
    ),
    Malformed(
        "hidden.xlsx",
        "a hidden column has no number",
        lambda: changed_sheet(b"<sheetData>", b'<cols><col min="B" hidden="1"/></cols><sheetData>'),
        "The Excel workbook is damaged in its XML",
    ),
    Malformed(
        "tall.xlsx",
        "a long text merged over 9,000 rows",
        lambda: sheet_with(
            [["text", "label"], *(["x" * 30_000, "ab"[row % 2]] for row in range(9_000))],
            merging("A2:A9001"),
        ),
        "The file unpacks to more than 200 times its",
    ),
    Malformed(
        "onecell.xlsx",
        "all cells merged into one",
        lambda: sheet_with(TABLE, merging("A1:B21")),
        "The file has one column, 'text'",
    ),
    Malformed(
        "onelabel.xlsx",
        "one label merged over all rows",
        lambda: sheet_with(TABLE, merging("B2:B21")),
        "The label column 'label' has one class only, 'bad', in all 20 rows",
    ),
    Malformed(
        "heading.xlsx",
        "the label merged with its header",
        lambda: sheet_with(TABLE, merging("B1:B21")),
        "None of the 20 rows has a text in column 'text' and a label in column 'label'",
        {"text": "text", "label": "label"},
    ),
    Malformed(
        "negative.xlsx",
        "a cell refers to a text before the first",
        lambda: changed_sheet(b't="inlineStr"><is><t>label</t></is>', b't="s"><v>-1</v>'),
        "The Excel workbook is damaged at about row 1 of its sheet",
    ),
    Malformed(
        "strictxml.xlsx",
        "a strict workbook whose sheet's XML ends early",
        lambda: changed_part(strict(good_workbook()), SHEET, lambda xml: xml[: len(xml) // 2]),
        "The Excel workbook is damaged in its XML",
    ),
    Malformed(
        "strictentities.xlsx",
        "a strict workbook with an external entity",
        lambda: changed_part(strict(with_merges(good_workbook(), "A2:A3")), SHEET, with_entities),
        "The Excel workbook defines XML entities, which no spreadsheet program does",
    ),
    Malformed(
        "strictlinks.xlsx",
        "a strict workbook that does not say where its sheets are",
        lambda: without(strict(good_workbook()), "xl/_rels/workbook.xml.rels"),
        "The Excel workbook is damaged in its description",
    ),
    Malformed(
        "charts.xlsx",
        "a strict workbook of charts only",
        lambda: changed_part(
            strict(good_workbook()),
            "xl/_rels/workbook.xml.rels",
            lambda xml: xml.replace(b"relationships/worksheet", b"relationships/chartsheet"),
        ),
        "The Excel workbook has no sheet of cells; add one",
    ),
    Malformed(
        "undescribed.xlsx",
        "its main description is not where it should be",
        lambda: without(good_workbook(), "xl/workbook.xml"),
        "The Excel workbook is damaged in its description",
    ),
    Malformed(
        "titles.xlsx",
        "a title merged across the top, and nothing below",
        lambda: sheet_with([[f"Reviews of {len(ROWS)} people", None]], merging("A1:C1")),
        "The file has one column",
    ),
]
