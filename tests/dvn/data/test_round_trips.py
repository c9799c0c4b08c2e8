"""Whatever a table is written with, it is read back the same."""

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvn.data.choices import ReadChoices
from dvn.data.read_csv import read_dataset

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
CONFIRMED = ["latin-1", "cp1252", "mac_roman"]
ENDINGS = ["\n", "\r\n", "\r"]
ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\r\n"), min_size=1, max_size=30
)
WORDS = [
    "good",
    "film",
    "a, b",
    "so; so",
    "one|two",
    "tab\there",
    'a "quoted" word',
    "it's",
    "line\nbreak",
    "\r\n",
]
ROWS = st.lists(st.tuples(ANY_TEXT, st.sampled_from(["x", "y", "it's", 'a "b"', "a,b;c"])), max_size=12)
Rows = list[tuple[str, str]]


def write(
    path: Path,
    header: list[str],
    rows: Rows,
    *,
    delimiter: str,
    quote: str,
    ending: str,
    encoding: str,
    every: bool,
) -> None:
    buffer = io.StringIO(newline="")
    # The writer leaves line breaks other than its own unquoted.
    quoting = csv.QUOTE_ALL if every or ending != "\r\n" else csv.QUOTE_MINIMAL
    writer = csv.writer(buffer, delimiter=delimiter, quotechar=quote, lineterminator=ending, quoting=quoting)
    writer.writerows([header, *rows] if header else rows)
    path.write_bytes(buffer.getvalue().encode(encoding))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables") / "table.csv"


@given(
    rows=ROWS,
    delimiter=st.sampled_from(",;\t|: "),
    quote=st.sampled_from("\"'"),
    ending=st.sampled_from(ENDINGS),
    encoding=st.sampled_from(ENCODINGS),
    with_header=st.booleans(),
    every=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_any_text_comes_back_when_the_dialect_is_chosen(
    path: Path,
    rows: Rows,
    delimiter: str,
    quote: str,
    ending: str,
    encoding: str,
    with_header: bool,
    every: bool,
) -> None:
    rows = [("first", "x"), ("second", "y"), *rows]
    header = ["text", "label"] if with_header else []
    write(path, header, rows, delimiter=delimiter, quote=quote, ending=ending, encoding=encoding, every=every)
    names = ("text", "label") if with_header else ("column 1", "column 2")
    dataset = read_dataset(
        path,
        choices=ReadChoices(
            *names, encoding=encoding, delimiter=delimiter, quote=quote, has_header=with_header
        ),
    )
    kept = [(text, label) for text, label in rows if text.strip()]
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == kept
    assert dataset.left_out.empty_texts == len(rows) - len(kept)


@given(
    seed=st.integers(0, 10**6),
    delimiter=st.sampled_from(",;\t|"),
    quote=st.sampled_from("\"'"),
    ending=st.sampled_from(ENDINGS),
    encoding=st.sampled_from(ENCODINGS),
    with_header=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_a_usual_table_is_read_without_any_choice(
    path: Path, seed: int, delimiter: str, quote: str, ending: str, encoding: str, with_header: bool
) -> None:
    rng = random.Random(seed)
    rows = [
        (
            f"{' '.join(rng.choices(WORDS, k=rng.randint(3, 12)))} {number}",
            rng.choice(["pos", "neg", "so so"]),
        )
        for number in range(40)
    ]
    header = ["text", "label"] if with_header else []
    # Single quotes are recognised where they are used throughout.
    every = quote == "'"
    write(path, header, rows, delimiter=delimiter, quote=quote, ending=ending, encoding=encoding, every=every)
    dataset = read_dataset(path)
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == rows
    names = ("text", "label") if with_header else ("column 1", "column 2")
    assert (dataset.text_column, dataset.label_column) == names


@given(rows=ROWS, encoding=st.sampled_from(CONFIRMED))
@settings(max_examples=100, deadline=None)
def test_any_one_byte_text_comes_back_when_its_encoding_is_confirmed(
    path: Path, rows: Rows, encoding: str
) -> None:
    rows = [("erste", "x"), ("zweite", "y"), *rows]
    kept = [(text.encode(encoding, "ignore").decode(encoding), label) for text, label in rows]
    kept = [(text, label) for text, label in kept if text.strip()]
    write(path, ["text", "label"], kept, delimiter=",", quote='"', ending="\n", encoding=encoding, every=True)
    dataset = read_dataset(path, choices=ReadChoices(encoding=encoding))
    assert list(zip(dataset.texts, dataset.labels, strict=True)) == kept


def test_the_hash_is_that_of_the_content_and_not_of_the_file(path: Path) -> None:
    rows = [(f"text, number {n} of “many”", "xyz"[n % 3]) for n in range(30)]
    hashes = set()
    for delimiter, quote, ending, encoding in [
        (",", '"', "\n", "utf-8"),
        (";", "'", "\r\n", "utf-16"),
        ("\t", '"', "\r", "utf-8-sig"),
    ]:
        write(
            path,
            ["text", "label"],
            rows,
            delimiter=delimiter,
            quote=quote,
            ending=ending,
            encoding=encoding,
            every=True,
        )
        hashes.add(read_dataset(path).content_hash)
    assert len(hashes) == 1


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("character", ["é", "好", "😀", "\n"])
def test_no_character_is_lost_where_pieces_meet(path: Path, character: str, ending: str) -> None:
    # Quoted texts of growing length move a character across every piece's border in turn.
    rows = [(f'{n} "{character * (n % 197)}", {character}', "xy"[n % 2]) for n in range(12_000)]
    write(
        path, ["text", "label"], rows, delimiter=",", quote='"', ending=ending, encoding="utf-8", every=False
    )
    assert path.stat().st_size > 1_100_000
    dataset = read_dataset(path)
    assert dataset.texts == tuple(text for text, _ in rows)
