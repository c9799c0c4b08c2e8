"""A task's texts and labels become at most 512 small vectors with anonymous class numbers.

This is what the set encoder reads, and all of a public task's texts that ever leaves the machine it
was measured on: eight-bit principal components of a static table, no text.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int, UInt64

from dvn.embeddings import get_table

SAMPLES = 512
DIMENSIONS = 64
TABLE = "use_table"
_STEPS_PER_UNIT = 24.0
"""Resolution of the eight-bit vectors; 127 steps reach 5.3 standard deviations."""


@dataclass(frozen=True, slots=True)
class TaskSample:
    """Vectors of some texts of a task (samples x 64, int8) and their anonymous class numbers."""

    vectors: Int[np.ndarray, "samples dimensions"]
    classes: Int[np.ndarray, " samples"]

    def floats(self) -> Float[np.ndarray, "samples dimensions"]:
        """The vectors with about unit mean square."""
        return self.vectors.astype(np.float32) / np.float32(_STEPS_PER_UNIT)


class TextAt(Protocol):
    """Gives the text of a row; it need not know other rows than those that a sample draws."""

    def __getitem__(self, row: int, /) -> str: ...


@dataclass(frozen=True, slots=True)
class TextOrder:
    """All rows of a task in an order that depends on their texts alone, with the hashes of the texts."""

    rows: Int[np.ndarray, " texts"]
    keys: UInt64[np.ndarray, " texts"]

    def first(self, limit: int) -> Int[np.ndarray, " samples"]:
        """At most `limit` rows; rows with the same text are taken together or not at all."""
        if len(self.rows) <= limit:
            return self.rows
        kept = self.rows[:limit]
        apart = kept[self.keys[kept] != self.keys[self.rows[limit]]]
        # One text may fill the whole sample; then it is the sample.
        return apart if len(apart) else kept


def text_order(keys: UInt64[np.ndarray, " texts"], label_ids: Int[np.ndarray, " texts"]) -> TextOrder:
    """The rows by the hash of their text, so that neither their order nor the names of classes can matter.

    The classes of one text stand by size, then by the sum of their own hashes. Classes still equal hold
    the same texts.
    """
    sizes = np.bincount(label_ids)
    sums = np.zeros(len(sizes), dtype=np.uint64)
    np.add.at(sums, label_ids, keys)
    order = np.lexsort((label_ids, sums[label_ids], sizes[label_ids], keys))
    return TextOrder(order, keys)


def sample_task(texts: TextAt, label_ids: Int[np.ndarray, " texts"], order: TextOrder) -> TaskSample:
    """The sample of a task; independent of row order, of label names and of label numbering."""
    rows = order.first(SAMPLES)
    pooled = get_table(TABLE).encode([texts[row] for row in rows])[:, :DIMENSIONS]
    lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
    unit = pooled / np.maximum(lengths, 1e-9) * np.sqrt(np.float32(DIMENSIONS))
    steps = np.clip(np.round(unit * _STEPS_PER_UNIT), -127, 127).astype(np.int8)
    return TaskSample(steps, anonymous(label_ids[rows]))


def anonymous(label_ids: Int[np.ndarray, " samples"]) -> Int[np.ndarray, " samples"]:
    """Class numbers by first appearance, so that an order fixed by the texts fixes them."""
    _, first, inverse = np.unique(label_ids, return_index=True, return_inverse=True)
    ranks = np.argsort(np.argsort(first))
    return ranks[inverse].astype(np.int16)
