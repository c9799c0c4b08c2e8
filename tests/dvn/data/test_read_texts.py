"""A text for each row: tables, lines and single columns, with and without header."""

from pathlib import Path

import pytest

from dvn.data.choices import Limits, ReadChoices
from dvn.data.columns import UnknownColumnError
from dvn.data.encoding import EncodingNotConfirmedError
from dvn.data.file_kinds import EmptyFileError
from dvn.data.read_texts import TextFile, open_texts
from dvn.data.row_errors import (
    FieldTooLongError,
    MisplacedQuoteError,
    NulByteError,
    OpenQuoteError,
    RowWidthError,
    TooManyRowsError,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "texts.csv"


def opened(path: Path, content: str | bytes, **choices: str | bool) -> TextFile:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_texts(path, choices=ReadChoices(**choices))  # type: ignore[arg-type]  # names of choices


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "I love it, really\nbad\n\nok, fine, and so on\n",
            ["I love it, really", "bad", "", "ok, fine, and so on"],
        ),
        ("text\nfoo\n\nbar, baz\n", ["foo", "", "bar, baz"]),
        ('text\n"a, b"\n"two\nlines"\n""\n', ["a, b", "two\nlines", ""]),
        ('"Great" he said\nok\n', ['"Great" he said', "ok"]),
        ("no,no\nyes, sir\n", ["no,no", "yes, sir"]),
        ("hello\n", ["hello"]),
        ("review_body\r\nfoo\r\n\r\nbar", ["foo", "", "bar"]),
        (
            "ok\nthis one is very much longer than the first one\n",
            ["ok", "this one is very much longer than the first one"],
        ),
        ("text\n", []),
    ],
)
def test_a_line_is_a_text_and_a_blank_line_an_empty_one(
    path: Path, content: str, expected: list[str]
) -> None:
    assert list(opened(path, content).texts()) == expected


def test_a_line_is_a_text_in_utf_16_too(path: Path) -> None:
    assert list(opened(path, "text\nfoo, bar\n\ngröße\n".encode("utf-16")).texts()) == [
        "foo, bar",
        "",
        "größe",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("text,label\nfoo,1\n,2\nbar,1\n", ["foo", "", "bar"]),
        ("id;body\n1;hello there\n2;\n3;a world of words\n", ["hello there", "", "a world of words"]),
        ("1\tsome longer text\n2\t\n3\tother longer text\n", ["some longer text", "", "other longer text"]),
    ],
)
def test_a_table_gives_its_text_column_with_the_empty_cells(
    path: Path, content: str, expected: list[str]
) -> None:
    assert list(opened(path, content).texts()) == expected


def test_the_column_that_was_learned_from_is_preferred_to_a_guess(path: Path) -> None:
    path.write_text("text,remark\nwrong,right\nwrong again,right again\n")
    assert list(open_texts(path, preferred="remark").texts()) == ["right", "right again"]


def test_a_chosen_column_is_preferred_to_all(path: Path) -> None:
    path.write_text("text,remark\nright,wrong\nright again,wrong again\n")
    found = open_texts(path, choices=ReadChoices(text="text"), preferred="remark")
    assert list(found.texts()) == ["right", "right again"]


def test_a_chosen_header_overrules_the_guess(path: Path) -> None:
    assert list(opened(path, "text\nfoo\n", has_header=False).texts()) == ["text", "foo"]
    assert list(opened(path, "Une phrase\nfoo\n", has_header=True).texts()) == ["foo"]


def test_texts_can_be_read_again(path: Path) -> None:
    found = opened(path, "one\ntwo\n")
    assert list(found.texts()) == list(found.texts()) == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "choices", "error"),
    [
        (b"", {}, EmptyFileError),
        (b"text,label\nfoo,1\nbar,2,3\n", {}, RowWidthError),
        (b'text,label\n"foo" x,1\n', {}, MisplacedQuoteError),
        (b"text\nfoo\n" + b"bar " * 40 + b"\0\n", {}, NulByteError),
        (b"text\ncaf\xe9 noir\n", {}, EncodingNotConfirmedError),
        (b"text\n" + b"ok\n" * 200_000 + b"caf\xe9\n", {}, EncodingNotConfirmedError),
        (b"text,label\nfoo,1\n", {"text": "body"}, UnknownColumnError),
        (b"text\nfoo\n", {"text": "body"}, UnknownColumnError),
        (b'text\n"foo\n', {"quote": '"'}, OpenQuoteError),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    path: Path, content: bytes, choices: dict[str, str | bool], error: type[Exception]
) -> None:
    with pytest.raises(error):
        list(opened(path, content, **choices).texts())


def test_lines_have_limits(path: Path) -> None:
    path.write_text("text\nfoo\nbar\n" + "x" * 300 + "\n")
    with pytest.raises(TooManyRowsError):
        list(open_texts(path, limits=Limits(max_rows=2)).texts())
    with pytest.raises(FieldTooLongError):
        list(open_texts(path, limits=Limits(max_field_chars=200)).texts())


def test_how_a_file_is_read_is_said(path: Path) -> None:
    assert "Each row is one text" in opened(path, "one\ntwo\n").sentences()[0]
    assert "'body'" in opened(path, "id,body\n1,foo bar\n2,bar foo\n").sentences()[0]
