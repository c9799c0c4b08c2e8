"""Texts, labels and parts become one value with a fingerprint."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Int

from dvn.data.parts import PARTS
from dvn.data.text_facts import TextFacts, blocks, facts_of
from dvn.data.texts_on_disk import some
from dvn.data.wording import counted, enumerated


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of the file that are not in the dataset because a text or a label is empty.

    Attributes:
        empty_texts: Rows whose text is empty or only spaces (their label may be empty too).
        empty_labels: Rows with a text and without a label.
        first_rows: Row numbers of the first ten of them; row 1 follows the header.
    """

    empty_texts: int = 0
    empty_labels: int = 0
    first_rows: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were left out."""
        return self.empty_texts + self.empty_labels

    def sentences(self) -> tuple[str, ...]:
        """What was left out, for a person; nothing when all rows are in."""
        if not self.rows:
            return ()
        causes = []
        if self.empty_texts:
            causes.append(f"{self.empty_texts:,} without a text")
        if self.empty_labels:
            causes.append(f"{self.empty_labels:,} without a label")
        which = ", ".join(f"{row:,}" for row in self.first_rows)
        more = ", …" if self.rows > len(self.first_rows) else ""
        return (f"{counted(self.rows, 'row')} left out: {enumerated(causes)} (row {which}{more}).",)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled texts, in the order of their file.

    Attributes:
        texts: As they stand in the file; a tuple, or on disk if they are many.
        labels: Without surrounding spaces.
        parts: "train", "validation", "test" or None for each row, from a split column;
            None when there is no such column.
        text_column: The column the texts come from.
        label_column: The column the labels come from.
        left_out: Rows of the file that are not here.
        unknown_parts: Values of the split column that name no part, with their rows;
            those rows have the part None.
        together: For each row the number of a group that is to stay on one side of the split;
            None when only equal texts are.
        notes: Sentences about how the file was read that a person might not expect.
    """

    texts: Sequence[str]
    labels: tuple[str, ...]
    parts: tuple[str | None, ...] | None = None
    text_column: str = "text"
    label_column: str = "label"
    left_out: LeftOut = LeftOut()
    unknown_parts: tuple[tuple[str, int], ...] = ()
    together: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    _derived: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert len(self.texts) == len(self.labels), "each text has one label"
        assert self.parts is None or len(self.parts) == len(self.texts), "each text has one part"
        assert self.together is None or len(self.together) == len(self.texts), "each text has one group"
        assert self.parts is None or set(self.parts) <= {*PARTS, None}, "parts have three names"

    def sentences(self) -> tuple[str, ...]:
        """What was left out and what else a person might not expect of how the file was read."""
        return (*self.left_out.sentences(), *self.notes)

    def __len__(self) -> int:
        return len(self.texts)

    def at(self, rows: Int[np.ndarray, " rows"]) -> "Dataset":
        """The dataset of these rows, in their order."""
        chosen = rows.tolist()
        found = replace(
            self,
            texts=some(self.texts, rows),
            labels=tuple(self.labels[row] for row in chosen),
            parts=None if self.parts is None else tuple(self.parts[row] for row in chosen),
            together=None if self.together is None else tuple(self.together[row] for row in chosen),
        )
        return found.knowing(self.facts.at(rows))

    def relabelled(self, labels: tuple[str, ...]) -> "Dataset":
        """The same texts with other labels."""
        return replace(self, labels=labels).knowing(self.facts)

    def knowing(self, facts: TextFacts, *, content_hash: str | None = None) -> "Dataset":
        """This dataset, told the facts of its texts and its content hash, which others have found."""
        assert len(facts.keys) == len(self), "each text has its facts"
        self._derived["facts"] = facts
        if content_hash is not None:
            self._derived["content_hash"] = content_hash
        return self

    @property
    def facts(self) -> TextFacts:
        """Lengths, keys and orders of the texts, for which all are read once."""
        if "facts" not in self._derived:
            self._derived["facts"] = facts_of(self.texts)
        facts: TextFacts = self._derived["facts"]
        return facts

    @property
    def content_hash(self) -> str:
        """SHA-256 of texts, labels, parts and groups in their order, whatever file they came from.

        The order counts because vectors are cached under this name, row by row.
        """
        if "content_hash" not in self._derived:
            self._derived["content_hash"] = _hash_columns(self)
        return str(self._derived["content_hash"])

    @property
    def classes(self) -> tuple[str, ...]:
        """The different labels, sorted."""
        if "classes" not in self._derived:
            self._derived["classes"] = tuple(sorted(set(self.labels)))
        classes: tuple[str, ...] = self._derived["classes"]
        return classes

    @property
    def label_ids(self) -> Int[np.ndarray, " texts"]:
        """For each text the position of its label in `classes`; read-only."""
        if "label_ids" not in self._derived:
            position = {name: number for number, name in enumerate(self.classes)}
            ids = np.fromiter(map(position.__getitem__, self.labels), dtype=np.int64, count=len(self))
            ids.setflags(write=False)
            self._derived["label_ids"] = ids
        label_ids: Int[np.ndarray, " texts"] = self._derived["label_ids"]
        return label_ids


def _hash_columns(dataset: Dataset) -> str:
    digest = hashlib.sha256(b"dataset 1\n")
    columns: list[Sequence[str]] = [dataset.labels]
    if dataset.parts is not None and any(dataset.parts):
        columns.append([part or "" for part in dataset.parts])
    if dataset.together is not None:
        digest.update(b"together\n")
        columns.append([str(group) for group in dataset.together])
    _add_column(digest, dataset.texts, dataset.facts.lengths)
    for column in columns:
        _add_column(digest, column, np.fromiter(map(len, column), dtype=np.int64, count=len(column)))
    return digest.hexdigest()


def _add_column(digest: Any, column: Sequence[str], lengths: Int[np.ndarray, " rows"]) -> None:
    # Lengths first: the joined strings alone would not say where one ends.
    digest.update(lengths.astype("<i8").tobytes())
    for block in blocks(column):
        digest.update("".join(block).encode("utf-8", "surrogatepass"))
