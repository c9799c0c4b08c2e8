"""Rows with equal texts become groups, and groups are allotted to parts class by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, UInt64
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from dvn.data.dataset import Dataset
from dvn.data.text_facts import FACTS_SEED, blocks, plain, split_orders


@dataclass(frozen=True, slots=True)
class NumberedTexts:
    """Which rows share a text.

    Attributes:
        group_of: For each row the number of its text.
        texts: The texts of the groups, normalised.
    """

    group_of: Int[np.ndarray, " rows"]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Which rows stay on one side of a split.

    Attributes:
        group_of: For each row the number of its group.
        orders: For each group a number that follows from the seed and its texts alone.
    """

    group_of: Int[np.ndarray, " rows"]
    orders: UInt64[np.ndarray, " groups"]


@dataclass(frozen=True, slots=True)
class TextGroups:
    """Groups of rows with equal texts, ready to be allotted.

    Attributes:
        group_of: For each row the number of its group.
        sizes: Rows of each group.
        class_of: For each group its class: of several labels the one with the fewest texts.
        order: For each group a number that follows from seed and text alone.
    """

    group_of: Int[np.ndarray, " rows"]
    sizes: Int[np.ndarray, " groups"]
    class_of: Int[np.ndarray, " groups"]
    order: UInt64[np.ndarray, " groups"]


def number_texts(texts: Sequence[str]) -> NumberedTexts:
    """Rows by text; texts are equal if they differ in case and white space only."""
    numbers: dict[str, int] = {}
    group_of = [numbers.setdefault(plain(text), len(numbers)) for text in texts]
    return NumberedTexts(np.array(group_of, dtype=np.int64), tuple(numbers))


def number_groups(dataset: Dataset, *, seed: int) -> RowGroups:
    """Rows by what stays on one side: equal texts and, where the dataset ties more together, those, too.

    A group has the least of its texts' orders.
    """
    orders, group_of = np.unique(_orders(dataset, seed), return_inverse=True)
    if dataset.together is None:
        return RowGroups(group_of, orders)
    _, tied = np.unique(np.array(dataset.together, dtype=np.int64), return_inverse=True)
    links = (np.ones(len(tied), np.int8), (group_of, len(orders) + tied))
    size = len(orders) + int(tied.max(initial=-1)) + 1
    _, component = connected_components(sparse.coo_array(links, shape=(size, size)), directed=False)
    # The orders are sorted, so the first text of a group is that of the least.
    _, first, joined = np.unique(component[: len(orders)], return_index=True, return_inverse=True)
    return RowGroups(joined[group_of], orders[first])


def _orders(dataset: Dataset, seed: int) -> UInt64[np.ndarray, " rows"]:
    if seed == FACTS_SEED:
        return dataset.facts.orders
    found = [split_orders(block, seed) for block in blocks(dataset.texts)]
    return np.concatenate([np.empty(0, np.uint64), *found])


def count_texts(dataset: Dataset, group_of: Int[np.ndarray, " rows"]) -> Int[np.ndarray, " classes"]:
    """How many different texts each class has, from the number of each row's text."""
    groups = int(group_of.max(initial=-1)) + 1
    pairs = np.unique(dataset.label_ids * groups + group_of)
    return np.bincount(pairs // max(1, groups), minlength=len(dataset.classes))


def group_texts(dataset: Dataset, grouped: RowGroups) -> TextGroups:
    """The groups of a dataset, with what is needed to allot them."""
    counts = count_texts(dataset, grouped.group_of)
    by_rarity = np.lexsort((np.arange(len(counts)), counts))
    rarity = np.empty_like(by_rarity)
    rarity[by_rarity] = np.arange(len(counts))
    rarest = np.full(len(grouped.orders), len(counts), dtype=np.int64)
    np.minimum.at(rarest, grouped.group_of, rarity[dataset.label_ids])
    return TextGroups(
        group_of=grouped.group_of,
        sizes=np.bincount(grouped.group_of, minlength=len(grouped.orders)),
        class_of=np.append(by_rarity, -1)[rarest],
        order=grouped.orders,
    )


def allot(
    groups: TextGroups,
    part_of: Int[np.ndarray, " groups"],
    *,
    movable: Bool[np.ndarray, " groups"],
    shares: Mapping[int, float],
) -> Int[np.ndarray, " groups"]:
    """Move a share of the movable groups of each class to other parts.

    In each class a part gets its share of the rows, at least one, in whole groups and never
    more, unless its smallest group is larger than that. A class with too few groups for all
    parts stays where it is.

    Args:
        groups: The groups with their class and order.
        part_of: The part each group is in.
        movable: Which groups may go elsewhere.
        shares: For each part to be filled its share of the movable rows, in [0, 1].

    Returns:
        The part each group is in afterwards.
    """
    part_of = part_of.copy()
    candidates = np.flatnonzero(movable)
    candidates = candidates[np.lexsort((groups.order[candidates], groups.class_of[candidates]))]
    borders = np.flatnonzero(np.diff(groups.class_of[candidates])) + 1
    for members in np.split(candidates, borders):
        if len(members) > len(shares):
            for part, chosen in _choose(groups.sizes[members].tolist(), shares).items():
                part_of[members[chosen]] = part
    return part_of


def _choose(sizes: Sequence[int], shares: Mapping[int, float]) -> dict[int, list[int]]:
    """Positions taken for each part from groups in their hash order."""
    rows = sum(sizes)
    room = {part: max(1, int(share * rows + 0.5)) for part, share in shares.items()}
    chosen: dict[int, list[int]] = {part: [] for part in shares}
    left: list[int] = []
    for position, size in enumerate(sizes):
        if not any(room.values()):
            break
        part = next((part for part in shares if room[part] >= size), None)
        if part is None:
            left.append(position)
        else:
            chosen[part].append(position)
            room[part] -= size
    for part in shares:
        if not chosen[part]:
            smallest = min(left, key=lambda position: sizes[position])
            left.remove(smallest)
            chosen[part].append(smallest)
    return chosen
