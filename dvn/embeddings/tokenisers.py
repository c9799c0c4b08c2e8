"""Texts become lists of token ids, one thread, at most 256 tokens a text."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow.parquet as parquet  # type: ignore[import-untyped]  # no stubs
import sentencepiece
import tokenizers
from jaxtyping import Float

MAX_TOKENS = 256
"""Tokens counted of one text; what comes after is not read."""

_FEW = 16

# A piece of the multilingual vocabulary has at most 16 characters, so that 256 never need more.
MAX_CHARACTERS = 16 * MAX_TOKENS

_WORD = re.compile(r"n't|'(?:s|re|ve|ll|d|m)\b|\w+|[^\w\s]")


class Tokeniser(Protocol):
    """Splits texts into the ids of a vocabulary's tokens."""

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The first token ids of each text, without marks of begin and end."""


def readable(texts: Sequence[str]) -> list[str]:
    """The texts cut to the characters that count, each lone surrogate replaced by a question mark."""
    cut = [text if len(text) <= MAX_CHARACTERS else _beginning(text) for text in texts]
    try:
        "".join(cut).encode()
    except UnicodeEncodeError:
        return [text.encode("utf-8", "replace").decode() for text in cut]
    return cut


def _beginning(text: str) -> str:
    # Without long runs of spaces, which would use up the characters and say nothing.
    return " ".join(text[: 16 * MAX_CHARACTERS].split())[:MAX_CHARACTERS]


def load_wordpieces(path: Path, *, max_tokens: int = MAX_TOKENS) -> tokenizers.Tokenizer:
    """The tokenizer of a `tokenizer.json`, cut at `max_tokens` and without padding."""
    # The library has no other switch: its thread pool costs a warning and a deadlock after a fork.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # Reading the text first keeps the error of a missing file ours.
    tokenizer = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


class WordPieces:
    """Tokenises with a `tokenizer.json`."""

    def __init__(self, path: Path) -> None:
        self._tokenizer = load_wordpieces(path)

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The first token ids of each text."""
        encodings = self._tokenizer.encode_batch_fast(readable(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]


class SentencePieces:
    """Tokenises with a sentencepiece model."""

    def __init__(self, path: Path) -> None:
        self._processor = sentencepiece.SentencePieceProcessor(model_file=str(path))

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The first token ids of each text."""
        clean = readable(texts)
        if len(clean) <= _FEW:
            # A list is encoded on a thread that is started for it, and one text waits for that longer
            # than for its tokens.
            return [self._processor.encode(text)[:MAX_TOKENS] for text in clean]
        ids: list[list[int]] = self._processor.encode(clean, num_threads=1)
        return [text_ids[:MAX_TOKENS] for text_ids in ids]

    def encode(
        self, text: str, *, out_type: type[int] = int, add_bos: bool = True, add_eos: bool = True
    ) -> list[int]:
        """The first token ids of one text between its marks: the call the USE port makes."""
        [clean] = readable([text])
        ids: list[int] = self._processor.encode(clean, out_type=out_type)
        marks = [self._processor.bos_id()] * add_bos, [self._processor.eos_id()] * add_eos
        return [*marks[0], *ids[:MAX_TOKENS], *marks[1]]

    def probabilities(self) -> Float[np.ndarray, " vocabulary"]:
        """How common each token is, by the model's own unigram scores; marks and spare ids get 0."""
        numbers = range(self._processor.get_piece_size())
        scores = np.array([self._processor.get_score(number) for number in numbers])
        # Scores are logarithms, so that a score of 0 marks a token outside the language model.
        return np.asarray(np.where(scores < 0, np.exp(scores), 0.0))


class Words:
    """Splits at words and punctuation, in lower case, as GloVe's corpus was split."""

    def __init__(self, index: Path) -> None:
        words = parquet.read_table(index).column(0).to_pylist()
        self._ids = {word: number for number, word in enumerate(words)}

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of the first known words of each text; unknown words are left out."""
        lookup = self._ids.get
        found = []
        for text in readable(texts):
            words = _WORD.findall(text.lower().replace("n't", " n't"))
            ids = [number for word in words if (number := lookup(word)) is not None]
            found.append(ids[:MAX_TOKENS])
        return found


def zipf(count: int) -> Float[np.ndarray, " words"]:
    """Probabilities of the words of a vocabulary sorted by frequency, by Zipf's law."""
    shares = 1.0 / np.arange(1, count + 1)
    return np.asarray(shares / shares.sum())
