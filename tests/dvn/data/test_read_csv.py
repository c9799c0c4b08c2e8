"""What is guessed about a file, and what is said when it cannot be read."""

# ruff: noqa: RUF001 - typographic quotes are what some of these files are about.

from pathlib import Path

import pytest

from dvn.data.choices import Limits, ReadChoices
from dvn.data.columns import NoColumnError, OneColumnError, SameColumnError, UnknownColumnError
from dvn.data.dialect import UnknownDelimiterError
from dvn.data.encoding import EncodingNotConfirmedError, UnknownEncodingError, WrongEncodingError
from dvn.data.file_kinds import BinaryFileError, EmptyFileError
from dvn.data.header import DuplicateColumnError, TooManyColumnsError
from dvn.data.read_csv import (
    NoLabelledTextError,
    NoPartsError,
    NotLabelsError,
    OneClassError,
    OnlyHeaderError,
    TooManyClassesError,
    read_dataset,
)
from dvn.data.row_errors import (
    FieldTooLongError,
    LineTooLongError,
    MisplacedQuoteError,
    NulByteError,
    OpenQuoteError,
    RowWidthError,
    TooManyRowsError,
)
from dvn.data.sources import FileTooLargeError
from dvn.errors import DataError

HEAD = "text,label\n"
ROWS = "".join(f"secret number {n},{'pos' if n % 2 else 'neg'}\n" for n in range(20))
GOOD = HEAD + ROWS
QUOTE = '"'
MANY_LINES = 'x,"' + "secret\n" * 1_500_000 + '"\n'
MEGABYTES_10 = "secret" * 1_700_000


