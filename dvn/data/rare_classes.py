"""Classes too small to stand in three parts wait for a person's choice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from jaxtyping import Int

from dvn.data.allotment import RowGroups, count_texts
from dvn.data.dataset import Dataset
from dvn.data.wording import counted, enumerated, named
from dvn.errors import DataError

MIN_TEXTS = 3
MERGED_NAME = "other"


class RareClasses(StrEnum):
    """What to do with classes of fewer than three different texts."""

    merge = "merge"
    drop = "drop"
    keep = "keep"


class RareClassesError(DataError):
    """Some classes are too small to split and nobody has said what to do with them.

    Attributes:
        classes: Each such class with the number of its different texts.
    """

    def __init__(self, classes: Mapping[str, int]) -> None:
        self.classes = dict(classes)
        which = enumerated([f"{named(name)} ({count})" for name, count in classes.items()])
        one = len(classes) == 1
        super().__init__(
            f"{counted(len(classes), 'class')} {'has' if one else 'have'} fewer than {MIN_TEXTS} different "
            f"texts: {which}; choose to merge {'it' if one else 'them'} into '{MERGED_NAME}', to drop "
            f"{'it' if one else 'them'}, or to keep {'it' if one else 'them'} in train only."
        )


@dataclass(frozen=True, slots=True)
class RareReport:
    """What was done about rare classes.

    Attributes:
        choice: The person's choice.
        classes: Each rare class with the number of its different texts.
        rows: How many rows they have together.
        merged_into: The class that took them, if they were merged.
        only_train: Classes that are in train only.
    """

    choice: RareClasses
    classes: tuple[tuple[str, int], ...]
    rows: int
    merged_into: str | None = None
    only_train: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """The same facts for a person."""
        which = enumerated([f"{named(name)} ({count})" for name, count in self.classes])
        rows = counted(self.rows, "row")
        start = f"Classes with fewer than {MIN_TEXTS} different texts: {which};"
        if self.choice is RareClasses.drop:
            return (f"{start} {rows} dropped.",)
        if self.choice is RareClasses.keep:
            return (f"{start} {rows} kept in train only, so these classes are never tested.",)
        said = [f"{start} {rows} merged into {named(self.merged_into or MERGED_NAME)}."]
        if self.only_train:
            said.append(f"{named(self.only_train[0])} is still too small and stays in train only.")
        return tuple(said)


def treat_rare_classes(
    dataset: Dataset, grouped: RowGroups, choice: RareClasses | None
) -> tuple[Dataset, RowGroups, RareReport | None]:
    """The dataset after the choice about its rare classes, with the groups of its rows.

    Raises:
        RareClassesError: There are rare classes and no choice.
    """
    counts = dict(zip(dataset.classes, count_texts(dataset, grouped.group_of).tolist(), strict=True))
    rare = {name: count for name, count in counts.items() if count < MIN_TEXTS}
    if not rare:
        return dataset, grouped, None
    if choice is None:
        raise RareClassesError(rare)
    report = RareReport(
        choice=choice,
        classes=tuple(rare.items()),
        rows=sum(label in rare for label in dataset.labels),
        only_train=tuple(rare),
    )
    if choice is RareClasses.drop:
        rows = np.flatnonzero([label not in rare for label in dataset.labels])
        return dataset.at(rows), _keep_groups(grouped, rows), replace(report, only_train=())
    if choice is RareClasses.merge:
        return _merge(dataset, grouped, report)
    return dataset, grouped, report


def _merge(dataset: Dataset, grouped: RowGroups, report: RareReport) -> tuple[Dataset, RowGroups, RareReport]:
    rare = dict(report.classes)
    # A class that is called "other" already means what the merged class means.
    target = next((name for name in dataset.classes if name.casefold() == MERGED_NAME), MERGED_NAME)
    dataset = dataset.relabelled(tuple(target if label in rare else label for label in dataset.labels))
    texts = count_texts(dataset, grouped.group_of)[dataset.classes.index(target)]
    only_train = (target,) if texts < MIN_TEXTS else ()
    return dataset, grouped, replace(report, merged_into=target, only_train=only_train)


def _keep_groups(grouped: RowGroups, rows: Int[np.ndarray, " rows"]) -> RowGroups:
    kept, group_of = np.unique(grouped.group_of[rows], return_inverse=True)
    return RowGroups(group_of, grouped.orders[kept])
