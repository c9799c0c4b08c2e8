"""Delimited files as people have them: titles above, odd ends, other quotes, other line ends."""

from pathlib import Path

import pytest

from dvn.data.choices import ReadChoices
from dvn.data.dataset import Dataset
from dvn.data.preview import preview
from dvn.data.read_csv import read_dataset
from dvn.data.row_errors import RowWidthError
from tests.dvn.data.crafting import ROWS

LINES = [f"{one};{label}" for one, label in ROWS]
TRAILING = [f"{line};" for line in LINES]
PLAIN = "\n".join(["text;label", *LINES]) + "\n"


def read(path: Path, content: str | bytes, **choices: object) -> Dataset:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_dataset(path, choices=ReadChoices(**choices))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload"


WILD = {
    "Windows line ends": PLAIN.replace("\n", "\r\n").encode(),
    "Mac line ends": PLAIN.replace("\n", "\r").encode(),
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16 as Excel saves Unicode text": PLAIN.replace(";", "\t").encode("utf-16"),
    "tabs": PLAIN.replace(";", "\t").encode(),
    "pipes": PLAIN.replace(";", "|").encode(),
    "single quotes": "".join(f"'{one}','{label}'\n" for one, label in [("text", "label"), *ROWS]).encode(),
    "a line that names the separator": b"sep=;\r\n" + PLAIN.encode(),
    "blank lines": PLAIN.replace("\n", "\n\n").encode(),
    "no end of the last line": PLAIN.encode().rstrip(),
    "a delimiter at the end of each row": PLAIN.replace("\n", ";\n").encode(),
    "a delimiter at the end of all rows but the header": "\n".join(["text;label", *TRAILING]).encode(),
    "a delimiter at the end of the header alone": PLAIN.replace("label", "label;", 1).encode(),
    "spaces around labels": PLAIN.replace(";good", "; good ").replace(";bad", ";  bad").encode(),
    "a sentence above the header": b"Reviews of the year\n\n" + PLAIN.encode(),
    "a sentence with the delimiter above the header": b"Reviews; of 2026; all\n" + PLAIN.encode(),
    "a title over empty cells": ("Reviews;\n" + PLAIN).encode(),
    "a last line that is cut off": PLAIN.encode() + b"half a rem",
}


@pytest.mark.parametrize("name", WILD)
def test_what_is_seen_in_the_wild_is_read_as_it_is_meant(name: str, path: Path) -> None:
    dataset = read(path, WILD[name])
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == ROWS
    assert preview(path).problem is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_without_a_header_columns_are_numbered_and_no_row_is_lost(delimiter: str, path: Path) -> None:
    dataset = read(path, "\n".join(LINES).replace(";", delimiter).replace("remark, ", "remark "))
    assert (len(dataset), dataset.text_column, dataset.label_column) == (20, "column 1", "column 2")


def test_a_row_that_is_cut_off_is_told(path: Path) -> None:
    dataset = read(path, WILD["a last line that is cut off"])
    assert dataset.notes == ("Row 21 (line 22) is the last and is cut off, so it was left out.",)


def test_a_short_row_that_is_not_cut_off_is_a_fault(path: Path) -> None:
    for content in (PLAIN + "half\n", PLAIN + "half\nx;good"):
        with pytest.raises(RowWidthError):
            read(path, content, has_header=True)


def test_lines_above_the_header_are_told_and_counted_in_places(path: Path) -> None:
    title = "Reviews of the year\n\n"
    assert read(path, title + PLAIN).notes == ("2 lines above the header were passed over.",)
    with pytest.raises(RowWidthError, match=r"Row 21 \(line 24\) has 3 fields"):
        read(path, title + PLAIN + "a;b;c\n")


def test_a_first_row_with_an_empty_cell_is_no_title_unless_usual_names_follow(path: Path) -> None:
    dataset = read(path, "\n".join(["an unlabelled remark;", *LINES]))
    assert (len(dataset), dataset.left_out.rows, dataset.notes) == (20, 1, ())


def test_quoted_line_breaks_stay_in_their_text(path: Path) -> None:
    content = "text,label\n" + "".join(f'"{one}\nsecond line",{label}\n' for one, label in ROWS)
    assert read(path, content).texts[0] == f"{ROWS[0][0]}\nsecond line"


def test_labels_that_are_numbers_are_labels(path: Path) -> None:
    content = "".join(f"{one.replace(',', '')},{number % 3}\n" for number, (one, _) in enumerate(ROWS))
    assert read(path, content).classes == ("0", "1", "2")
