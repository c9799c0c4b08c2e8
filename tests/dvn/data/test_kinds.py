"""The same rows are the same dataset, whatever kind of file they come in and however it is packed."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import characters, integers, lists, text, tuples

from dvn.data.choices import ReadChoices
from dvn.data.dataset import Dataset
from dvn.data.file_kinds import Kind
from dvn.data.preview import preview
from dvn.data.read_csv import read_dataset
from dvn.data.read_texts import open_texts
from tests.dvn.data.crafting import CSV, OBJECTS, ROWS, parquet, shared_workbook, workbook, zipped

Rows = list[tuple[str, str]]


def as_csv(rows: Rows) -> bytes:
    held = io.StringIO()
    csv.writer(held).writerows([("text", "label"), *rows])
    return held.getvalue().encode()


def as_jsonl(rows: Rows) -> bytes:
    return "".join(json.dumps({"text": one, "label": label}) + "\n" for one, label in rows).encode()


def as_json(rows: Rows) -> bytes:
    return json.dumps([{"text": one, "label": label} for one, label in rows], indent=1).encode()


def as_parquet(rows: Rows) -> bytes:
    return parquet({"text": [one for one, _ in rows], "label": [label for _, label in rows]})


def as_workbook(rows: Rows) -> bytes:
    return workbook({"Sheet": [["text", "label"], *map(list, rows)]})


KINDS = {
    Kind.delimited: as_csv,
    Kind.json_lines: as_jsonl,
    Kind.json: as_json,
    Kind.parquet: as_parquet,
    Kind.workbook: as_workbook,
}
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda content: content,
    "gzip": gzip.compress,
    "zip": lambda content: zipped({"__MACOSX/._x": b"x", ".DS_Store": b"x", "../../a/x.csv": content}),
}
CHOSEN = ReadChoices(text="text", label="label", merge_case=False)


def read(path: Path, content: bytes, **choices: object) -> Dataset:
    path.write_bytes(content)
    return read_dataset(path, choices=ReadChoices(**choices))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload"


# A workbook holds no control characters but tab and line feed, and Excel's _x0041_ stands for A.
CELL = text(characters(exclude_categories=["C"]), min_size=1, max_size=30).filter(
    lambda cell: (
        cell.strip() != "" and "_x" not in cell and not cell.startswith(("=", "#")) and cell.isprintable()
    )
)


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=lists(tuples(CELL, integers(0, 2)), min_size=6, max_size=12))
def test_equal_rows_are_equal_datasets(
    kind: Kind, packing: str, rows: list[tuple[str, int]], path: Path
) -> None:
    labelled = [(one, f"label {number}") for one, number in [*rows, ("first", 0), ("second", 1)]]
    path.write_bytes(PACKINGS[packing](KINDS[kind](labelled)))
    dataset = read_dataset(path, choices=CHOSEN)
    assert dataset.texts == tuple(one for one, _ in labelled)
    assert dataset.labels == tuple(label.strip() for _, label in labelled)
    assert preview(path, choices=CHOSEN).kind == kind


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_texts_to_predict_are_read_from_every_kind(kind: Kind, packing: str, path: Path) -> None:
    path.write_bytes(PACKINGS[packing](KINDS[kind]([*ROWS, ("", "good")])))
    texts = open_texts(path, preferred="text")
    assert list(texts.texts()) == [*(one for one, _ in ROWS), ""]
    assert list(texts.texts()) == list(texts.texts())


def test_one_text_a_line_or_a_list_of_texts_may_be_json(path: Path) -> None:
    texts = [one for one, _ in ROWS]
    for content in ("".join(json.dumps(one) + "\n" for one in texts), json.dumps(texts)):
        path.write_text(content if content.startswith("[") else "[" + content.replace("\n", ",\n")[:-2] + "]")
        assert list(open_texts(path).texts()) == texts


def test_a_workbook_as_excel_writes_it_is_read_without_formatting_and_hints(path: Path) -> None:
    dataset = read(path, shared_workbook())
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == ROWS


def test_the_file_in_an_archive_is_named(path: Path) -> None:
    dataset = read(path, zipped({"data/reviews.csv": CSV.encode(), "README.md": b"# hello"}))
    assert dataset.notes == ("The file 'reviews.csv' in the ZIP was read.",)


def test_numbers_are_labels_as_people_write_them(path: Path) -> None:
    stars = [float(number % 3) for number in range(20)]
    texts = [one for one, _ in ROWS]
    lines = "".join(f'{{"text": "{one}", "stars": {star}}}\n' for one, star in zip(texts, stars, strict=True))
    files = {
        "jsonl": lines.encode(),
        "parquet": parquet({"text": texts, "stars": stars}),
        "workbook": workbook({"A": [["text", "stars"], *map(list, zip(texts, stars, strict=True))]}),
    }
    for content in files.values():
        assert read(path, content).classes == ("0", "1", "2")


def test_keys_may_differ_and_nothing_is_an_empty_cell(path: Path) -> None:
    lines = [*OBJECTS, {"text": "no label"}, {"label": "good", "extra": 1}, {"text": None, "label": "bad"}]
    dataset = read(path, "\n\n".join(map(json.dumps, lines)).encode())
    assert (len(dataset), dataset.left_out.empty_texts, dataset.left_out.empty_labels) == (20, 2, 1)


def test_objects_in_objects_are_columns_with_a_dot(path: Path) -> None:
    lines = [{"data": {"text": one}, "meta": {"label": [label], "n": {"deep": 1}}} for one, label in ROWS]
    dataset = read(path, json.dumps(lines).encode())
    assert (dataset.text_column, dataset.label_column) == ("data.text", "meta.label")
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == ROWS


def test_records_in_parquet_are_columns_with_a_dot(path: Path) -> None:
    records = pa.array([{"text": one, "other": [1, 2]} for one, _ in ROWS])
    labels = pa.array([label for _, label in ROWS]).dictionary_encode()
    dataset = read(path, parquet({"data": records, "label": labels}))
    assert dataset.text_column == "data.text"
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == ROWS


def test_bytes_in_parquet_that_are_utf8_are_texts(path: Path) -> None:
    dataset = read(
        path, parquet({"text": [one.encode() for one, _ in ROWS], "label": [x for _, x in ROWS]}), text="text"
    )
    assert dataset.texts == tuple(one for one, _ in ROWS)


def test_dates_decimals_and_truth_are_written_as_people_do(path: Path) -> None:
    moments = [datetime.fromisoformat("2026-01-02"), datetime.fromisoformat("2026-01-02T03:04")] * 10
    prices, truths = [Decimal("1.50")] * 20, [True, False] * 10
    path.write_bytes(
        parquet({"text": [one for one, _ in ROWS], "at": moments, "price": prices, "label": truths})
    )
    assert preview(path).rows[1][1:] == ("2026-01-02 03:04:00", "1.5", "false")
    rows = [list(row) for row in zip([one for one, _ in ROWS], moments, truths, strict=True)]
    path.write_bytes(workbook({"A": [["text", "at", "label"], *rows]}))
    assert preview(path).rows[:2] == (
        (ROWS[0][0], "2026-01-02", "TRUE"),
        (ROWS[1][0], "2026-01-02 03:04:00", "FALSE"),
    )


def test_the_first_visible_sheet_with_a_table_is_read_and_another_can_be_chosen(path: Path) -> None:
    table = [["text", "label"], *map(list, ROWS)]
    other = [["text", "label"], *([one.upper(), label] for one, label in ROWS)]
    sheets = {"Old": table, "Cover": [["Reviews of 2026"]], "Reviews": table, "More": other}
    dataset = read(path, workbook(sheets, hidden=("Old",)))
    assert dataset.texts[0] == ROWS[0][0]
    assert dataset.notes == (
        "The sheet 'Reviews' of the workbook was read; 3 other sheets, 1 of them hidden, were not.",
    )
    assert read_dataset(path, choices=ReadChoices(sheet="more")).texts[0] == ROWS[0][0].upper()
    assert preview(path).sheets == ("Old", "Cover", "Reviews", "More")


def test_titles_blank_rows_and_remarks_around_a_table_in_a_sheet_do_not_count(path: Path) -> None:
    rows = [
        ["All reviews"],
        [],
        ["text", "label"],
        *map(list, ROWS[:10]),
        [None, None],
        *map(list, ROWS[10:]),
    ]
    rows[5] = [*rows[5], None, None, "a remark"]
    dataset = read(path, workbook({"A": rows}))
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == ROWS
    assert dataset.notes == ("1 row above the header was passed over.",)


def test_a_formula_is_its_saved_value_and_one_without_is_told(path: Path) -> None:
    rows = [[one, '="good"' if number == 3 else label] for number, (one, label) in enumerate(ROWS)]
    dataset = read(path, workbook({"A": [["text", "label"], *rows]}))
    assert len(dataset) == 19
    assert "1 formula without a saved value was read as empty" in dataset.notes[0]
