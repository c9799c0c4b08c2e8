"""What a person sees of a file before it is read."""

from pathlib import Path

import pytest

from dvn.data.choices import ReadChoices
from dvn.data.columns import ColumnGuess
from dvn.data.file_kinds import EmptyFileError
from dvn.data.preview import SHOWN_CHARS, preview
from dvn.data.sources import SAMPLE_BYTES

ROWS = "".join(f"a rather longish text, number {n};{'pos' if n % 2 else 'neg'}\n" for n in range(40))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def columns(path: Path, content: str) -> tuple[str | None, str | None, str | None]:
    path.write_text(content)
    shown = preview(path)
    return tuple(guess and guess.column for guess in (shown.text, shown.label, shown.split))  # type: ignore[return-value]


def test_every_guess_comes_with_its_reason(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + f"review;sentiment\n{ROWS}".encode())
    shown = preview(path)
    assert (shown.encoding.name, shown.encoding.is_certain) == ("utf-8", True)
    assert shown.encoding.reason == "UTF-8 byte order mark"
    assert (shown.dialect.delimiter, shown.dialect.title) == (";", "semicolon")
    assert shown.dialect.reason == "with semicolon and double quotes, all first 41 rows have 2 fields"
    assert shown.header.has_header
    assert shown.header.reason == "the first row has the usual names 'review' and 'sentiment'"
    assert shown.columns == ("review", "sentiment")
    assert shown.label == ColumnGuess(
        "sentiment", "a usual name for labels; 2 different values in 40 rows, 3 characters on average"
    )
    assert shown.text is not None
    assert "40 different values in 40 rows" in shown.text.reason
    assert shown.split is None
    assert len(shown.rows) == 20
    assert shown.row_count == 40
    assert shown.problem is None


def test_columns_without_a_header_are_numbered(path: Path) -> None:
    path.write_text(ROWS)
    shown = preview(path)
    assert not shown.header.has_header
    assert shown.header.reason == "what column 2 has in the first row occurs again below"
    assert shown.columns == ("column 1", "column 2")
    assert shown.row_count == 40


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (",text,label", "{n},some text {n},{c}", ("text", "label", None)),
        (
            "id,body,topic,url",
            "{n},some text {n},{c},http://example.com/a/long/address/{n}",
            ("body", "topic", None),
        ),
        ("v1,v2,,,", "{c},some text {n},,,", ("v2", "v1", None)),
        ("a,b,c", "x{c},some longer text {n},dev", ("b", "a", None)),
        ("a,b,c", "x{c},some longer text {n},{p}", ("b", "a", "c")),
        ("sentence,intent,Set", "some text {n},{c},{p}", ("sentence", "intent", "Set")),
        ("title,description,category", "title {n},a much longer text {n},{c}", (None, "category", None)),
        ("sentiment,sentiment:confidence,text", "{c},0.{n},some text {n}", ("text", "sentiment", None)),
        ("date,user,tweet,class", "2020-01-{n},user{n},some text {n},{c}", ("tweet", "class", None)),
        ("target,ids,comment", "{c},1467810{n},some text {n}", ("comment", "target", None)),
    ],
)
def test_columns_are_found_by_name_and_content(
    path: Path, header: str, row: str, expected: tuple[str | None, ...]
) -> None:
    rows = [row.format(n=n, c=f"c{n % 3}", p=["train", "dev", "test"][n % 3]) for n in range(10, 40)]
    found = columns(path, "\n".join([header, *rows]))
    assert found[1:] == expected[1:]
    if expected[0]:
        assert found[0] == expected[0]


def test_several_candidates_are_offered(path: Path) -> None:
    path.write_text(
        "title,text,topic,sentiment\n" + "".join(f"t {n},text {n},a{n % 2},b{n % 3}\n" for n in range(30))
    )
    candidates = preview(path).candidates
    assert [guess.column for guess in candidates.text] == ["text", "title"]
    assert {guess.column for guess in candidates.label} == {"topic", "sentiment"}


def test_a_huge_file_is_looked_at_where_it_begins(path: Path) -> None:
    row = '"' + "ä好" * 400 + '\n""quoted""",pos\n'
    path.write_text("text,label\n" + row * 1000, encoding="utf-8")
    assert path.stat().st_size > 4 * SAMPLE_BYTES
    shown = preview(path)
    assert shown.encoding.is_certain
    assert shown.row_count is None
    assert shown.problem is None
    assert {len(row) for row in shown.rows} == {2}
    assert len(shown.rows[0][0]) == SHOWN_CHARS


def test_an_unconfirmed_encoding_is_shown_as_it_would_be_read(path: Path) -> None:
    path.write_bytes(("text;label\n" + ROWS + "déjà vu, Noël;pos\n").encode("latin-1"))
    shown = preview(path)
    assert (shown.encoding.name, shown.encoding.title, shown.encoding.is_certain) == (
        "latin-1",
        "Latin-1",
        False,
    )
    assert "make sense" in shown.encoding.reason
    assert shown.problem is None
    assert preview(path, choices=ReadChoices(encoding="latin-1")).encoding.is_certain


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_recognised_with_and_without_its_mark(path: Path, encoding: str) -> None:
    # In UTF-16 the first Chinese character leaves a zero where plain letters leave none.
    path.write_bytes(("text;label\n" + ROWS + "一 一 一;pos\n").encode(encoding))
    shown = preview(path)
    assert shown.encoding.name.startswith("utf-16")
    assert shown.encoding.is_certain
    assert shown.columns == ("text", "label")


@pytest.mark.parametrize(
    ("content", "choices", "problem"),
    [
        ("text;label\n" + ROWS + "a;b;c\n", {}, "Row 41 (line 42) has 3 fields, expected 2"),
        ("text;label\n" + ROWS, {"label": "class"}, "There is no column 'class'"),
        ("text;label\n", {}, "only a header"),
        ("text\none\ntwo\n", {}, "one column, 'text'"),
    ],
)
def test_what_would_fail_is_told_beside_the_rows(
    path: Path, content: str, choices: dict[str, str], problem: str
) -> None:
    path.write_text(content)
    shown = preview(path, choices=ReadChoices(**choices))  # type: ignore[arg-type]
    assert shown.problem is not None
    assert problem in shown.problem


def test_what_is_no_table_has_no_preview(path: Path) -> None:
    path.write_text("")
    with pytest.raises(EmptyFileError):
        preview(path)
