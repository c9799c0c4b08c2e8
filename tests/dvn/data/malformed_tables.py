"""Parquet files and workbooks, each broken in one way, with a part of what must be said."""

import gzip

import pyarrow as pa  # type: ignore[import-untyped]

from dvn.data.choices import Limits
from tests.dvn.data.crafting import (
    ROWS,
    SHEET,
    SMALL,
    Malformed,
    changed_part,
    good_parquet,
    good_workbook,
    parquet,
    repeated_text,
    shared_workbook,
    with_entities,
    workbook,
    zipped,
)

PARQUET = [
    Malformed(
        "cut.parquet",
        "the end is missing",
        lambda: good_parquet()[:-100],
        "The Parquet file is damaged or cut off at its end",
    ),
    Malformed(
        "page.parquet",
        "a page is overwritten",
        lambda: (
            (good := parquet({"text": [t for t, _ in ROWS] * 200, "label": [x for _, x in ROWS] * 200}))[:4]
            + b"\xff" * 200
            + good[204:]
        ),
        "The Parquet file is damaged or cut off after row 0",
    ),
    Malformed(
        "start.parquet",
        "nothing but its first bytes",
        lambda: b"PAR1\x15\x04",
        "The Parquet file is damaged or cut off",
    ),
    Malformed(
        "locked.parquet",
        "an encrypted footer",
        lambda: b"PARE" + b"\0" * 60 + b"PARE",
        "This is an encrypted Parquet file",
    ),
    Malformed(
        "rows.parquet",
        "its footer states too many rows",
        good_parquet,
        "more than 10 rows, which is the limit",
        limits=Limits(max_rows=10),
    ),
    Malformed(
        "large.parquet",
        "its footer states too many bytes",
        lambda: parquet({"text": [f"secret {n}" * 9 for n in range(20_000)], "label": ["a", "b"] * 10_000}),
        "unpacks to",
        limits=SMALL,
    ),
    Malformed(
        "repeated.parquet",
        "3 GB of text in one megabyte",
        repeated_text,
        "The file unpacks to more than 200 times its",
    ),
    Malformed(
        "numbers.parquet",
        "no texts at all",
        lambda: parquet({"a": list(range(20)), "b": [n / 3 for n in range(20)]}),
        "No column looks like texts",
    ),
    Malformed(
        "bytes.parquet",
        "texts are bytes of no encoding",
        lambda: parquet({"text": [b"\xff\xfe" * 9] * 20, "label": [x for _, x in ROWS]}),
        "The column 'text' holds bytes that are no UTF-8 text",
        {"text": "text"},
    ),
    Malformed(
        "empty.parquet",
        "no rows",
        lambda: parquet({"text": pa.array([], pa.string()), "label": pa.array([], pa.string())}),
        "only a header and no rows",
    ),
]

WORKBOOKS = [
    Malformed(
        "old.xls",
        "the format of Excel 97",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,
        "This is an old Excel or Office file (XLS)",
    ),
    Malformed(
        "locked.xlsx",
        "protected by a password",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le"),
        "This is a workbook protected by a password, not a table of text; save it without the password",
    ),
    Malformed(
        "binary.xlsb",
        "a binary workbook",
        lambda: zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"x"}),
        "This is a binary Excel workbook (XLSB), not a table of text; save it as XLSX",
    ),
    Malformed(
        "letter.docx",
        "a Word document",
        lambda: zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<a/>"}),
        "This is a Word document (DOCX)",
    ),
    Malformed(
        "table.ods",
        "an OpenDocument sheet",
        lambda: zipped(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}
        ),
        "This is an OpenDocument or e-book file (such as ODS)",
    ),
    Malformed(
        "entities.xlsx",
        "an external entity",
        lambda: changed_part(good_workbook(), SHEET, with_entities),
        "The Excel workbook defines XML entities, which no spreadsheet program does",
    ),
    Malformed(
        "xml.xlsx",
        "a sheet's XML ends early",
        lambda: changed_part(good_workbook(), SHEET, lambda xml: xml[: len(xml) // 2]),
        "The Excel workbook is damaged in its XML",
    ),
    Malformed(
        "strings.xlsx",
        "a cell refers to no text",
        lambda: changed_part(shared_workbook(), SHEET, lambda xml: xml.replace(b"<v>9</v>", b"<v>99</v>")),
        "The Excel workbook is damaged at about row",
    ),
    Malformed(
        "partless.xlsx",
        "its description is missing",
        lambda: zipped({"[Content_Types].xml": b"<Types/>", "xl/a.xml": b"<a/>"}),
        "The Excel workbook is damaged in its description",
    ),
    Malformed(
        "bomb.xlsx",
        "a sheet of 300 MB of blanks",
        lambda: changed_part(good_workbook(), SHEET, lambda xml: xml[:60] + b" " * 300_000_000 + xml[60:]),
        "to more than 200 times its",
    ),
    Malformed(
        "styles.xlsx",
        "a description of 60 MB",
        lambda: changed_part(good_workbook(), "xl/styles.xml", lambda xml: xml + b" " * 60_000_000),
        "and 50,000,000 are allowed",
    ),
    Malformed(
        "sheet.xlsx",
        "a sheet that is not there",
        good_workbook,
        "There is no sheet 'Tweets'; the workbook has 'Reviews'",
        {"sheet": "Tweets"},
    ),
    Malformed(
        "blank.xlsx",
        "an empty sheet",
        lambda: workbook({"Empty": []}),
        "The sheet 'Empty' of the workbook is empty",
    ),
    Malformed(
        "header.xlsx",
        "a header and no rows",
        lambda: workbook({"A": [["text", "label"]]}),
        "only a header and no rows",
    ),
    Malformed(
        "duplicate.xlsx",
        "two columns of one name",
        lambda: workbook({"A": [["text", "text", "label"], *([t, t, x] for t, x in ROWS)]}),
        "Two columns have the name 'text' (columns 1 and 2)",
    ),
    Malformed(
        "formulas.xlsx",
        "formulas without values",
        lambda: workbook({"A": [["text", "label"], *([t, '=IF(1,"a","b")'] for t, _ in ROWS)]}),
        "choose other columns. 20 formulas without a saved value were read as empty",
    ),
    Malformed(
        "cut.xlsx",
        "the end is missing",
        lambda: good_workbook()[:-200],
        "The ZIP or XLSX file is damaged or cut off",
    ),
    Malformed(
        "nested.xlsx.zip.gz",
        "packed twice",
        lambda: gzip.compress(zipped({"a.xlsx": good_workbook()})),
        "The gzip file holds another packed file",
    ),
]
