"""Rows with equal texts become groups, and groups are allotted to parts class by class."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, UInt64
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from dvn.data.dataset import Dataset


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
    group_of = [numbers.setdefault(" ".join(text.split()).casefold(), len(numbers)) for text in texts]
    return NumberedTexts(np.array(group_of, dtype=np.int64), tuple(numbers))


def number_groups(dataset: Dataset) -> NumberedTexts:
    """Rows by what stays on one side: equal texts and, where the dataset ties more together, those, too.

    The text of a group is the first of its texts in the order of their characters.
    """
    numbered = number_texts(dataset.texts)
    if dataset.together is None:
        return numbered
    _, tied = np.unique(np.array(dataset.together, dtype=np.int64), return_inverse=True)
    texts = len(numbered.texts)
    links = (np.ones(len(tied), np.int8), (numbered.group_of, texts + tied))
    size = texts + int(tied.max(initial=-1)) + 1
    _, component = connected_components(sparse.coo_array(links, shape=(size, size)), directed=False)
    kept, joined = np.unique(component[:texts], return_inverse=True)
    first = [""] * len(kept)
    for group, text in sorted(zip(joined.tolist(), numbered.texts, strict=True), reverse=True):
        first[group] = text
    return NumberedTexts(joined[numbered.group_of].astype(np.int64), tuple(first))


def count_texts(dataset: Dataset, numbered: NumberedTexts) -> Int[np.ndarray, " classes"]:
    """How many different texts each class has."""
    pairs = np.unique(dataset.label_ids * len(numbered.texts) + numbered.group_of)
    return np.bincount(pairs // len(numbered.texts), minlength=len(dataset.classes))


def group_texts(dataset: Dataset, numbered: NumberedTexts, *, seed: int) -> TextGroups:
    """The groups of a dataset whose rows are numbered by text."""
    counts = count_texts(dataset, numbered)
    by_rarity = np.lexsort((np.arange(len(counts)), counts))
    rarity = np.empty_like(by_rarity)
    rarity[by_rarity] = np.arange(len(counts))
    rarest = np.full(len(numbered.texts), len(counts), dtype=np.int64)
    np.minimum.at(rarest, numbered.group_of, rarity[dataset.label_ids])
    return TextGroups(
        group_of=numbered.group_of,
        sizes=np.bincount(numbered.group_of, minlength=len(numbered.texts)),
        class_of=np.append(by_rarity, -1)[rarest],
        order=_hash_order(numbered.texts, seed),
    )


def _hash_order(texts: Sequence[str], seed: int) -> UInt64[np.ndarray, " groups"]:
    start = hashlib.blake2b(f"split {seed}\n".encode(), digest_size=8)
    digests = bytearray()
    for text in texts:
        digest = start.copy()
        digest.update(text.encode("utf-8", "surrogatepass"))
        digests += digest.digest()
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64)


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
