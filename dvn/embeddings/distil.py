"""The packages' tables become one small committed file: `python -m dvn.embeddings.distil [FILE]`.

It holds what the tables need beyond their packages:

- `use_mean`, `use_projection`: principal components of USE's 128,000 token vectors, 512 -> 256,
  each token counted once. Committed, since components differ in sign and in the last bits between machines.
- `wordllama_probability`, `minilm_probability`: how common each token is in English. GloVe's
  vocabulary is sorted by frequency in 6 billion words, so that word r has probability 1 / (r H)
  by Zipf's law; each word is tokenised and its probability goes to its tokens.

USE's own probabilities need no file: its sentencepiece model stores each token's unigram
log-probability (their exponentials sum to 0.996).
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet  # type: ignore[import-untyped]  # no stubs
from jaxtyping import Float
from safetensors.numpy import save_file

from dvn.embeddings.catalogue import (
    DISTILLED,
    GLOVE_WORDS,
    MINILM_TOKENISER,
    MODULES,
    WORDLLAMA_TOKENISER,
)
from dvn.embeddings.tokenisers import WordPieces, zipf
from dvn.embeddings.use_port import load_use_port
from dvn.embeddings.weights import WeightFile

_FIRST_TOKEN = 6  # Below are marks and spare ids.


def principal_components(dim: int) -> tuple[Float[np.ndarray, " 512"], Float[np.ndarray, "512 dim"]]:
    """Mean of USE's token vectors and their first `dim` principal directions, largest first."""
    table = load_use_port().rows(np.arange(_FIRST_TOKEN, MODULES["use_table"].vocabulary_size))
    mean = table.mean(axis=0, dtype=np.float64)
    covariance = np.cov(table.astype(np.float64), rowvar=False)
    _, directions = np.linalg.eigh(covariance)
    components = directions[:, ::-1][:, :dim]
    # A fixed sign: the largest entry of each direction is positive.
    largest = np.abs(components).argmax(axis=0)
    components = components * np.sign(components[largest, np.arange(dim)])
    return mean.astype(np.float32), np.ascontiguousarray(components, dtype=np.float32)


def token_probabilities(tokeniser: WeightFile, vocabulary_size: int) -> Float[np.ndarray, " vocabulary"]:
    """How common each token of a tokeniser is in English, from GloVe's words sorted by frequency."""
    words = parquet.read_table(GLOVE_WORDS.verified()).column(0).to_pylist()
    ids = WordPieces(tokeniser.verified())(words)
    weights = np.repeat(zipf(len(words)), [len(word_ids) for word_ids in ids])
    flat = np.fromiter((number for word_ids in ids for number in word_ids), dtype=np.int64)
    counts = np.bincount(flat, weights=weights, minlength=vocabulary_size)
    return np.asarray(counts / counts.sum(), dtype=np.float32)


def distil(path: Path) -> None:
    """Write the file of everything the tables need beyond their packages."""
    mean, projection = principal_components(MODULES["use_table"].dim)
    tensors = {
        "use_mean": mean,
        "use_projection": projection,
        "wordllama_probability": token_probabilities(
            WORDLLAMA_TOKENISER, MODULES["wordllama"].vocabulary_size
        ),
        "minilm_probability": token_probabilities(MINILM_TOKENISER, MODULES["minilm_table"].vocabulary_size),
    }
    save_file(tensors, path)


if __name__ == "__main__":
    distil(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / DISTILLED.path)
