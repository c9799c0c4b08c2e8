"""One task's texts become the inputs that its architectures need, each computed once and timed."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix

from dvn.data.dataset import Dataset
from dvn.data.split import Split
from dvn.embeddings import get_encoder, get_table
from dvn.embeddings.cache import VectorCache
from dvn.metafeatures.landmarkers import Embed, embed
from dvn.training.ngrams import Ngrams
from dvn.training.single_thread import single_thread
from dvn.training.sparse import multiply

COMMON_ROWS = 8_000
"""Rows of a table kept beside those of the training texts, so that words first met later still count."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class CutTable:
    """The rows in use of a token table, scaled so that pooled training texts have unit mean square."""

    module: str
    rows: Int[np.ndarray, " used"]
    vectors: Float[np.ndarray, "used dim"]

    def counts(self, texts: Sequence[str]) -> csr_matrix:
        """SIF-weighted counts of the rows in use, for any texts."""
        return cut_columns(get_table(self.module).count(texts), self.rows)


@dataclass(frozen=True, slots=True)
class ScaledEncoder:
    """A frozen sentence encoder whose training vectors are scaled to unit mean square."""

    module: str
    scale: float

    def vectors(self, texts: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
        """Scaled vectors of any texts."""
        return get_encoder(self.module).encode(texts) * np.float32(self.scale)


@dataclass(frozen=True, slots=True)
class Whole:
    """The texts that these are some of: an encoder's vectors are computed for all of them at once."""

    texts: Sequence[str]
    rows: Int[np.ndarray, " texts"]


@dataclass(slots=True)
class TaskFeatures:
    """The inputs of every architecture on one split of one dataset; nothing is fitted outside train."""

    dataset: Dataset
    split: Split
    cache: VectorCache | None = None
    whole: Whole | None = None
    watch: Callable[[int], None] | None = None
    """Told how many texts a frozen encoder has done, several times a minute; it may raise to stop."""

    seconds: dict[str, float] = field(default_factory=dict)
    _kept: dict[str, object] = field(default_factory=dict)

    def encoded(self, module: str) -> tuple[ScaledEncoder, Float[np.ndarray, "texts dim"]]:
        """A frozen encoder and its scaled vectors of all texts."""

        def compute() -> tuple[ScaledEncoder, np.ndarray]:
            vectors = self._encode(module)
            scale = _unit_scale(vectors[self.split.train])
            return ScaledEncoder(module, scale), vectors * np.float32(scale)

        return self._once(module, compute)

    def counted(self, module: str) -> tuple[CutTable, csr_matrix]:
        """A cut, scaled table and all texts' counts of its rows."""

        def compute() -> tuple[CutTable, csr_matrix]:
            table = get_table(module)
            counts = table.count(self.dataset.texts)
            in_train = np.unique(counts[self.split.train].indices)
            rows = np.union1d(in_train, table.common_rows(COMMON_ROWS)).astype(np.int64)
            counts = cut_columns(counts, rows)
            vectors = table.rows(rows)
            scale = _unit_scale(multiply(counts, vectors)[self.split.train])
            return CutTable(module, rows, vectors * np.float32(scale)), counts

        return self._once(f"{module} counts", compute)

    def pooled(self, module: str) -> Float[np.ndarray, "texts dim"]:
        """All texts' vectors under a cut, scaled table that is not trained."""

        def compute() -> np.ndarray:
            table, counts = self.counted(module)
            return multiply(counts, table.vectors)

        return self._once(f"{module} pooled", compute)

    def ngrams(self, kind: str) -> tuple[Ngrams, csr_matrix]:
        """N-grams fitted on the training texts, and all texts' weighted counts."""

        def compute() -> tuple[Ngrams, csr_matrix]:
            fitted, _ = Ngrams.fit([self.dataset.texts[i] for i in self.split.train], kind)
            return fitted, fitted.transform(self.dataset.texts)

        return self._once(kind, compute)

    def _encode(self, module: str) -> Float[np.ndarray, "texts dim"]:
        encoder = get_encoder(module)
        if self.cache is None:
            return encoder.encode(self.dataset.texts)
        texts = self.dataset.texts if self.whole is None else self.whole.texts
        vectors = self.cache.vectors(encoder, texts, texts_hash(texts), watch=self.watch)
        return vectors if self.whole is None else vectors[self.whole.rows]

    def _once(self, name: str, compute: Callable[[], Value]) -> Value:
        if name not in self._kept:
            started = time.thread_time()
            # BLAS on two threads rounds otherwise; what is kept must not depend on who asked first.
            with single_thread():
                self._kept[name] = compute()
            self.seconds[name] = time.thread_time() - started
        return self._kept[name]  # type: ignore[return-value]  # stored under this name by this function


def texts_hash(texts: Sequence[str]) -> str:
    """A fingerprint of the texts alone: the vectors of a dataset do not depend on its labels."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\x00")
    return digest.hexdigest()


def known_vectors(cache: VectorCache, texts: Sequence[str]) -> Embed:
    """What embeds some of these texts by a frozen encoder, from the cache where it has those of all texts."""
    row_of = {text: row for row, text in enumerate(texts)}
    fingerprint = texts_hash(texts)

    def vectors(module: str, wanted: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
        stored = cache.stored(get_encoder(module), len(texts), fingerprint)
        return embed(module, wanted) if stored is None else stored[[row_of[text] for text in wanted]]

    return vectors


def cut_columns(counts: csr_matrix, rows: Int[np.ndarray, " used"]) -> csr_matrix:
    """The counts of the kept columns only, renumbered in the order of `rows` (sorted)."""
    places = np.searchsorted(rows, counts.indices)
    places[places == len(rows)] = 0
    known = rows[places] == counts.indices
    lengths = (
        np.add.reduceat(np.append(known, 0), counts.indptr[:-1]) if len(known) else np.zeros(0, np.int64)
    )
    lengths = (
        np.where(np.diff(counts.indptr) > 0, lengths, 0)
        if len(known)
        else np.zeros(counts.shape[0], np.int64)
    )
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    data = counts.data[known].astype(np.float32)
    return csr_matrix((data, places[known].astype(np.int32), indptr), shape=(counts.shape[0], len(rows)))


def _unit_scale(vectors: Float[np.ndarray, "texts dim"]) -> float:
    mean_square = float(np.square(vectors, dtype=np.float64).mean()) if vectors.size else 0.0
    return 1.0 / max(mean_square, 1e-12) ** 0.5 if mean_square > 0 else 1.0
