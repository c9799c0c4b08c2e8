"""Texts become counts of their words and of their character n-grams, and counts become similarities."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

MAX_CHARACTERS = 1_200
"""Of one text; what comes after is not read."""

_SHORTEST, _LONGEST = 3, 5
_BUCKET_BITS = 18
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_WORD = re.compile(r"\w+|[^\w\s]")


def count_words(texts: Sequence[str]) -> sparse.csr_matrix:
    """How often each text has each word or mark, in lower case."""
    numbers: dict[str, int] = {}
    lines = [
        [numbers.setdefault(word, len(numbers)) for word in _WORD.findall(text[:MAX_CHARACTERS].lower())]
        for text in texts
    ]
    rows = np.repeat(np.arange(len(texts)), list(map(len, lines)))
    columns = np.fromiter((number for line in lines for number in line), dtype=np.int64, count=len(rows))
    return _counted(rows, columns, (len(texts), max(1, len(numbers))))


def count_characters(texts: Sequence[str]) -> sparse.csr_matrix:
    """How often each text has each n-gram of 3 to 5 characters, hashed; spaces begin and end a text."""
    lines = [f" {' '.join(text[:MAX_CHARACTERS].lower().split())} " for text in texts]
    joined = "".join(lines).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, dtype=np.uint32).astype(np.uint64)
    line_of = np.repeat(np.arange(len(lines)), list(map(len, lines)))
    rows, columns, hashes = [], [], codes * _MULTIPLIER
    for length in range(2, _LONGEST + 1):
        # A step of a polynomial hash at all places at once; arithmetic is modulo 2**64.
        hashes = (hashes[:-1] + codes[length - 1 :]) * _MULTIPLIER
        if length >= _SHORTEST:
            inside = line_of[: len(hashes)] == line_of[length - 1 :]
            rows.append(line_of[: len(hashes)][inside])
            columns.append((hashes[inside] >> np.uint64(64 - _BUCKET_BITS)).astype(np.int64))
    return _counted(np.concatenate(rows), np.concatenate(columns), (len(texts), 1 << _BUCKET_BITS))


def similarities(counts: sparse.csr_matrix) -> Float[np.ndarray, "texts texts"]:
    """Cosines between texts under TF-IDF, of which a text with nothing counted has none."""
    texts, width = counts.shape
    frequency = np.bincount(counts.indices, minlength=width)
    rarity = np.log((1.0 + texts) / (1.0 + frequency)) + 1.0
    weighted = (1.0 + np.log(counts.data)) * rarity[counts.indices]
    weights = sparse.csr_matrix((weighted, counts.indices, counts.indptr), counts.shape)
    lengths = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    weights.data /= np.repeat(np.maximum(lengths, 1e-9), np.diff(counts.indptr))
    return np.asarray((weights @ weights.T).todense())


def _counted(
    rows: Int[np.ndarray, " tokens"], columns: Int[np.ndarray, " tokens"], shape: tuple[int, int]
) -> sparse.csr_matrix:
    counts = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
    counts.sum_duplicates()
    return counts
