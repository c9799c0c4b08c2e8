"""Chosen fixes become a changed dataset; what was read is never touched, so that each can be taken back.

Decision: fixes are applied to the dataset as it was read, all anew, in the order of `Fix`. Why: the same set
of fixes is then the same dataset whatever the order of the clicks, and undoing one is leaving it out.
Rejected: storing what each click changed, which makes the result depend on the order.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Bool, Int

from dvn.data.dataset import Dataset
from dvn.data.parts import PARTS
from dvn.errors import DataError
from dvn.health.finding import RIVALS, Fix
from dvn.health.letters import clean_markup, repair_letters
from dvn.health.reading import Reading


class RivalFixesError(DataError):
    """Two fixes of the same trouble were chosen."""

    def __init__(self, fixes: Collection[Fix]) -> None:
        names = " and ".join(sorted(fixes))
        super().__init__(f"Of the fixes {names} only one can be applied; take back the other first.")


class NothingLeftError(DataError):
    """The fixes leave no row."""

    def __init__(self, fix: Fix) -> None:
        super().__init__(f"The fix {fix.value} would leave no row; nothing was changed.")


@dataclass(frozen=True, slots=True)
class Edit:
    """What a fix does to the rows of a dataset.

    Attributes:
        kept: Which rows stay.
        texts: New texts by row.
        labels: New labels by row.
        together: For each row the group that stays on one side of the split, if that is the fix.
        changed: How many rows it removes, rewords, relabels or ties together.
    """

    kept: Bool[np.ndarray, " rows"] | None = None
    texts: Mapping[int, str] | None = None
    labels: Mapping[int, str] | None = None
    together: Int[np.ndarray, " rows"] | None = None
    changed: int = 0

    @property
    def removed(self) -> int:
        """How many rows it removes."""
        return 0 if self.kept is None else int((~self.kept).sum())


@dataclass(frozen=True)
class Fixed:
    """A dataset after its fixes.

    Attributes:
        dataset: The dataset.
        origins: For each row its number in the dataset as it was read, from 0.
        changes: The fixes that were applied, in their order, each with the rows it changed.
    """

    dataset: Dataset
    origins: Int[np.ndarray, " rows"]
    changes: Mapping[Fix, int]

    @cached_property
    def reading(self) -> Reading:
        """The dataset, ready for the checks."""
        return Reading(self.dataset, self.origins)


def _silent(_: float, __: Fix) -> None:
    """Nobody watches."""


def apply_fixes(
    dataset: Dataset, fixes: Collection[Fix], *, watch: Callable[[float, Fix], object] = _silent
) -> Fixed:
    """The dataset with these fixes; the same for any order of them.

    Args:
        dataset: What was read.
        fixes: The fixes.
        watch: Is told how much is done, in [0, 1], and the fix that comes next.

    Raises:
        RivalFixesError: Two of them exclude each other.
        NothingLeftError: They leave no row.
    """
    for rivals in RIVALS:
        if len(rivals & set(fixes)) > 1:
            raise RivalFixesError(rivals)
    origins, changes = np.arange(len(dataset)), {}
    reading = Reading(dataset)
    chosen = [fix for fix in Fix if fix in fixes]
    for place, fix in enumerate(chosen):
        watch(place / len(chosen), fix)
        edit = edit_of(fix, reading)
        if edit.kept is not None and not edit.kept.any():
            raise NothingLeftError(fix)
        changes[fix] = edit.changed
        if edit.changed:
            origins = origins if edit.kept is None else origins[edit.kept]
            reading = Reading(edited(reading.dataset, edit), origins)
    return Fixed(reading.dataset, origins, changes)


def edit_of(fix: Fix, reading: Reading) -> Edit:
    """What a fix would do."""
    return _EDITS[fix](reading)


def edited(dataset: Dataset, edit: Edit) -> Dataset:
    """The dataset after an edit."""
    texts, labels = list(dataset.texts), list(dataset.labels)
    for row, text in (edit.texts or {}).items():
        texts[row] = text
    for row, label in (edit.labels or {}).items():
        labels[row] = label
    together = dataset.together if edit.together is None else tuple(edit.together.tolist())
    rows = range(len(texts)) if edit.kept is None else np.flatnonzero(edit.kept).tolist()
    return replace(
        dataset,
        texts=tuple(texts[row] for row in rows),
        labels=tuple(labels[row] for row in rows),
        parts=None if dataset.parts is None else tuple(dataset.parts[row] for row in rows),
        together=None if together is None else tuple(together[row] for row in rows),
    )


def conflicts(reading: Reading) -> Iterator[tuple[list[int], str | None]]:
    """The rows of each text that has several labels, and the label that most of them have, if one leads."""
    dataset = reading.dataset
    order = np.argsort(reading.numbered.group_of, kind="stable")
    borders = np.flatnonzero(np.diff(reading.numbered.group_of[order])) + 1
    ids = dataset.label_ids[order]
    lows = np.minimum.reduceat(ids, np.concatenate([[0], borders]))
    highs = np.maximum.reduceat(ids, np.concatenate([[0], borders]))
    starts, ends = [0, *borders.tolist()], [*borders.tolist(), len(order)]
    for group in np.flatnonzero(lows != highs).tolist():
        rows = order[starts[group] : ends[group]].tolist()
        (first, most), (_, second) = Counter(dataset.labels[row] for row in rows).most_common(2)
        yield rows, first if most > second else None


def stages(dataset: Dataset) -> Int[np.ndarray, " rows"]:
    """For each row the stage of its part: train, then validation, then test; rows of no part train."""
    number = {name: place for place, name in enumerate(PARTS)}
    if dataset.parts is None:
        return np.zeros(len(dataset), dtype=np.int64)
    return np.array([number.get(part or "", 0) for part in dataset.parts], dtype=np.int64)


def stands_earlier(dataset: Dataset, groups: Int[np.ndarray, " rows"]) -> Bool[np.ndarray, " rows"]:
    """Which rows of validation and test have a row of their group in an earlier part."""
    stage = stages(dataset)
    first = np.full(int(groups.max(initial=0)) + 1, len(PARTS), dtype=np.int64)
    np.minimum.at(first, groups, stage)
    found: Bool[np.ndarray, " rows"] = stage > first[groups]
    return found


def _reworded(reading: Reading, mend: Callable[[str], str]) -> Edit:
    texts = {}
    for row, text in enumerate(reading.dataset.texts):
        mended = mend(text)
        # A text of markup alone stays as it is: an empty text would be no row.
        if mended != text and mended.strip():
            texts[row] = mended
    return Edit(texts=texts, changed=len(texts))


def _without(rows: Bool[np.ndarray, " rows"]) -> Edit:
    return Edit(kept=~rows, changed=int(rows.sum()))


def _drop_conflicts(reading: Reading) -> Edit:
    gone = np.zeros(len(reading.dataset), dtype=bool)
    for rows, _ in conflicts(reading):
        gone[rows] = True
    return _without(gone)


def _majority_label(reading: Reading) -> Edit:
    gone = np.zeros(len(reading.dataset), dtype=bool)
    labels: dict[int, str] = {}
    for rows, leader in conflicts(reading):
        if leader is None:
            gone[rows] = True
        else:
            labels |= {row: leader for row in rows if reading.dataset.labels[row] != leader}
    return Edit(kept=~gone, labels=labels, changed=int(gone.sum()) + len(labels))


def _repeats(reading: Reading, groups: Int[np.ndarray, " rows"]) -> Edit:
    """Without rows whose group, label and part have stood before."""
    classes = len(reading.dataset.classes)
    keys = (groups * classes + reading.dataset.label_ids) * len(PARTS) + stages(reading.dataset)
    _, first = np.unique(keys, return_index=True)
    gone = np.ones(len(keys), dtype=bool)
    gone[first] = False
    return _without(gone)


def _clear_test(reading: Reading) -> Edit:
    return _without(stands_earlier(reading.dataset, reading.near))


def _keep_together(reading: Reading) -> Edit:
    together = reading.near
    different = np.bincount(together[reading.firsts], minlength=int(together.max(initial=0)) + 1)
    return Edit(together=together, changed=int((different[together] > 1).sum()))


_EDITS: Final[Mapping[Fix, Callable[[Reading], Edit]]] = {
    Fix.repair_letters: lambda reading: _reworded(reading, repair_letters),
    Fix.clean_markup: lambda reading: _reworded(reading, clean_markup),
    Fix.drop_blank: lambda reading: _without(reading.blank),
    Fix.drop_conflicts: _drop_conflicts,
    Fix.majority_label: _majority_label,
    Fix.drop_duplicates: lambda reading: _repeats(reading, reading.numbered.group_of),
    Fix.drop_near_duplicates: lambda reading: _repeats(reading, reading.near),
    Fix.clear_test: _clear_test,
    Fix.keep_together: _keep_together,
}
