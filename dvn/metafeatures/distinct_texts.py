"""A task's first rows become distinct texts, each with how often it carries each class.

Closed-form landmarkers leave a text out with all its rows, so that no text is judged by its own copy.
"""

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from dvn.data.allotment import number_texts
from dvn.metafeatures.task_sample import TextAt, TextOrder, anonymous

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How much of a task is read.

    Attributes:
        rows: At most so many rows.
        characters: And at most so many characters, for the time that embedding takes,
        longest: of which a text counts at most so many.
        fewest_rows: So many rows are read however long they are.
        beyond_ascii: A character outside ASCII counts as so many, since it makes more tokens.
    """

    rows: int
    characters: int
    longest: int
    fewest_rows: int = 1
    beyond_ascii: int = 1


@dataclass(frozen=True, slots=True)
class DistinctTexts:
    """Texts that differ in more than case and white space, with their rows counted by class."""

    texts: tuple[str, ...]
    counts: Float[np.ndarray, "texts classes"]

    @property
    def rows(self) -> float:
        """How many rows have these texts."""
        return float(self.counts.sum())

    @property
    def is_judged(self) -> bool:
        """Whether a text can be left out: two classes, and texts enough to learn from the others."""
        return self.counts.shape[1] > 1 and len(self.texts) > 2

    def first(self, texts: int) -> "DistinctTexts":
        """The first of these texts, with the classes that they have."""
        counts = self.counts[:texts]
        return DistinctTexts(self.texts[:texts], counts[:, counts.any(axis=0)])


def distinct_texts(
    texts: TextAt, label_ids: Int[np.ndarray, " texts"], order: TextOrder, size: SampleSize
) -> DistinctTexts:
    """The distinct texts among the first rows of a task, in an order that depends on the texts alone."""
    rows = order.first(_rows_within(texts, order, size))
    numbered = number_texts([texts[row] for row in rows])
    classes = anonymous(label_ids[rows]).astype(np.int64)
    counts = np.zeros((len(numbered.texts), int(classes.max(initial=-1)) + 1))
    np.add.at(counts, (numbered.group_of, classes), 1.0)
    _, first = np.unique(numbered.group_of, return_index=True)
    return DistinctTexts(tuple(texts[rows[place]] for place in first), counts)


def _rows_within(texts: TextAt, order: TextOrder, size: SampleSize) -> int:
    """How many rows a size allows."""
    lengths = [min(_length(texts[row], size), size.longest) for row in order.rows[: size.rows].tolist()]
    within = int(np.searchsorted(np.cumsum(lengths), size.characters, side="right"))
    return max(size.fewest_rows, within)


def _length(text: str, size: SampleSize) -> int:
    """The characters of a text, those outside ASCII as often as they count."""
    if text.isascii() or len(text) >= size.longest:
        return len(text)
    return len(text) + (size.beyond_ascii - 1) * len(_BEYOND_ASCII.findall(text))
