"""The first values of a JSON file become an open table; each object is a row."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dvn.data.cells import cell_text
from dvn.data.choices import Limits, ReadChoices
from dvn.data.delimited_table import TextStart
from dvn.data.encoding import EncodingGuess
from dvn.data.file_kinds import Kind
from dvn.data.header import HeaderGuess, name_columns
from dvn.data.json_values import JsonValue, parse, values_of_lines, values_of_list
from dvn.data.lines import LineFaultError, split_lines, split_texts
from dvn.data.row_errors import NoObjectError
from dvn.data.sources import Source
from dvn.data.table import Reading, Table, guarded, is_sampled
from dvn.data.text_faults import explain, until_confirmed
from dvn.errors import DataError

_DEEPEST: Final = 4
_LONE_TEXT: Final = ("text",)
_KEYS: Final = "the keys of the objects are the names"

Path = tuple[str, ...]


class EmptyListError(DataError):
    """A JSON file has a list of nothing."""

    def __init__(self) -> None:
        super().__init__("The list in the JSON file is empty; an object for each labelled text is needed.")


@dataclass(frozen=True, slots=True)
class JsonReader:
    """Reads the rows of a JSON file.

    Attributes:
        source: Where the file is.
        kind: One value a line, or one list.
        encoding: How its characters are written.
        choices: What a person decided.
        limits: How much is allowed.
        paths: For each column the keys that lead to it.
        holds_texts: Whether each value is a text, not an object.
    """

    source: Source
    kind: Kind
    encoding: EncodingGuess
    choices: ReadChoices
    limits: Limits
    paths: tuple[Path, ...] = (_LONE_TEXT,)
    holds_texts: bool = False

    def rows(self, reading: Reading) -> Iterator[list[str]]:
        """All rows, each as wide as the table; a key that an object lacks is an empty cell."""
        names = [".".join(path) for path in self.paths]
        return guarded(self._rows(reading), names, packed=self.source.size, limits=self.limits)

    def _rows(self, reading: Reading) -> Iterator[list[str]]:
        for value in self.values(confirmed=reading.confirmed):
            self.refuse_other(value)
            yield self.row(value.value, reading.only)

    def row(self, value: Any, only: frozenset[int] | None = None) -> list[str]:
        """The cells of one value; those of columns that do not matter are empty."""
        if isinstance(value, str):
            return [value]
        return [
            _cell(value, path) if only is None or at in only else "" for at, path in enumerate(self.paths)
        ]

    @property
    def expected(self) -> type:
        """What every value is to be."""
        return str if self.holds_texts else dict

    def values(self, *, confirmed: bool = False) -> Iterator[JsonValue]:
        """All values of the file."""
        encoding = until_confirmed(self.encoding, confirmed=confirmed)
        pieces = self.source.pieces(max_bytes=self.limits.max_bytes)
        if self.kind == Kind.json_lines:
            found = values_of_lines(split_lines(pieces, encoding, max_chars=self.limits.max_line_chars))
        else:
            found = values_of_list(split_texts(pieces, encoding), self.limits)
        row = 0
        try:
            for value in found:
                row = value.row
                yield value
        except LineFaultError as fault:
            fault.row = row + 1
            raise explain(fault, self.source, self.encoding, self.choices, self.limits) from None

    def refuse_other(self, value: JsonValue) -> None:
        """Refuse a value that is no row of this table.

        Raises:
            NoObjectError: It is not what the first value was.
        """
        if not isinstance(value.value, self.expected):
            raise NoObjectError(
                value.row, value.line, _called(value.value), "a text" if self.holds_texts else "an object"
            )


def open_json(source: Source, start: TextStart, choices: ReadChoices, limits: Limits) -> Table:
    """The table of a JSON file: one object a line, or a list of objects.

    The columns are the keys of the first objects, in the order in which they come up; keys of objects in
    objects are joined by a dot.

    Raises:
        DataError: The first values are broken or no objects.
    """
    kind = _kind(start.text)
    reader = JsonReader(source, kind, start.encoding, choices, limits)
    first, is_whole, fault = _first_values(reader)
    if not first:
        raise fault or EmptyListError
    holds_texts = isinstance(first[0].value, str)
    paths = (_LONE_TEXT,) if holds_texts else _paths(first)
    header = HeaderGuess(has_header=True, reason=_KEYS)
    names = name_columns([".".join(path) for path in paths], header, max_columns=limits.max_columns)
    reader = replace(reader, paths=paths, holds_texts=holds_texts)
    if not isinstance(first[0].value, (str, dict)):
        reader.refuse_other(first[0])
    rows = [reader.row(value.value) for value in first if isinstance(value.value, reader.expected)]
    return Table(
        kind=kind,
        names=names,
        header=header,
        first_rows=tuple(rows),
        is_whole=is_whole,
        size=source.size,
        choices=choices,
        limits=limits,
        reader=reader,
        encoding=start.encoding,
        notes=source.notes(),
    )


def _kind(text: str) -> Kind:
    """One value a line, unless the first line is no value, or begins a list of what may be rows."""
    first, has_more, rest = text.lstrip("\ufeff \t\r\n").partition("\n")
    try:
        value = parse(first.strip())
    except (json.JSONDecodeError, RecursionError):
        # A broken first line of many is told by its end; a pretty-printed object opens and goes on.
        is_cut = not has_more or first.rstrip().endswith("}")
        return Kind.json_lines if is_cut and not first.startswith("[") else Kind.json
    is_list_of_rows = isinstance(value, list) and not rest.lstrip().startswith("[")
    return Kind.json if is_list_of_rows else Kind.json_lines


def _first_values(reader: JsonReader) -> tuple[list[JsonValue], bool, DataError | None]:
    """The values before the first fault, whether they are all, and the fault."""
    found: list[JsonValue] = []
    characters = 0
    try:
        for value in reader.values(confirmed=True):
            if is_sampled(len(found), characters):
                return found, False, None
            found.append(value)
            characters += len(str(value.value))
    except DataError as error:
        return found, False, error
    return found, True, None


def _paths(values: Sequence[JsonValue]) -> tuple[Path, ...]:
    """The ways to all cells of the objects, in the order in which they come up."""
    found: dict[Path, None] = {}
    for value in values:
        if isinstance(value.value, dict):
            for path in _ways(value.value, ()):
                found.setdefault(path)
    # Where a key holds an object here and a text there, the object's own cells are enough.
    return tuple(found) or (_LONE_TEXT,)


def _ways(value: Mapping[str, Any], before: Path) -> Iterator[Path]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner and len(before) < _DEEPEST - 1:
            yield from _ways(inner, (*before, key))
        else:
            yield (*before, key)


def _cell(value: Any, path: Path) -> str:
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    return value if isinstance(value, str) else cell_text(value)


def _called(value: Any) -> str:
    kinds = ((dict, "an object"), (list, "a list"), (str, "a text or a number"), (bool, "true or false"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")
