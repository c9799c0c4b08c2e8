"""A dataset becomes three parts: train, validation and test."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Int

from dvn.data.allotment import TextGroups, allot, group_texts, number_groups
from dvn.data.dataset import Dataset
from dvn.data.parts import PARTS, TEST, TRAIN, VALIDATION
from dvn.data.rare_classes import RareClasses, RareReport, treat_rare_classes
from dvn.data.split_report import SplitReport
from dvn.errors import DataError

CARVED_SHARE = 0.1
_CODES: Mapping[str | None, int] = {TRAIN: 0, VALIDATION: 1, TEST: 2, None: 0}
_UNUSED = 3


class NothingToLearnError(DataError):
    """The rows hold fewer than two classes."""

    def __init__(self, classes: int) -> None:
        super().__init__(
            f"The dataset has {classes or 'no'} class{'' if classes == 1 else 'es'} to learn and needs "
            f"two; if small classes were dropped, merge them or keep them in train instead."
        )


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of a dataset's parts, each sorted; no text stands in two parts.

    Attributes:
        train: Rows to learn from.
        validation: Rows to choose by.
        test: Rows to judge by, once.
        unused: Rows in no part, see the report.
        seed: The seed the parts came from.
        report: What happened.
    """

    train: Int[np.ndarray, " rows"]
    validation: Int[np.ndarray, " rows"]
    test: Int[np.ndarray, " rows"]
    unused: Int[np.ndarray, " rows"]
    seed: int
    report: SplitReport


def split_dataset(
    dataset: Dataset, *, seed: int = 0, rare: RareClasses | None = None
) -> tuple[Dataset, Split]:
    """Train, validation and test rows of a dataset, and the dataset they count in.

    Without parts of its own a dataset is split 80/10/10, class by class. Texts that are
    equal but for case and white space stay on one side, and so do rows that the dataset
    ties together. Which side a text takes depends on the seed and on the set of texts, not on
    their order, and is the same on every machine.
    A file's own parts are honoured; a missing one is carved from train, and without train
    everything is split anew.

    Args:
        dataset: What to split.
        seed: Another seed, another split.
        rare: What to do with classes of fewer than three different texts.

    Returns:
        The dataset, changed only if rare classes were merged or dropped, and its split.

    Raises:
        RareClassesError: There are rare classes and `rare` is None.
        NothingToLearnError: Fewer than two classes remain.

    Decision: a text's place follows from a hash of the seed and the text. Why: the split is
    then equal on all machines and for any order of rows, and adding rows moves few others.
    Rejected: shuffling rows with a seeded generator, which depends on their order.
    """
    dataset, grouped, rare_report = treat_rare_classes(dataset, number_groups(dataset, seed=seed), rare)
    if len(dataset.classes) < 2:
        raise NothingToLearnError(len(dataset.classes))
    groups = group_texts(dataset, grouped)
    held = _held_groups(dataset, groups, rare_report)
    plan = _make_plan(dataset, groups, held)
    part_of = _fill(groups, plan, held)
    rows = [np.flatnonzero(part_of == code) for code in range(4)]
    sizes = (len(rows[0]), len(rows[1]), len(rows[2]))
    repeated = int(groups.sizes[groups.sizes > 1].sum())
    absent = _absent_from(rows[0], dataset)
    report = replace(plan.report, sizes=sizes, repeated=repeated, rare=rare_report, absent_from_train=absent)
    return dataset, Split(rows[0], rows[1], rows[2], rows[3], seed, report)


@dataclass(frozen=True, slots=True)
class _Plan:
    """For each row its part so far, what is to be taken out of train, and what to report."""

    part_of: Int[np.ndarray, " rows"]
    shares: Mapping[int, float]
    report: SplitReport


def _held_groups(
    dataset: Dataset, groups: TextGroups, rare: RareReport | None
) -> Bool[np.ndarray, " groups"]:
    """Which groups may be in train only."""
    only_train = set(rare.only_train) if rare else set()
    held_classes = np.array([name in only_train for name in dataset.classes], dtype=bool)
    is_held: Bool[np.ndarray, " groups"] = held_classes[groups.class_of]
    return is_held


def _make_plan(dataset: Dataset, groups: TextGroups, held: Bool[np.ndarray, " groups"]) -> _Plan:
    fresh = np.zeros(len(dataset), dtype=np.int64)
    both = {_CODES[VALIDATION]: CARVED_SHARE, _CODES[TEST]: CARVED_SHARE}
    report = SplitReport(unknown_parts=dataset.unknown_parts)
    if dataset.parts is None or not any(dataset.parts):
        return _Plan(fresh, both, report)
    part_of = np.fromiter(map(_CODES.__getitem__, dataset.parts), dtype=np.int64, count=len(dataset))
    part_of[held[groups.group_of]] = _CODES[TRAIN]
    is_left = _stands_in_later_part(part_of, groups)
    kept = np.where(is_left, _UNUSED, part_of)
    present = np.bincount(kept[~held[groups.group_of]], minlength=4)
    if not present[_CODES[TRAIN]]:
        return _Plan(fresh, both, replace(report, resplit=True))
    missing = tuple(part for part in (VALIDATION, TEST) if not present[_CODES[part]])
    report = replace(
        report,
        honoured=tuple(part for part in PARTS if part not in missing),
        carved=missing,
        unassigned=dataset.parts.count(None),
        left_train=int((is_left & (part_of == _CODES[TRAIN])).sum()),
        left_validation=int((is_left & (part_of == _CODES[VALIDATION])).sum()),
    )
    return _Plan(kept, {_CODES[part]: CARVED_SHARE for part in missing}, report)


def _stands_in_later_part(part_of: Int[np.ndarray, " rows"], groups: TextGroups) -> Bool[np.ndarray, " rows"]:
    """Which rows of train and validation have a text that stands in a later part, too."""
    last = np.zeros(len(groups.sizes), dtype=np.int64)
    np.maximum.at(last, groups.group_of, part_of)
    stands: Bool[np.ndarray, " rows"] = part_of < last[groups.group_of]
    return stands


def _fill(groups: TextGroups, plan: _Plan, held: Bool[np.ndarray, " groups"]) -> Int[np.ndarray, " rows"]:
    """For each row its part after the missing parts are carved from train."""
    in_train = np.zeros(len(groups.sizes), dtype=bool)
    in_train[groups.group_of[plan.part_of == _CODES[TRAIN]]] = True
    start = np.full(len(groups.sizes), _CODES[TRAIN], dtype=np.int64)
    moved = allot(groups, start, movable=in_train & ~held, shares=plan.shares)[groups.group_of]
    return np.where(plan.part_of == _CODES[TRAIN], moved, plan.part_of)


def _absent_from(train: Int[np.ndarray, " rows"], dataset: Dataset) -> tuple[tuple[str, int], ...]:
    learned = np.bincount(dataset.label_ids[train], minlength=len(dataset.classes))
    rows = np.bincount(dataset.label_ids, minlength=len(dataset.classes))
    return tuple(
        (dataset.classes[number], int(rows[number])) for number in np.flatnonzero(learned == 0).tolist()
    )


def rows_outside_test(dataset: Dataset, *, seed: int = 0) -> Int[np.ndarray, " rows"]:
    """The rows of a dataset that may be looked at before its test part is measured, sorted.

    Rare classes stay where they are: none of their rows is in the test part.
    """
    _, split = split_dataset(dataset, seed=seed, rare=RareClasses.keep)
    return np.setdiff1d(np.arange(len(dataset.texts)), split.test, assume_unique=True)
