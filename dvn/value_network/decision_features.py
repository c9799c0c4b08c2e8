"""Relaxed architectures become feature vectors in which near choices of an ordered decision lie near.

A weighted relaxed vector holds one centred block a decision, zero where the decision does not exist. The
choices of an ordered decision (a rate, a width) resemble their neighbours: their block is turned by a root
of the similarity exp(-|i - j| / REACH), so that inner products of features are similarities of choices.
The map is linear, so it holds for every point of the polytope and ascent can climb through it.
"""

from itertools import combinations, product

import numpy as np
from jaxtyping import Float, Int

from dvn.architecture import Relaxation
from dvn.architecture.space import Decision

INPUTS = ("encoder", "table", "ngrams", "embedding")
"""Decisions that name what a network reads the texts through; no space has all of them."""

REACH = 2.0
"""In choices: similarity falls to 1/e over this many steps of an ordered decision."""


def is_ordered(decision: Decision) -> bool:
    """Whether the choices are numbers that lie on a line: at least three, none of them a word or a yes."""
    return len(decision.choices) > 2 and not any(isinstance(c, bool | str) for c in decision.choices)


def input_pairs(relaxation: Relaxation) -> Int[np.ndarray, "2 pairs"]:
    """The places of every two choices of two inputs: what they cost together is no sum of logarithms."""
    found = [range(block.start, block.stop) for name, block in relaxation.blocks.items() if name in INPUTS]
    pairs = [pair for one, other in combinations(found, 2) for pair in product(one, other)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2).T


def similarity_root(relaxation: Relaxation) -> Float[np.ndarray, "logits logits"]:
    """The matrix that turns weighted relaxed vectors, as rows, into features: x = w @ root."""
    root = np.zeros((relaxation.width, relaxation.width))
    for decision in relaxation.space.decisions:
        block = relaxation.blocks[decision.name]
        places = np.arange(len(decision.choices))
        gaps = np.abs(places[:, None] - places[None])
        similar = np.exp(-gaps / REACH) if is_ordered(decision) else np.eye(len(places))
        root[block, block] = np.sqrt(2.0) * np.linalg.cholesky(similar)
    return root
