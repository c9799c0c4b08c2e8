"""The packages' files become the parts of the four token tables."""

import json
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from safetensors.numpy import load_file

from dvn.embeddings import catalogue
from dvn.embeddings.tables import TableParts
from dvn.embeddings.tokenisers import WordPieces, Words, zipf
from dvn.embeddings.use_port import UsePort, load_use_port

# The a of Arora et al. (2017), weight a / (a + p): of none, 1e-2, 3e-3, 1e-3 and 3e-4 the best mean
# accuracy of a linear probe on seven tasks. USE's table gains 1.3 points over plain means (78.4 to
# 79.7) and from 3e-4 on only loses; the English ones gain 0.5 at most, and at 3e-4 lose up to nine on
# questions, whose classes hang on words as common as "how" and "where".
_SMOOTHING = {"glove": 3e-3, "wordllama": 1e-2, "use_table": 3e-4, "minilm_table": 3e-3}


class StoredVectors:
    """A table that lies in a file or in memory as it is used."""

    def __init__(self, table: Float[np.ndarray, "vocabulary dim"]) -> None:
        self._table = table.view(np.ndarray)
        self._table.flags.writeable = False

    def all(self) -> Float[np.ndarray, "vocabulary dim"]:
        """Every row, read-only."""
        return self._table

    def rows(self, ids: Int[np.ndarray, " tokens"]) -> Float[np.ndarray, "tokens dim"]:
        """Copies of some rows."""
        return np.asarray(self._table[ids])


class ProjectedVectors:
    """USE's token table on its first principal components, computed for the rows asked for.

    The whole table takes 131 MB, so it is built only when asked for.
    """

    def __init__(
        self, port: UsePort, mean: Float[np.ndarray, " 512"], projection: Float[np.ndarray, "512 dim"]
    ) -> None:
        self._port = port
        self._mean = mean
        self._projection = projection
        self._whole: Float[np.ndarray, "vocabulary dim"] | None = None
        self._building = threading.Lock()

    def all(self) -> Float[np.ndarray, "vocabulary dim"]:
        """Every row, read-only."""
        with self._building:
            if self._whole is None:
                self._whole = self.rows(np.arange(catalogue.MODULES["use_table"].vocabulary_size))
                self._whole.flags.writeable = False
            return self._whole

    def rows(self, ids: Int[np.ndarray, " tokens"]) -> Float[np.ndarray, "tokens dim"]:
        """Some rows."""
        vectors = np.empty((len(ids), self._projection.shape[1]), dtype=np.float32)
        for start in range(0, len(ids), 8192):
            part = slice(start, start + 8192)
            vectors[part] = (self._port.rows(ids[part]) - self._mean) @ self._projection
        return vectors


def smooth_inverse_frequency(
    probabilities: Float[np.ndarray, " vocabulary"], *, smoothing: float
) -> Float[np.ndarray, " vocabulary"]:
    """A weight in (0, 1] for each token, small for common ones."""
    return (smoothing / (smoothing + probabilities)).astype(np.float32)


def load_glove() -> TableParts:
    """GloVe: 400,000 English words sorted by frequency, so that Zipf's law gives probabilities."""
    table = np.load(catalogue.GLOVE_VECTORS.verified(), mmap_mode="r")
    probabilities = zipf(len(table))
    return TableParts(
        Words(catalogue.GLOVE_WORDS.verified()),
        smooth_inverse_frequency(probabilities, smoothing=_SMOOTHING["glove"]),
        probabilities,
        StoredVectors(table),
    )


def load_wordllama() -> TableParts:
    """WordLlama: Llama 2's 32,000 tokens, distilled to 256 numbers for mean pooling."""
    table = map_tensor(catalogue.WORDLLAMA_VECTORS.verified(), "embedding.weight")
    probabilities = _distilled()["wordllama_probability"]
    weights = smooth_inverse_frequency(probabilities, smoothing=_SMOOTHING["wordllama"])
    weights[:3] = 0  # <unk>, <s> and </s> say nothing.
    return TableParts(
        WordPieces(catalogue.WORDLLAMA_TOKENISER.verified()),
        weights,
        probabilities,
        StoredVectors(table.astype(np.float32)),
    )


def load_use_table() -> TableParts:
    """USE's 128,000 multilingual tokens; probabilities are those of its sentencepiece model."""
    port = load_use_port()
    probabilities = port.tokenise.probabilities()
    weights = smooth_inverse_frequency(probabilities, smoothing=_SMOOTHING["use_table"])
    weights[probabilities == 0] = 0
    distilled = _distilled()
    vectors = ProjectedVectors(port, distilled["use_mean"], distilled["use_projection"])
    return TableParts(port.tokenise, weights, probabilities, vectors)


def load_minilm_table() -> TableParts:
    """MiniLM's 30,522 word pieces, as its first layer reads them."""
    table = map_tensor(catalogue.MINILM_WEIGHTS.verified(), "embeddings.word_embeddings.weight")
    probabilities = _distilled()["minilm_probability"]
    weights = smooth_inverse_frequency(probabilities, smoothing=_SMOOTHING["minilm_table"])
    weights[:104] = 0  # Padding, unused tokens, [UNK], [CLS], [SEP] and [MASK].
    return TableParts(
        WordPieces(catalogue.MINILM_TOKENISER.verified()), weights, probabilities, StoredVectors(table)
    )


def map_tensor(path: Path, name: str) -> np.ndarray:
    """One tensor of a safetensors file, read-only and memory-mapped; the library would copy it."""
    with path.open("rb") as stream:
        [length] = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))[name]
    dtype = {"F32": np.float32, "F16": np.float16}[header["dtype"]]
    return np.memmap(
        path,
        dtype=dtype,
        mode="r",
        offset=8 + length + header["data_offsets"][0],
        shape=tuple(header["shape"]),
    )


def _distilled() -> dict[str, np.ndarray]:
    return load_file(catalogue.DISTILLED.verified())


LOADERS: dict[str, Callable[[], TableParts]] = {
    "glove": load_glove,
    "wordllama": load_wordllama,
    "use_table": load_use_table,
    "minilm_table": load_minilm_table,
}
"""How each table is loaded."""
