"""A preview becomes the columns page of an upload, on which every guess can be corrected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.datasets.forms import ReadForm
from dvn.data.columns import CHOSEN, ColumnGuess
from dvn.data.dialect import Dialect
from dvn.data.encoding import TITLES
from dvn.data.file_kinds import Kind
from dvn.data.preview import Preview

MOST_TEXT_BOXES: Final = 8
"""Columns offered for texts at once; the others unfold."""
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
_QUOTES: Final = {'"': 'Double "', "'": "Single '", "none": "None: quotes are ordinary characters"}
_HEADERS: Final = {"true": "Names of the columns", "false": "Already data"}
_MERGING: Final = {"true": "Spam and SPAM are one label", "false": "Keep such labels apart"}
_NO_SPLIT: Final = "None: split it for me"
_KINDS: Final = {
    Kind.delimited: "Delimited text (CSV or TSV)",
    Kind.json_lines: "JSON, an object a line (JSONL)",
    Kind.json: "JSON, a list of objects",
    Kind.parquet: "Parquet",
    Kind.workbook: "Excel workbook (XLSX)",
}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """One select element with its guess and why it was guessed; the likely options come first, apart."""

    name: str
    title: str
    value: str
    options: tuple[Option, ...]
    hint: str
    likely: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """A checkbox for one column of texts."""

    column: str
    is_chosen: bool
    hint: str


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    role: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """The columns page of an upload; without rows only the format can be chosen."""

    formats: tuple[Field, ...]
    kind: str = ""
    text_boxes: tuple[Box, ...] = ()
    more_text_boxes: tuple[Box, ...] = ()
    columns: tuple[Field, ...] = ()
    heads: tuple[Cell, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()
    encoding_is_certain: bool = True
    encoding_words: str = ""
    row_count: int | None = None


def preview_view(preview: Preview, form: ReadForm) -> PreviewView:
    """What a file seems to be, as a person corrects it."""
    roles = dict.fromkeys(preview.texts, "text")
    roles |= {guess.column: "label" for guess in (preview.label,) if guess}
    roles |= {guess.column: "split" for guess in (preview.split,) if guess}
    heads = tuple(Cell(name, roles.get(name, "")) for name in preview.columns)
    boxes = _text_boxes(preview)
    return PreviewView(
        kind=_KINDS[preview.kind],
        text_boxes=boxes[:MOST_TEXT_BOXES],
        more_text_boxes=boxes[MOST_TEXT_BOXES:],
        columns=(
            _column("label", "Labels", preview.candidates.label, preview.columns),
            _column("split", "Split", preview.candidates.split, preview.columns, none=_NO_SPLIT),
        ),
        formats=tuple(_formats(preview, form)),
        heads=heads,
        rows=tuple(
            tuple(Cell(text, head.role) for text, head in zip(row, heads, strict=True))
            for row in preview.rows
        ),
        notes=preview.notes,
        encoding_is_certain=preview.encoding is None or preview.encoding.is_certain,
        encoding_words=preview.encoding.title if preview.encoding else "",
        row_count=preview.row_count,
    )


def unreadable_view(form: ReadForm) -> PreviewView:
    """The columns page of a file that cannot be read as chosen: the format can be chosen again."""
    quote = None if form.quote is None else form.quote or "none"
    formats = (
        _choice("encoding", "Encoding", form.encoding or "", _ENCODINGS),
        _choice("delimiter", "Delimiter", form.delimiter or "", _DELIMITERS),
        _choice("quote", "Quotes", quote or "", _QUOTES),
        _choice("header", "First row", _truth(form.header), _HEADERS),
    )
    return PreviewView(formats=formats)


def _text_boxes(preview: Preview) -> tuple[Box, ...]:
    """A box for each column, in the order of the file, in which texts are joined; likely ones come early."""
    reasons = {guess.column: guess.reason for guess in preview.candidates.text}
    hints = {column: "" if reason == CHOSEN else reason for column, reason in reasons.items()}
    likely = [column for column in preview.columns if column in reasons]
    ordered = likely + [column for column in preview.columns if column not in reasons]
    return tuple(Box(name, name in preview.texts, _capital(hints.get(name, ""))) for name in ordered)


def _column(
    name: str, title: str, guesses: Sequence[ColumnGuess], columns: Sequence[str], *, none: str = ""
) -> Field:
    """A select whose likely options say why they are."""
    guess = guesses[0] if guesses else None
    empty = (Option("", none or "Choose…"),) if none or guess is None else ()
    likely = tuple(
        # The hint already says why the first is the first.
        Option(one.column, one.column if one is guess else f"{one.column} ({one.reason})")
        for one in guesses
    )
    known = {one.column for one in guesses}
    others = tuple(Option(column, column) for column in columns if column not in known)
    hint = guess.reason if guess else ("" if none else "no column looks right")
    return Field(name, title, guess.column if guess else "", (*empty, *others), _capital(hint), likely)


def _formats(preview: Preview, form: ReadForm) -> Iterator[Field]:
    """What can be chosen about a file of this kind."""
    if len(preview.sheets) > 1 and preview.sheet is not None:
        yield _choice("sheet", "Sheet", preview.sheet, {name: name for name in preview.sheets})
    if preview.encoding is not None:
        yield _choice("encoding", "Encoding", preview.encoding.name, _ENCODINGS, preview.encoding.reason)
    if preview.dialect is not None:
        yield _choice(
            "delimiter", "Delimiter", preview.dialect.delimiter, _DELIMITERS, preview.dialect.reason
        )
        yield _choice("quote", "Quotes", _quote(preview.dialect), _QUOTES)
    if preview.kind in (Kind.delimited, Kind.workbook):
        header = _truth(preview.header.has_header)
        yield _choice("header", "First row", header, _HEADERS, preview.header.reason)
    merging = _truth(form.merge_case is not False)
    yield _choice("merge_case", "Upper and lower case", merging, _MERGING)


def _quote(dialect: Dialect) -> str:
    return dialect.quote or "none"


def _truth(value: bool | None) -> str:  # noqa: FBT001  # the value of a select, not a switch
    return "" if value is None else str(value).lower()


def _choice(name: str, title: str, value: str, known: Mapping[str, str], reason: str = "") -> Field:
    options = [Option(key, words) for key, words in known.items()]
    if value not in known:
        options.insert(0, Option(value, value or "Guess it"))
    return Field(name, title, value, tuple(options), _capital(reason))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
