"""A file that cannot be used ends with 2, one useful sentence, no output and nothing left behind."""

from pathlib import Path

import pytest

from app.cli.output import say_unexpected
from tests.app.cli.conftest import WORDS, Invoke
from tests.synthetic import csv_of, texts_of

GOOD = csv_of(texts_of(40))
BAD = {
    "an empty file": (b"", "empty"),
    "only white space": (b"  \n\n ", "white space"),
    "one column": (b"text\nfoo\nbar\n", "one column"),
    "one class": (b"text,label\nfoo,a\nbar,a\n", "one class only"),
    "a binary file": (bytes(range(256)) * 40, "binary"),
    "a workbook": (b"PK\x03\x04 xl/workbook.xml", "XLSX"),
    "10 MB in one field": (
        b"text,label\n" + b"x" * 10_000_000 + b",a\nfoo,b\n",
        "characters in column 'text'",
    ),
    "a NUL byte": (GOOD + b"foo\0bar,praise\n", "NUL byte"),
    "two columns of the same name": (b"text,text\nfoo,a\nbar,b\n", "have the name 'text'"),
    "a row with too many fields": (b"text,label\nfoo,a\nbar,b,c\n", "Row 2 (line 3) has 3 fields"),
    "another encoding": (b"text,label\ncaf\xe9,a\nbar,b\n", "encoding='latin-1'"),
    "only a header": (b"text,label\n", "only a header"),
}


@pytest.mark.parametrize("command", ["recommend", "train"])
@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_used_ends_with_2_and_a_sentence(
    command: str, content: bytes, words: str, invoke: Invoke, place: Path, tmp_path: Path
) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    result = invoke(command, file, "--json")
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.startswith("forethought: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("command", ["recommend", "train"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--label", "verdict"], "There is no column 'verdict'"),
        (["--text", "label", "--label", "label"], "cannot be both"),
        (["--encoding", "klingon"], "There is no encoding 'klingon'"),
        (["--space", "outer"], "There is no space 'outer'"),
        (["--max-seconds", "0"], "max-seconds"),
        (["--seed", "-1"], "seed"),
        (["--bogus"], "--bogus"),
    ],
)
def test_an_option_that_cannot_be_used_ends_with_2(
    command: str, arguments: list[str], words: str, invoke: Invoke, place: Path, tickets_csv: Path
) -> None:
    result = invoke(command, tickets_csv, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""
    assert list(place.iterdir()) == []


def test_classes_too_small_wait_for_a_choice(invoke: Invoke, place: Path, tmp_path: Path) -> None:
    file = tmp_path / "rare.csv"
    file.write_bytes(GOOD + b"one of a kind,odd\n")
    result = invoke("train", file, "--architecture", WORDS)
    assert result.exit_code == 2
    assert "'odd' (1)" in result.stderr
    assert "--rare merge, --rare drop or --rare keep" in result.stderr
    assert list(place.iterdir()) == []


def test_too_few_rows_to_measure_on_end_with_2(invoke: Invoke, place: Path, tmp_path: Path) -> None:
    file = tmp_path / "few.csv"
    file.write_text("text,label\nfoo,a\nbar,b\n")
    result = invoke("train", file, "--rare", "keep", "--architecture", WORDS)
    assert result.exit_code == 2
    assert "has 0 rows" in result.stderr
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("command", ["recommend", "train"])
def test_a_file_that_is_not_there_ends_with_2(command: str, invoke: Invoke) -> None:
    result = invoke(command, "nowhere.csv")
    assert result.exit_code == 2
    assert "nowhere.csv" in result.stderr


def test_without_a_checkpoint_the_end_is_1_and_says_what_makes_one(invoke: Invoke, tickets_csv: Path) -> None:
    result = invoke("recommend", tickets_csv, "--json")
    assert result.exit_code == 1
    assert "forethought fit" in result.stderr
    assert result.stdout == ""


def test_an_unforeseen_error_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    say_unexpected(KeyError, KeyError("a\nb"), None)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "KeyError" in said
    assert "--debug" in said
