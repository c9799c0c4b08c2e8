"""The lines of a JSON file become its values, each with its row and its line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from dvn.data.cells import literal_number
from dvn.data.choices import Limits
from dvn.data.row_errors import BrokenJsonError, LineTooLongError

_DECODER: Final = json.JSONDecoder(
    parse_float=literal_number, parse_int=str, parse_constant=literal_number, strict=False
)
_BLANK: Final = " \t\r\n"
_LONGEST_TOKEN: Final = 10
_FAULTS: Final = (
    ("Expecting ','", "a comma is missing"),
    ("Expecting ':'", "a colon is missing"),
    ("Expecting property name", "a name in double quotes is missing"),
    ("Expecting value", "a value is missing"),
    ("Unterminated string", "the text that begins here is not closed"),
    ("Extra data", "something follows the value"),
    ("Illegal trailing comma", "nothing follows a comma"),
    ("Invalid \\", "a backslash stands before a character that it cannot stand before"),
)
_TOO_DEEP: Final = "it is nested too deeply"


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A value of a file with its place."""

    value: Any
    row: int
    line: int


def parse(text: str) -> Any:
    """The value of a text; numbers stay as they are written.

    Raises:
        json.JSONDecodeError, RecursionError: It is none.
    """
    return _DECODER.decode(text)


def values_of_lines(lines: Iterator[str]) -> Iterator[JsonValue]:
    """The value of each line; blank lines are passed over.

    Raises:
        BrokenJsonError: A line is no value.
    """
    row = 0
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        row += 1
        try:
            yield JsonValue(parse(text.strip()), row, line)
        except json.JSONDecodeError as error:
            raise BrokenJsonError(row, line, error.colno, _fault(error)) from None
        except RecursionError:
            raise BrokenJsonError(row, line, 1, _TOO_DEEP) from None


def values_of_list(texts: Iterator[str], limits: Limits) -> Iterator[JsonValue]:
    """The items of one list, or values one after another, that may span lines.

    Raises:
        BrokenJsonError: An item is no value, or the list does not end.
        LineTooLongError: An item is longer than allowed.
    """
    text = _Text(texts, limits)
    is_list = text.skip_blank() == "["
    if is_list:
        text.take()
    row = 0
    while True:
        following = text.skip_blank()
        if following == ("]" if is_list else ""):
            break
        if row and is_list and following == ",":
            text.take()
            text.skip_blank()
        elif row and is_list:
            text.refuse(row + 1, "a comma or the end of the list is missing")
        row += 1
        line = text.line
        yield JsonValue(text.value(row), row, line)
    if is_list:
        text.take()
        if text.skip_blank():
            text.refuse(row + 1, "something follows the end of the list")


class _Text:
    """The text of a file, of which only the value at hand is held."""

    def __init__(self, texts: Iterator[str], limits: Limits) -> None:
        self._texts, self._limits = texts, limits
        self._held, self._at = "", 0
        self.line, self._line_start = 1, 0

    def skip_blank(self) -> str:
        """The next character that is not blank; "" at the end."""
        while True:
            end = self._at
            while end < len(self._held) and self._held[end] in _BLANK:
                end += 1
            self._pass(end)
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def take(self) -> None:
        """Pass the next character."""
        self._pass(self._at + 1)

    def value(self, row: int) -> Any:
        """The next value, passed."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                self._refuse_long(row)
                # A value that fails at the end of what is held may only be cut.
                is_cut = error.pos >= len(self._held) - _LONGEST_TOKEN or error.msg.startswith("Unterminated")
                if not is_cut or not self._more():
                    self._refuse_broken(row, error)
            except RecursionError:
                self.refuse(row, _TOO_DEEP)
            else:
                if end == len(self._held) and isinstance(value, str) and self._more():
                    continue  # A number may go on in the next piece.
                self._pass(end)
                return value

    def refuse(self, row: int, fault: str) -> None:
        raise BrokenJsonError(row, self.line, self._at - self._line_start + 1, fault)

    def _refuse_broken(self, row: int, error: json.JSONDecodeError) -> None:
        self._pass(min(error.pos, len(self._held)))
        self.refuse(row, _fault(error))

    def _refuse_long(self, row: int) -> None:
        if len(self._held) - self._at > self._limits.max_line_chars:
            raise LineTooLongError(row, self.line, self._limits.max_line_chars)

    def _pass(self, end: int) -> None:
        breaks = self._held.count("\n", self._at, end)
        if breaks:
            self.line += breaks
            self._line_start = self._held.rfind("\n", self._at, end) + 1
        self._at = end

    def _more(self) -> bool:
        """Read on; what was passed is let go."""
        following = next(self._texts, "")
        self._held = self._held[self._at :] + following
        self._line_start -= self._at
        self._at = 0
        return bool(following)


def _fault(error: json.JSONDecodeError) -> str:
    """What is wrong, without a word of the file."""
    return next((said for start, said in _FAULTS if error.msg.startswith(start)), "it is no JSON")
