"""Texts become weighted counts of tokens, and counts times a token table become text vectors."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, final

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from dvn.embeddings.catalogue import ModuleFacts
from dvn.embeddings.tokenisers import Tokeniser

# Texts tokenised at once: bounds the memory that Python lists of ids take.
_BATCH = 2048


class Vectors(Protocol):
    """The rows of a token table, whole or in part."""

    def all(self) -> Float[np.ndarray, "vocabulary dim"]:
        """Every row; read-only, memory-mapped where the file allows it."""

    def rows(self, ids: Int[np.ndarray, " tokens"]) -> Float[np.ndarray, "tokens dim"]:
        """Copies of some rows, without building the others."""


@dataclass(frozen=True, slots=True)
class TableParts:
    """What a token table is made of, once it is loaded.

    Attributes:
        tokenise: Splits texts into ids below the number of weights.
        weights: Smooth inverse frequency of each token; 0 leaves a token out.
        probabilities: How common each token is; the order of `common_rows`.
        vectors: The rows.
    """

    tokenise: Tokeniser
    weights: Float[np.ndarray, " vocabulary"]
    probabilities: Float[np.ndarray, " vocabulary"]
    vectors: Vectors


@final
class TokenTable:
    """A static vector for each token; a text is the weighted mean of its tokens.

    Attributes:
        name: The module's name.
        version: Changes whenever the same text would get another vector.
        dim: Width of a vector.
        vocabulary_size: Number of rows.
        licence: One sentence about the weights' licence and origin.
        bytes: Size of the whole table as float32.
    """

    def __init__(self, facts: ModuleFacts, load: Callable[[], TableParts]) -> None:
        self.name = facts.name
        self.version = facts.version
        self.dim = facts.dim
        self.vocabulary_size = facts.vocabulary_size
        self.licence = facts.licence
        self.bytes = facts.bytes
        self._load = load
        self._loaded: TableParts | None = None
        self._loading = threading.Lock()

    @property
    def _parts(self) -> TableParts:
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    self._loaded = self._load()
        return self._loaded

    @property
    def vectors(self) -> Float[np.ndarray, "vocabulary dim"]:
        """The whole table, read-only; `rows` is cheaper where few tokens occur."""
        return self._parts.vectors.all()

    @property
    def weights(self) -> Float[np.ndarray, " vocabulary"]:
        """How much each token counts in a text: smooth inverse frequency, 0 where it is left out."""
        return self._parts.weights

    def rows(self, ids: Int[np.ndarray, " tokens"]) -> Float[np.ndarray, "tokens dim"]:
        """Writable copies of some rows of the table, in the order of `ids`."""
        return self._parts.vectors.rows(ids)

    def count(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Weighted token counts, so that `count(texts) @ vectors` is each text's vector.

        Each row sums to one; the row of a text without a known token is zero. The first 256
        tokens of a text count.
        """
        batches = [self._count(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        if not batches:
            return sparse.csr_matrix(np.zeros((0, self.vocabulary_size), dtype=np.float32))
        return sparse.csr_matrix(sparse.vstack(batches, format="csr", dtype=np.float32))

    def encode(self, texts: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
        """The weighted mean of each text's token vectors; zeros where no token is known."""
        counts = self.count(texts)
        used, columns = np.unique(counts.indices, return_inverse=True)
        if not used.size:
            return np.zeros((len(texts), self.dim), dtype=np.float32)
        cut = sparse.csr_matrix((counts.data, columns, counts.indptr), shape=(len(texts), used.size))
        return np.asarray(cut @ self.rows(used), dtype=np.float32)

    def common_rows(self, k: int) -> Int[np.ndarray, " tokens"]:
        """Ids of the `k` most common tokens that carry weight, most common first; ties by id."""
        parts = self._parts
        order = np.argsort(-parts.probabilities, kind="stable")
        return order[parts.weights[order] > 0][:k]

    def _count(self, texts: Sequence[str]) -> sparse.csr_matrix:
        parts = self._parts
        ids = parts.tokenise(texts)
        ends = np.cumsum([0, *map(len, ids)])
        flat = np.fromiter(chain.from_iterable(ids), dtype=np.int32, count=int(ends[-1]))
        shape = (len(texts), self.vocabulary_size)
        counts = sparse.csr_matrix((parts.weights[flat], flat, ends.astype(np.int32)), shape=shape)
        counts.sum_duplicates()
        counts.eliminate_zeros()
        totals = np.asarray(counts.sum(axis=1), dtype=np.float32).ravel()
        counts.data /= np.repeat(totals, np.diff(counts.indptr))
        return counts
