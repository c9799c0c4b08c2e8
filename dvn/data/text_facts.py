"""Each text becomes three numbers, found once, that sampling and splitting go by in place of the text."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int, UInt64

FACTS_SEED: Final = 0
"""The split whose orders are facts: that of every dataset unless a seed is chosen."""

MOST_BLOCK_ROWS: Final = 20_000
MOST_BLOCK_CHARACTERS: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class TextFacts:
    """Three numbers for each text of a dataset.

    Attributes:
        lengths: Its characters.
        keys: A hash of the text, by which samples are drawn.
        orders: A hash of the text without case and white space, by which the split goes.
    """

    lengths: Int[np.ndarray, " texts"]
    keys: UInt64[np.ndarray, " texts"]
    orders: UInt64[np.ndarray, " texts"]

    def at(self, rows: Int[np.ndarray, " rows"]) -> "TextFacts":
        """The facts of some rows."""
        return TextFacts(self.lengths[rows], self.keys[rows], self.orders[rows])


def facts_of(texts: Iterable[str]) -> TextFacts:
    """The facts of texts that are read once."""
    # An empty block, so that no texts are three empty arrays.
    lengths, keys, orders = (
        np.concatenate(found)
        for found in zip(
            *((_lengths(some), text_keys(some), split_orders(some, FACTS_SEED)) for some in _padded(texts)),
            strict=True,
        )
    )
    return TextFacts(lengths, keys, orders)


def text_keys(texts: Sequence[str]) -> UInt64[np.ndarray, " texts"]:
    """For each text the first eight bytes of a hash of it."""
    return _hashes(hashlib.blake2b(digest_size=8), texts)


def split_orders(texts: Sequence[str], seed: int) -> UInt64[np.ndarray, " texts"]:
    """For each text a hash of it and the seed; equal for texts that differ in case and white space only."""
    return _hashes(hashlib.blake2b(f"split {seed}\n".encode(), digest_size=8), map(plain, texts))


def plain(text: str) -> str:
    """A text without case, and with one space for any white space within."""
    return " ".join(text.split()).casefold()


def blocks(texts: Iterable[str], *, most_rows: int | None = None) -> Iterator[list[str]]:
    """The texts in their order, so many at a time that memory does not grow with their number."""
    most_rows = most_rows or MOST_BLOCK_ROWS
    block: list[str] = []
    characters = 0
    for text in texts:
        block.append(text)
        characters += len(text)
        if len(block) >= most_rows or characters >= MOST_BLOCK_CHARACTERS:
            yield block
            block, characters = [], 0
    if block:
        yield block


def _padded(texts: Iterable[str]) -> Iterator[list[str]]:
    yield []
    yield from blocks(texts)


def _lengths(texts: Sequence[str]) -> Int[np.ndarray, " texts"]:
    return np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


def _hashes(start: "hashlib.blake2b", texts: Iterable[str]) -> UInt64[np.ndarray, " texts"]:
    digests = bytearray()
    for text in texts:
        digest = start.copy()
        digest.update(text.encode("utf-8", "surrogatepass"))
        digests += digest.digest()
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64)
