"""Texts become flat arrays of word numbers; links and mentions become one word each."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from jaxtyping import Bool, Int, UInt64

LINK, MENTION = "\ue000", "\ue001"
"""What stands for a link and for an @mention: two characters for private use, which texts hardly have."""

MOST_CHARACTERS: Final = 4_000
"""Of one text; what comes after is not compared."""

_LINK: Final = re.compile(r"(?:https?:?//|www\.)\S+")
_MENTION: Final = re.compile(r"(?<!\w)@\w+")
# Without spaces between words every character counts as one.
_SINGLE: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD: Final = re.compile(f"[{LINK}{MENTION}{_SINGLE}]|[^\\W{_SINGLE}]+")
_IS_SINGLE: Final = re.compile(f"[{_SINGLE}]")
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of texts, one after the other.

    Attributes:
        ids: The number of each word.
        starts: Where each text begins in `ids`, and where the last ends.
        vocabulary: The words by number.
    """

    ids: Int[np.ndarray, " words"]
    starts: Int[np.ndarray, " borders"]
    vocabulary: tuple[str, ...]

    @property
    def lengths(self) -> Int[np.ndarray, " texts"]:
        """How many words each text has."""
        return np.diff(self.starts)


class _Numbers(dict[str, int]):
    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def words_of(texts: Sequence[str]) -> Words:
    """The words of texts that are casefolded already."""
    lines = [_WORD.findall(_without_addresses(text[:MOST_CHARACTERS])) for text in texts]
    numbers = _Numbers()
    total = sum(map(len, lines))
    ids = np.fromiter(map(numbers.__getitem__, chain.from_iterable(lines)), dtype=np.int64, count=total)
    starts = np.zeros(len(lines) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, lines), dtype=np.int64, count=len(lines)), out=starts[1:])
    return Words(ids, starts, tuple(numbers))


def are_single(vocabulary: Sequence[str]) -> Bool[np.ndarray, " words"]:
    """Which words are single characters of a script that puts no spaces between words."""
    return np.array([_IS_SINGLE.fullmatch(word) is not None for word in vocabulary], dtype=bool)


def hashes_of(vocabulary: Sequence[str]) -> UInt64[np.ndarray, " words"]:
    """A number for each word, the same on every machine; words that differ in digits only share one."""
    digests = bytearray()
    for word in vocabulary:
        plain = word if word.isalpha() else _DIGITS.sub("0", word)
        digests += hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64)


def _without_addresses(text: str) -> str:
    if "http" in text or "www." in text:
        text = _LINK.sub(LINK, text)
    if "@" in text:
        text = _MENTION.sub(MENTION, text)
    return text
