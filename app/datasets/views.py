"""Previews and dataset rows become exactly what the templates print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.datasets.forms import ReadForm
from app.datasets.tables import DatasetRow, DatasetState
from app.web.figures import Bar, bars
from app.web.wording import count
from dvn.data.columns import ColumnGuess
from dvn.data.encoding import TITLES
from dvn.data.preview import Preview
from dvn.data.rare_classes import MERGED_NAME

MOST_BARS: Final = 25
_ENCODINGS: Final = {
    **TITLES,
    "utf-16": "UTF-16",
    "cp1250": "Windows-1250",
    "gb18030": "GB 18030",
    "shift_jis": "Shift JIS",
    "euc_kr": "EUC-KR",
}
_DELIMITERS: Final = {
    ",": "Comma ,",
    ";": "Semicolon ;",
    "\t": "Tab",
    "|": "Pipe |",
    ":": "Colon :",
    " ": "Space",
}
_HEADERS: Final = {"true": "Names of the columns", "false": "Already data"}
_NO_SPLIT: Final = "None: split it for me"


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """One select element with its guess and why it was guessed."""

    name: str
    title: str
    value: str
    options: tuple[Option, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    role: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """The columns page of an upload; without rows only the format can be chosen."""

    columns: tuple[Field, ...]
    formats: tuple[Field, ...]
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    encoding_is_certain: bool
    encoding_words: str
    row_count: int | None


def preview_view(preview: Preview) -> PreviewView:
    """What a file seems to be, as a person corrects it."""
    roles = {
        guess.column: role
        for role, guess in (("text", preview.text), ("label", preview.label), ("split", preview.split))
        if guess is not None
    }
    heads = tuple(Cell(name, roles.get(name, "")) for name in preview.columns)
    return PreviewView(
        columns=(
            _column("text", "Texts", preview.text, preview.columns),
            _column("label", "Labels", preview.label, preview.columns),
            _column("split", "Split", preview.split, preview.columns, none=_NO_SPLIT),
        ),
        formats=_formats(
            preview.encoding.name,
            preview.dialect.delimiter,
            has_header=preview.header.has_header,
            preview=preview,
        ),
        heads=heads,
        rows=tuple(
            tuple(Cell(text, head.role) for text, head in zip(row, heads, strict=True))
            for row in preview.rows
        ),
        encoding_is_certain=preview.encoding.is_certain,
        encoding_words=preview.encoding.title,
        row_count=preview.row_count,
    )


def unreadable_view(form: ReadForm) -> PreviewView:
    """The columns page of a file that cannot be read as chosen: the format can be chosen again."""
    formats = _formats(form.encoding or "", form.delimiter or "", has_header=form.header, preview=None)
    return PreviewView((), formats, (), (), encoding_is_certain=True, encoding_words="", row_count=None)


def _column(
    name: str, title: str, guess: ColumnGuess | None, columns: Sequence[str], *, none: str = ""
) -> Field:
    empty = (Option("", none or "Choose…"),) if none or guess is None else ()
    options = (*empty, *(Option(column, column) for column in columns))
    hint = guess.reason if guess else ("" if none else "no column looks right")
    return Field(name, title, guess.column if guess else "", options, hint[:1].upper() + hint[1:])


def _formats(
    encoding: str, delimiter: str, *, has_header: bool | None, preview: Preview | None
) -> tuple[Field, ...]:
    header = "" if has_header is None else str(has_header).lower()
    reasons = ("", "", "")
    if preview is not None:
        reasons = (preview.encoding.reason, preview.dialect.reason, preview.header.reason)
    return (
        _choice("encoding", "Encoding", encoding, _ENCODINGS, reasons[0]),
        _choice("delimiter", "Delimiter", delimiter, _DELIMITERS, reasons[1]),
        _choice("header", "First row", header, _HEADERS, reasons[2]),
    )


def _choice(name: str, title: str, value: str, known: Mapping[str, str], reason: str) -> Field:
    options = [Option(key, words) for key, words in known.items()]
    if value not in known:
        options.insert(0, Option(value, value or "Guess it"))
    return Field(name, title, value, tuple(options), reason[:1].upper() + reason[1:])


@dataclass(frozen=True, slots=True)
class Fact:
    words: str
    value: str
    is_words: bool = False


@dataclass(frozen=True, slots=True)
class RareChoice:
    value: str
    title: str
    hint: str


@dataclass(frozen=True, slots=True)
class PartLine:
    name: str
    rows: int
    purpose: str


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A dataset's page."""

    preview_url: str | None
    facts: tuple[Fact, ...]
    bars: tuple[Bar, ...]
    other_bars: tuple[Bar, ...]
    rare: tuple[Bar, ...]
    rare_choices: tuple[RareChoice, ...]
    split: tuple[PartLine, ...]
    sentences: tuple[str, ...]
    is_ready: bool


_PURPOSES: Final = {"train": "to learn from", "validation": "to choose by", "test": "to judge by, once"}


def dataset_view(row: DatasetRow) -> DatasetView:
    """A dataset's page, from its row alone."""
    report = row.report
    rare: Mapping[str, int] = report.get("rare") or {}
    counts = sorted(row.class_counts.items(), key=lambda item: (-item[1], item[0]))
    drawn = bars(counts, small=list(rare))
    parts = report.get("parts") or {}
    rare_rows = sum(row.class_counts.get(label, 0) for label in rare)
    return DatasetView(
        preview_url=f"/uploads/{row.upload_id}" if row.upload_id else None,
        facts=_facts(row),
        bars=drawn[:MOST_BARS],
        other_bars=drawn[MOST_BARS:],
        rare=bars(sorted(rare.items(), key=lambda item: (-item[1], item[0]))),
        rare_choices=_rare_choices(rare_rows),
        split=tuple(PartLine(name, parts[name], words) for name, words in _PURPOSES.items() if parts),
        sentences=(*report.get("left_out", ()), *report.get("sentences", ())),
        is_ready=row.state == DatasetState.ready,
    )


def _facts(row: DatasetRow) -> tuple[Fact, ...]:
    characters = row.report.get("characters")
    lengths = (
        (
            Fact("characters in a text (median)", count(characters["median"])),
            Fact("characters in the longest text", count(characters["longest"])),
        )
        if characters
        else ()
    )
    return (
        Fact("rows with text and label", count(row.rows)),
        Fact("classes", count(row.classes)),
        *lengths,
        Fact("column of texts", row.text_column, is_words=True),
        Fact("column of labels", row.label_column, is_words=True),
    )


def _rare_choices(rows: int) -> tuple[RareChoice, ...]:
    texts = "Their text" if rows == 1 else f"Their {count(rows)} texts"
    return (
        RareChoice("merge", "Merge them into one class", f"{texts} are labelled '{MERGED_NAME}'."),
        RareChoice(
            "drop", "Leave them out", f"{texts} are not used; the classifier will not know these classes."
        ),
        RareChoice("keep", "Keep them to learn from", "They can be predicted, but how well is not measured."),
    )
