"""A text becomes its words: pieces that can be left out one at a time.

Where a script writes no spaces, a piece is one character with the marks on it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

_NO_SPACES: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003134f]"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a text: the characters from `start` up to `end`."""

    start: int
    end: int


def words_of(text: str) -> tuple[Word, ...]:
    """The words and marks of a text in their order; white space is between them."""
    found: list[Word] = []
    for match in _piece().finditer(text):
        start, end = match.span()
        if _NO_SPACES.search(text, start, end):
            found += _characters(text, start, end)
        else:
            found.append(Word(start, end))
    return tuple(found)


def without(text: str, word: Word) -> str:
    """The text as if the word had not been written: without it and without one of two spaces around it."""
    before, after = text[: word.start], text[word.end :]
    if before[-1:].isspace() and after[:1].isspace():
        after = after[1:]
    return before + after


@cache
def _piece() -> re.Pattern[str]:
    """Words, apostrophes inside them included, or runs of marks; to Python a combining mark is no letter."""
    points = [c for c in range(0x300, 0x20000) if unicodedata.category(chr(c)).startswith("M")]
    marks = "".join(map(chr, points))
    return re.compile(rf"\w[\w{marks}]*(?:['\u2019]\w[\w{marks}]*)*|[^\w\s]+")


def _characters(text: str, start: int, end: int) -> list[Word]:
    """Runs of other scripts whole, characters of these scripts one by one with the marks that follow them."""
    found: list[Word] = []
    for place in range(start, end):
        is_mark = unicodedata.category(text[place]).startswith("M")
        goes_on = is_mark or not (_NO_SPACES.match(text, place) or _ends_a_character(text, place, start))
        if found and goes_on:
            found[-1] = Word(found[-1].start, place + 1)
        else:
            found.append(Word(place, place + 1))
    return found


def _ends_a_character(text: str, place: int, start: int) -> bool:
    """Whether what stands before this place is a character of a script without spaces."""
    before = place - 1
    while before > start and unicodedata.category(text[before]).startswith("M"):
        before -= 1
    return bool(_NO_SPACES.match(text, before))
