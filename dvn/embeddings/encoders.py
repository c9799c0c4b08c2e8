"""Texts become vectors by a frozen encoder, on one thread."""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, final

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # no stubs
from jaxtyping import Float

from dvn.embeddings.catalogue import MINILM_INT8, MINILM_TOKENISER, ModuleFacts
from dvn.embeddings.tokenisers import load_wordpieces, readable
from dvn.embeddings.use_port import load_use_port

_MINILM_TOKENS = 128
_MINILM_BATCH = 32


class Forward(Protocol):
    """The part of an encoder that computes."""

    def encode(self, texts: list[str]) -> Float[np.ndarray, "texts dim"]:
        """Vectors of the texts."""


@final
class SentenceEncoder:
    """A frozen network that reads a whole text.

    Attributes:
        name: The module's name.
        version: Changes whenever the same text would get another vector.
        dim: Width of a vector.
        licence: One sentence about the weights' licence and origin.
        bytes: Size of its files.
    """

    def __init__(self, facts: ModuleFacts, load: Callable[[], Forward]) -> None:
        self.name = facts.name
        self.version = facts.version
        self.dim = facts.dim
        self.licence = facts.licence
        self.bytes = facts.bytes
        self._load = load
        self._loaded: Forward | None = None
        self._loading = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
        """A vector for each text: of length one, unless the module is one of TensorFlow Hub."""
        if len(texts) == 0:
            return np.zeros((0, self.dim), dtype=np.float32)
        return self._forward.encode(list(texts))

    @property
    def _forward(self) -> Forward:
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    self._loaded = self._load()
        return self._loaded


class MiniLm:
    """MiniLM-L6 with int8 weights: the mean of its last states, scaled to length one."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(MINILM_INT8.verified()), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = load_wordpieces(MINILM_TOKENISER.verified(), max_tokens=_MINILM_TOKENS)

    def encode(self, texts: list[str]) -> Float[np.ndarray, "texts 384"]:
        """Unit vectors of the first 128 tokens of each text."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(readable(texts))]
        # Sorting by length keeps the padding of a batch short.
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        vectors = np.empty((len(ids), 384), dtype=np.float32)
        for start in range(0, len(order), _MINILM_BATCH):
            batch = order[start : start + _MINILM_BATCH]
            vectors[batch] = self._run([ids[number] for number in batch])
        return vectors

    def _run(self, ids: list[list[int]]) -> Float[np.ndarray, "texts 384"]:
        longest = max(map(len, ids))
        tokens = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, text_ids in enumerate(ids):
            tokens[row, : len(text_ids)] = text_ids
            mask[row, : len(text_ids)] = 1
        feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        [states] = self._session.run(["last_hidden_state"], feed)
        present = mask[:, :, None].astype(np.float32)
        means = (states * present).sum(axis=1) / present.sum(axis=1)
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)


LOADERS: dict[str, Callable[[], Forward]] = {"use": load_use_port, "minilm": MiniLm}
"""How each encoder is loaded."""