def refused(path: Path, content: str | bytes, **choices: object) -> DataError:
    """The error of reading such a file, after checks that hold for all errors."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as caught:
        read_dataset(path, choices=ReadChoices(**choices))  # type: ignore[arg-type]
    said = str(caught.value)
    assert "secret" not in said
    assert said.endswith(".")
    assert len(said) < 600
    assert "\n" not in said
    return caught.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


BAD = [
    ("", EmptyFileError, "is empty (0 bytes)"),
    (" \n\r\n\n", EmptyFileError, "only white space (5 bytes)"),
    (b"\xef\xbb\xbf\n", EmptyFileError, "only white space (4 bytes)"),
    (HEAD, OnlyHeaderError, "only a header and no rows"),
    ("foo;bar\r\n", OnlyHeaderError, "only a header and no rows"),
    ("text\nsecret one\nsecret two\n", OneColumnError, "one column, 'text'"),
    ("text\nsecret, one\nsecret, two\nsecret\n", OneColumnError, "one column, 'text'"),
    (HEAD + "secret,x\nsecret b,x\n", OneClassError, "'label' has one class only, 'x', in all 2 rows"),
    (HEAD + f"secret,{'y' * 60}\n", OneClassError, f"'{'y' * 39}…'"),
    (HEAD + "secret,x\nb\0c,y\n", NulByteError, "Row 2 (line 3) holds a NUL byte (byte 21 of the file)"),
    (GOOD.encode("utf-16") + "a\0,x\n".encode("utf-16-le"), NulByteError, "Row 21 (line 22)"),
    (GOOD * 9000 + "a\0b,x\n", NulByteError, "Row 189,000 (line 189,001)"),
    (
        GOOD + MEGABYTES_10 + ",pos\n",
        FieldTooLongError,
        "Row 21 (line 22) has more than 1,000,000 characters",
    ),
    (GOOD + f'"{MEGABYTES_10}",pos\n', FieldTooLongError, "in column 'text'"),
    (
        GOOD + MANY_LINES,
        FieldTooLongError,
        "Row 21 (line 22) has more than 1,000,000 chara",
    ),
    (GOOD + MANY_LINES, FieldTooLongError, "in column 'label'"),
    (
        MEGABYTES_10,
        FieldTooLongError,
        "Row 1 (line 1) has more than 1,000,000 characters in column 'column 1'",
    ),
    (
        "id," + HEAD + f"1,{MEGABYTES_10},x",
        FieldTooLongError,
        "Row 1 (line 2) has more than 1,000,000 characters",
    ),
    (
        HEAD + "secret," * 1_000_000,
        LineTooLongError,
        "Row 1 (line 2) has more than 4,000,000 characters on one line",
    ),
    (
        "text,label,text\n" + "a,b,c\n" * 5,
        DuplicateColumnError,
        "Two columns have the name 'text' (columns 1 and 3)",
    ),
    ("label, label \nsecret,x\n", DuplicateColumnError, "the name 'label' (columns 1 and 2)"),
    (GOOD + "secret,a,b\n", RowWidthError, "Row 21 (line 22) has 3 fields, expected 2"),
    (GOOD + '"secret\nsecret",x\nsecret\n', RowWidthError, "Row 22 (line 24) has 1 field, expected 2"),
    (GOOD + '"secret,x\n' + ROWS, OpenQuoteError, "Row 21 (line 22) opens a quote in column 'text'"),
    (
        GOOD + 'a,"secret"x\n' + ROWS,
        MisplacedQuoteError,
        "Row 21 (line 22) closes a quote before the field ends in",
    ),
    (GOOD + 'a,"secret"x\n' + ROWS, MisplacedQuoteError, "in column 'label'"),
    (HEAD + ",x\n  ,y\nsecret,\n", NoLabelledTextError, "None of the 3 rows has a text in column 'text'"),
    ("secret,text\n" * 3 + "secret 2,a", NoColumnError, "No column looks like"),
]


@pytest.mark.parametrize(
    ("content", "error", "said"), BAD[:-1], ids=lambda value: getattr(value, "__name__", "")
)
def test_bad_input_gets_one_sentence_with_the_facts(
    path: Path, content: str | bytes, error: type[DataError], said: str
) -> None:
    caught = refused(path, content)
    assert isinstance(caught, error)
    assert said in str(caught)


def test_no_column_that_could_be_a_label_is_said_with_what_was_seen(path: Path) -> None:
    rows = "".join(f"secret {n},code{n},{n * 7}\n" for n in range(60))
    caught = refused(path, "text,code,number\n" + rows)
    assert isinstance(caught, NoColumnError)
    assert "'code' (60 different values in 60 rows" in str(caught)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", "a PDF file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office file (XLS)"),
        (bytes(range(256)) * 50, "a binary file of unknown kind"),
        (b"<!DOCTYPE html><html>", "a web page (HTML)"),
    ],
)
def test_binary_files_are_refused_by_name(path: Path, content: bytes, kind: str) -> None:
    caught = refused(path, content)
    assert isinstance(caught, BinaryFileError)
    assert caught.kind == kind
    assert f"This is {kind}, not a table of text" in str(caught)


@pytest.mark.parametrize(
    ("choices", "error", "said"),
    [
        (
            {"label": "sentiment"},
            UnknownColumnError,
            "no column 'sentiment' to take the label from; the file has 'text' and",
        ),
        ({"text": "body"}, UnknownColumnError, "no column 'body' to take the text from"),
        ({"split": "fold"}, UnknownColumnError, "no column 'fold' to take the split from"),
        ({"text": "label", "label": "label"}, SameColumnError, "'label' cannot be both text and label"),
        ({"label": "text"}, NotLabelsError, "'text' has 20 different values in 20 rows"),
        ({"delimiter": ";"}, OneColumnError, "there is no semicolon in it"),
        ({"delimiter": ";;"}, UnknownDelimiterError, "The delimiter ';;' cannot be used"),
        ({"encoding": "klingon"}, UnknownEncodingError, "no encoding 'klingon'; use utf-8"),
        ({"encoding": "rot13"}, UnknownEncodingError, "no encoding 'rot13'"),
    ],
)
def test_bad_choices_are_said(path: Path, choices: dict[str, str], error: type[DataError], said: str) -> None:
    caught = refused(path, GOOD, **choices)
    assert isinstance(caught, error)
    assert said in str(caught)


@pytest.mark.parametrize(
    ("limits", "error", "said"),
    [
        (Limits(max_rows=10), TooManyRowsError, "more than 10 rows"),
        (Limits(max_bytes=100), FileTooLargeError, f"has {len(GOOD)} bytes and 100 are allowed"),
        (Limits(max_columns=1), TooManyColumnsError, "has 2 columns and 1 are allowed"),
        (
            Limits(max_field_chars=8),
            FieldTooLongError,
            "Row 1 (line 2) has more than 8 characters in column 'text'",
        ),
    ],
)
def test_limits_hold(path: Path, limits: Limits, error: type[DataError], said: str) -> None:
    path.write_text(GOOD)
    with pytest.raises(error) as caught:
        read_dataset(path, limits=limits)
    assert said in str(caught.value)


def test_too_many_classes_are_refused_early(path: Path) -> None:
    rows = "".join(f"secret {n},secret class {n % 1200}\n" for n in range(5000))
    caught = refused(path, HEAD + rows)
    assert isinstance(caught, TooManyClassesError)
    assert "more than 1,000 different values in its first 1,001 rows" in str(caught)


def test_nearly_as_many_classes_as_rows_are_no_labels(path: Path) -> None:
    caught = refused(path, HEAD + "".join(f"secret {n},secret{n % 45}\n" for n in range(50)))
    assert isinstance(caught, NotLabelsError)
    assert "'label' has 45 different values in 50 rows, so it is no label" in str(caught)


FRENCH = GOOD + '"Le café est très bon, l’été à Noël…",pos\nPas terrible – déçu,neg\n'


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
@pytest.mark.parametrize("late", [False, True])
def test_bytes_that_are_not_utf8_wait_for_confirmation(path: Path, encoding: str, late: bool) -> None:
    before = ROWS * 900 if late else ""
    content = (HEAD + before + FRENCH.removeprefix(HEAD)).encode(encoding)
    caught = refused(path, content)
    assert isinstance(caught, EncodingNotConfirmedError)
    row = 21 + 18_000 * late
    byte = content.index("é".encode(encoding))
    assert (caught.row, caught.line, caught.byte) == (row, row + 1, byte)
    assert f"at row {row:,}, line {row + 1:,} (byte {byte:,} of the file)" in str(caught)
    assert f"choose encoding='{encoding}'" in str(caught)
    assert "café" in " ".join(read_dataset(path, choices=ReadChoices(encoding=caught.guess.name)).texts)


@pytest.mark.parametrize("encoding", ["latin-1", "mac_roman"])
def test_german_umlauts_tell_the_encoding(path: Path, encoding: str) -> None:
    caught = refused(path, (GOOD + "Schöne Grüße aus Köln,pos\nÄrger über das Öl,neg\n").encode(encoding))
    assert isinstance(caught, EncodingNotConfirmedError)
    assert caught.guess.name == encoding
    assert not caught.guess.is_certain


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Привет мир"),
        ("gb18030", "我们今天去公园玩，非常高兴"),
        ("shift_jis", "今日はとても楽しいです"),
        ("euc_kr", "오늘은 정말 즐거웠습니다"),
    ],
)
def test_other_alphabets_are_named_too(path: Path, encoding: str, text: str) -> None:
    rows = "".join(f"{text} {n},{text[n % 2]}\n" for n in range(30))
    caught = refused(path, (HEAD + rows).encode(encoding))
    assert isinstance(caught, EncodingNotConfirmedError)
    assert caught.guess.name == encoding


def test_damaged_utf8_is_called_damaged(path: Path) -> None:
    caught = refused(
        path, (GOOD + "Grüße – schön déjà vu,pos\n" * 9).replace(",", ";").encode() + b"a\xe9b;neg\n"
    )
    assert isinstance(caught, EncodingNotConfirmedError)
    assert caught.guess.is_damaged
    assert "is damaged UTF-8: the byte 0xE9 at row 30, line 31" in str(caught)


def test_a_guess_that_would_fail_later_is_not_offered(path: Path) -> None:
    # Windows-1252 leaves 0x81 without a meaning.
    content = (GOOD + "l’été,pos\n").encode("cp1252") + ROWS.encode() * 900 + b"\x81,neg\n"
    caught = refused(path, content)
    assert isinstance(caught, EncodingNotConfirmedError)
    read_dataset(path, choices=ReadChoices(encoding=caught.guess.name))


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "shift_jis"])
def test_a_chosen_encoding_that_does_not_fit_is_said(path: Path, encoding: str) -> None:
    caught = refused(path, (GOOD + "caf\u00e9 ,pos\n").encode("latin-1"), encoding=encoding)
    assert isinstance(caught, WrongEncodingError)
    assert "at row 21, line 22" in str(caught)


def test_rows_without_text_or_label_are_left_out_and_counted(path: Path) -> None:
    path.write_text(GOOD + ",pos\n \t ,neg\nabc, \n,\n" + ROWS)
    dataset = read_dataset(path)
    assert len(dataset) == 40
    left_out = dataset.left_out
    assert (left_out.empty_texts, left_out.empty_labels, left_out.first_rows) == (3, 1, (21, 22, 23, 24))


def test_blank_lines_are_no_rows(path: Path) -> None:
    path.write_text("\n" + GOOD + "\n\n   \n" + ROWS + "\n\n")
    dataset = read_dataset(path)
    assert (len(dataset), dataset.left_out.rows) == (40, 0)


def test_spaces_around_names_and_labels_are_stripped_and_those_of_texts_kept(path: Path) -> None:
    path.write_text(" Text , Label \n" + "".join(f"  one {n} , x{n % 2} \n" for n in range(10)))
    dataset = read_dataset(path)
    assert (dataset.text_column, dataset.label_column) == ("Text", "Label")
    assert dataset.texts[3] == "  one 3 "
    assert dataset.classes == ("x0", "x1")


def test_numbers_may_be_labels(path: Path) -> None:
    path.write_text("review,stars\n" + "".join(f"some review {n},{n % 5 + 1}\n" for n in range(50)))
    assert read_dataset(path).classes == ("1", "2", "3", "4", "5")


def test_a_separator_line_for_spreadsheets_is_obeyed(path: Path) -> None:
    path.write_text("sep=;\r\n" + GOOD.replace(",", ";") + "x;y;z\n")
    with pytest.raises(RowWidthError, match=r"Row 21 \(line 23\) has 3 fields"):
        read_dataset(path)


def test_a_split_column_becomes_parts_and_unknown_values_are_kept_as_facts(path: Path) -> None:
    values = ["train", "VAL", " test", "dev", "validation", "extra", ""]
    path.write_text("text,label,split\n" + "".join(f"t {n},{n % 2},{values[n % 7]}\n" for n in range(14)))
    dataset = read_dataset(path)
    assert dataset.parts == ("train", "validation", "test", "validation", "validation", None, None) * 2
    assert dataset.unknown_parts == (("extra", 2),)
    assert read_dataset(path, choices=ReadChoices(split="")).parts is None


def test_a_chosen_split_column_without_parts_is_refused(path: Path) -> None:
    caught = refused(
        path, "text,label,group\n" + "".join(f"secret {n},{n % 2},{n % 3}\n" for n in range(9)), split="group"
    )
    assert isinstance(caught, NoPartsError)
    assert "None of the 3 values of column 'group' is train, validation or test" in str(caught)


def test_tab_separated_text_may_hold_stray_quotes(path: Path) -> None:
    rows = "".join(f"{QUOTE * (n % 7 == 0)}some text {n}\t{n % 2}\n" for n in range(40))
    path.write_text("sentence\tlabel\n" + rows)
    dataset = read_dataset(path)
    assert len(dataset) == 40
    assert dataset.texts[0] == '"some text 0'


def test_a_colon_or_a_space_separates_only_if_that_is_clear(path: Path) -> None:
    path.write_text(GOOD.replace(",", ":"))
    assert len(read_dataset(path)) == 20
    path.write_text("text label\n" + "".join(f'"some text {n}" {n % 2}\n' for n in range(20)))
    assert len(read_dataset(path)) == 20
    path.write_text("".join(f"Ann: hello {n}\n" for n in range(20)))
    with pytest.raises(OneColumnError):
        read_dataset(path)
