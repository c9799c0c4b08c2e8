"""Hits, true and predicted sizes of classes become scores, for any number of tables at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """For each class how many texts are of it, were given it, and both; leading dimensions are resamples."""

    hits: Float[np.ndarray, "*resamples classes"]
    sizes: Float[np.ndarray, "*resamples classes"]
    given: Float[np.ndarray, "*resamples classes"]

    def accuracy(self) -> Float[np.ndarray, "*resamples"]:
        """The share of texts that got their own class."""
        return share(self.hits.sum(axis=-1), self.sizes.sum(axis=-1))

    def recall(self) -> Float[np.ndarray, "*resamples classes"]:
        """Of the texts of a class, the share that was given it; 0 where there are none."""
        return share(self.hits, self.sizes)

    def precision(self) -> Float[np.ndarray, "*resamples classes"]:
        """Of the texts given a class, the share that is of it; 0 where there are none."""
        return share(self.hits, self.given)

    def f1(self) -> Float[np.ndarray, "*resamples classes"]:
        """The harmonic mean of precision and recall; 0 where a class does not occur."""
        return share(2 * self.hits, self.sizes + self.given)

    def macro_f1(self) -> Float[np.ndarray, "*resamples"]:
        """The mean F1 over the classes that occur in truth or prediction."""
        return _mean_of(self.f1(), self.sizes + self.given > 0)

    def balanced_accuracy(self) -> Float[np.ndarray, "*resamples"]:
        """The mean recall over the classes that occur in truth."""
        return _mean_of(self.recall(), self.sizes > 0)


def joined(some: Sequence[ClassCounts]) -> ClassCounts:
    """The resamples of all of these, in their order."""
    hits, sizes, given = (
        np.concatenate([getattr(one, name) for one in some]) for name in ("hits", "sizes", "given")
    )
    return ClassCounts(hits, sizes, given)


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part by whole, 0 where the whole is."""
    quotient: np.ndarray = np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)
    return quotient


def _mean_of(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return share((values * counts).sum(axis=-1), counts.sum(axis=-1))
