"""Texts become groups of near-duplicates: the same words, or nearly all of them in the same order.

Candidates come from MinHash signatures of pairs of neighbouring words, in bands (Broder, 1997; Leskovec et
al., *Mining of Massive Datasets*, 3.4); every candidate is then compared exactly. Two texts of Jaccard
similarity 0.8 are missed with probability (1 - 0.8**4)**16 = 0.0002.
"""

from typing import Final

import numba
import numpy as np
from jaxtyping import Int, UInt64
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from dvn.health.words import Words, are_single, hashes_of

SIMILAR, SIMILAR_CHARACTERS = 0.8, 0.9
"""The least similarity, and the same where words are single characters: one word then makes many pairs."""
FEWEST_WORDS: Final = 8
"""Shorter texts are near-duplicates only if their words are the same: one other word is another text."""
FEWEST_WITH_DIGITS: Final = 4
"""Texts of so many words are the same if they differ in digits only."""
_BANDS, _ROWS_OF_BAND = 16, 4
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)


def near_groups(words: Words) -> Int[np.ndarray, " texts"]:
    """For each text the number of its group; a text without words is a group of its own."""
    if not len(words.ids):
        return np.arange(len(words.lengths))
    hashes = hashes_of(words.vocabulary)[words.ids]
    # In a short text a digit may be all that matters, and one that only links is compared by no one.
    is_short = np.repeat(words.lengths < FEWEST_WITH_DIGITS, words.lengths)
    hashes = np.where(is_short, words.ids.astype(np.uint64), hashes)
    same = _number_sequences(hashes, words.starts)
    _, first = np.unique(same, return_index=True)
    long = first[words.lengths[first] >= FEWEST_WORDS]
    pairs = _similar_pairs(hashes, words, long) if len(long) > 1 else None
    if pairs is None or not len(pairs):
        return same
    joined = sparse.coo_array(
        (np.ones(len(pairs), np.int8), (same[long[pairs[:, 0]]], same[long[pairs[:, 1]]])),
        shape=(int(same.max()) + 1,) * 2,
    )
    _, component = connected_components(joined, directed=False)
    groups: Int[np.ndarray, " texts"] = component[same].astype(np.int64)
    return groups


def _number_sequences(
    hashes: UInt64[np.ndarray, " words"], starts: Int[np.ndarray, " borders"]
) -> Int[np.ndarray, " texts"]:
    """For each text the number of its sequence of words, in order of appearance."""
    numbers: dict[bytes, int] = {}
    borders = starts.tolist()
    same = np.empty(len(borders) - 1, dtype=np.int64)
    for text in range(len(same)):
        key = hashes[borders[text] : borders[text + 1]].tobytes() or str(text).encode()
        same[text] = numbers.setdefault(key, len(numbers))
    return same


def _similar_pairs(
    hashes: UInt64[np.ndarray, " words"], words: Words, texts: Int[np.ndarray, " texts"]
) -> Int[np.ndarray, "pairs 2"]:
    """Pairs of places in `texts` whose texts are similar."""
    starts = words.starts[texts]
    shingles = (hashes[:-1] * _ODD) ^ (hashes[1:] + (hashes[1:] >> np.uint64(29)))
    shingles ^= shingles >> np.uint64(31)
    # A text of n words has n - 1 pairs, which begin where it begins.
    ends = words.starts[texts + 1] - 1
    random = np.random.default_rng(20261126)
    factors = random.integers(1, 2**63, size=_BANDS * _ROWS_OF_BAND, dtype=np.uint64) | np.uint64(1)
    signatures = _signatures(shingles, starts, ends, factors)
    candidates = [_in_one_bucket(signatures[:, band]) for band in range(_BANDS)]
    pairs = np.unique(np.concatenate(candidates), axis=0)
    _sort_each(shingles, starts, ends)
    singles = np.concatenate([[0], np.cumsum(are_single(words.vocabulary)[words.ids])])
    is_single = 2 * (singles[ends] - singles[starts]) > ends - starts
    least = np.where(is_single[pairs].any(axis=1), SIMILAR_CHARACTERS, SIMILAR)
    similar: Int[np.ndarray, "pairs 2"] = pairs[_compare(shingles, starts, ends, pairs, least)]
    return similar


def _in_one_bucket(keys: UInt64[np.ndarray, " texts"]) -> Int[np.ndarray, "pairs 2"]:
    """Each text beside the first and beside the one before it that have its key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    opens = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    first = order[np.maximum.accumulate(np.where(opens, np.arange(len(order)), 0))]
    follows = np.flatnonzero(~opens)
    before = np.stack([order[follows - 1], order[follows]], axis=1)
    to_first = np.stack([first[follows], order[follows]], axis=1)
    return np.concatenate([before, to_first])


@numba.njit(cache=True)
def _signatures(shingles, starts, ends, factors):  # type: ignore[no-untyped-def]  # compiled
    """For each text and band one number; arithmetic is modulo 2**64."""
    bands = len(factors) // 4
    made = np.empty((len(starts), bands), dtype=np.uint64)
    lowest = np.empty(len(factors), dtype=np.uint64)
    for text in range(len(starts)):
        lowest[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
        for place in range(starts[text], ends[text]):
            shingle = shingles[place]
            for number in range(len(factors)):
                mixed = shingle * factors[number]
                mixed ^= mixed >> np.uint64(32)
                lowest[number] = min(lowest[number], mixed)
        for band in range(bands):
            key = np.uint64(0)
            for number in range(4 * band, 4 * band + 4):
                key = (key ^ lowest[number]) * np.uint64(0x9E3779B97F4A7C15)
            made[text, band] = key
    return made


@numba.njit(cache=True)
def _sort_each(shingles, starts, ends):  # type: ignore[no-untyped-def]  # compiled
    for text in range(len(starts)):
        shingles[starts[text] : ends[text]].sort()


@numba.njit(cache=True)
def _compare(shingles, starts, ends, pairs, least):  # type: ignore[no-untyped-def]  # compiled
    """Whether the sets of the two texts of each pair are similar: shared / all >= least (Jaccard)."""
    found = np.empty(len(pairs), dtype=np.bool_)
    for pair in range(len(pairs)):
        one, other = starts[pairs[pair, 0]], starts[pairs[pair, 1]]
        end_one, end_other = ends[pairs[pair, 0]], ends[pairs[pair, 1]]
        shared, different = 0, 0
        while one < end_one or other < end_other:
            if other >= end_other or (one < end_one and shingles[one] < shingles[other]):
                lowest = shingles[one]
                different += 1
            elif one >= end_one or shingles[other] < shingles[one]:
                lowest = shingles[other]
                different += 1
            else:
                lowest = shingles[one]
                shared += 1
            while one < end_one and shingles[one] == lowest:
                one += 1
            while other < end_other and shingles[other] == lowest:
                other += 1
        found[pair] = shared >= least[pair] * (shared + different)
    return found
