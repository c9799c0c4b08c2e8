"""A split becomes that of a smaller dataset, measured on the rows of the large one.

A dataset of 300 rows has 30 to validate on, and its scores are mostly noise. A smaller task therefore keeps
the large one's validation and test rows, up to a limit: only what it learns from is small.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Int

from dvn.data.allotment import number_groups
from dvn.data.dataset import Dataset
from dvn.data.split import CARVED_SHARE, Split
from dvn.data.texts_on_disk import take

MOST_MEASURED = 2_000
"""Validation and test rows kept of each part."""

_LEAST_RATIO = 1.25
"""A dataset that is not larger than the smaller one by this is no other task."""


def smaller_split(dataset: Dataset, split: Split, rows: int) -> Split | None:
    """The split of a dataset of that many rows, or None if this one is hardly larger.

    Rows are taken in an order that follows from the seed and the texts alone, so that a smaller task is part
    of a larger one and the same on every machine. Classes that no training row has are not measured.
    """
    order = _order(dataset, split.seed)
    wanted = round(rows * (1 - 2 * CARVED_SHARE))
    if len(split.train) < _LEAST_RATIO * wanted:
        return None
    train = _first(split.train, order, wanted)
    learned = np.zeros(len(dataset.classes), dtype=bool)
    learned[dataset.label_ids[train]] = True
    validation, test = (
        _first(part[learned[dataset.label_ids[part]]], order, MOST_MEASURED)
        for part in (split.validation, split.test)
    )
    used = np.concatenate([train, validation, test])
    unused = np.setdiff1d(np.arange(len(dataset)), used)
    return replace(split, train=train, validation=validation, test=test, unused=unused)


def whole_rows(split: Split) -> int:
    """The rows of a smaller dataset, by its training rows; its measured rows are those of the large one."""
    return round(len(split.train) / (1 - 2 * CARVED_SHARE))


def rows_of_smaller(dataset: Dataset, split: Split) -> Int[np.ndarray, " rows"]:
    """The rows that a smaller dataset would show before its test part is measured.

    Those are its training rows and an eighth as many of validation.
    """
    shown = round(len(split.train) * CARVED_SHARE / (1 - 2 * CARVED_SHARE))
    return np.sort(
        np.concatenate([split.train, _first(split.validation, _order(dataset, split.seed), shown)])
    )


def cut(dataset: Dataset, split: Split) -> tuple[Dataset, Split, Int[np.ndarray, " rows"]]:
    """The rows in use alone: the dataset of them, its split, and their numbers in the whole."""
    rows = np.sort(np.concatenate([split.train, split.validation, split.test]))
    parts = [np.searchsorted(rows, part) for part in (split.train, split.validation, split.test)]
    small = Dataset(take(dataset.texts, rows), tuple(dataset.labels[row] for row in rows))
    nothing = np.empty(0, dtype=np.int64)
    return small, Split(parts[0], parts[1], parts[2], nothing, split.seed, split.report), rows


def _order(dataset: Dataset, seed: int) -> Int[np.ndarray, " rows"]:
    """For each row a number that follows from the seed and its text."""
    groups = number_groups(dataset, seed=seed)
    # The split took the parts by this very order: without another turn the smallest would be of one end.
    turned: np.ndarray = groups.orders[groups.group_of] * np.uint64(0x9E3779B97F4A7C15)
    return turned


def _first(
    rows: Int[np.ndarray, " part"], order: Int[np.ndarray, " rows"], number: int
) -> Int[np.ndarray, " rows"]:
    return np.sort(rows[np.argsort(order[rows], kind="stable")[:number]])
