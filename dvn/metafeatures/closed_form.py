"""Vectors of labelled texts become classifiers with a closed form, each judged by leaving texts out.

Every text is predicted by what is fitted to all others. This is exact and costs one fit: for ridge by the
leverages of its hat matrix, for kernel ridge by the diagonal of its inverse, for class means by taking the
text out of the means of its classes.

Decision: one text is left out, with all its rows. Why: one eigendecomposition serves every strength of the
ridge, and there are no folds whose choice could matter. Rejected: five folds, which cost five
decompositions and learn from four fifths of a small sample.

Decision: the shares of the classes stay those of all texts. Why: without a text of its class the other
classes lead by one, so that vectors that say nothing would be wrong on every text of a balanced task.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import linalg

from dvn.metafeatures.distinct_texts import DistinctTexts

RIDGE_STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Penalties beside the mean eigenvalue of the texts' scatter."""

KERNEL_STRENGTH = 0.5
"""Penalty beside the similarity of a text to itself, which is one."""

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a classifier reached on texts left out.

    Attributes:
        correct: Rows predicted right.
        rows: Rows predicted.
        explained: Part of the labels' variance that the left-out predictions explain, at least 0.
    """

    correct: float
    rows: float
    explained: float = 0.0

    @property
    def logit(self) -> float:
        """Log odds of being right, finite since half a row is added to either side."""
        return float(np.log((self.correct + 0.5) / (self.rows - self.correct + 0.5)))


def judge_ridge(vectors: Float[np.ndarray, "texts dim"], known: DistinctTexts) -> Judgement:
    """Ridge regression on the classes, with the penalty whose left-out squared error is least.

    With leverages h, the diagonal of X (X'WX + s I)^-1 X'W, a text's prediction without itself is
    (p - h y) / (1 - h), all beside the classes' shares; W holds the number of rows of each text.
    """
    if not known.is_judged:
        return _largest(known)
    weights, shares, targets = _targets(known)
    centred = vectors.astype(np.float64)
    centred -= weights @ centred / known.rows
    values, axes = np.linalg.eigh(centred.T @ (centred * weights[:, None]))
    turned = centred @ axes
    squares = weights[:, None] * np.square(turned)
    projected = turned.T @ (weights[:, None] * targets)
    unit = max(float(values.mean()), _LEAST)
    best = (np.inf, np.zeros_like(targets))
    for strength in RIDGE_STRENGTHS:
        shrunk = 1.0 / (np.maximum(values, 0.0) + strength * unit)
        leverage = (squares @ shrunk)[:, None]
        fitted = turned @ (shrunk[:, None] * projected)
        left_out = (fitted - leverage * targets) / np.maximum(1.0 - leverage, _LEAST)
        error = float(weights @ np.square(left_out - targets).sum(axis=1))
        if error < best[0]:
            best = (error, left_out)
    return _judged(best[1] + shares, known, explained=_explained(best[1], known))


def judge_kernel(kernel: Float[np.ndarray, "texts texts"], known: DistinctTexts) -> Judgement:
    """Kernel ridge regression on the classes, for inputs wider than there are texts.

    With A = (K + s W^-1)^-1 a text's prediction without itself is y - (A Y) / diag A, beside the classes'
    shares; W holds the number of rows of each text.
    """
    if not known.is_judged:
        return _largest(known)
    weights, shares, targets = _targets(known)
    penalised = kernel + np.diag(KERNEL_STRENGTH / weights)
    inverse = linalg.inv(penalised, overwrite_a=True, check_finite=False, assume_a="pos")
    left_out = targets - inverse @ targets / np.diag(inverse)[:, None]
    return _judged(left_out + shares, known, explained=_explained(left_out, known))


def judge_means(vectors: Float[np.ndarray, "texts dim"], known: DistinctTexts) -> Judgement:
    """The nearest mean of a class, between directions from the centre of all texts."""
    if not known.is_judged:
        return _largest(known)
    counts = known.counts
    points = vectors.astype(np.float64)
    points -= counts.sum(axis=1) @ points / known.rows
    points /= np.maximum(np.linalg.norm(points, axis=1, keepdims=True), _LEAST)
    sums, sizes = counts.T @ points, counts.sum(axis=0)
    # What is nearest in distance is greatest in x m - m m / 2; a text's own rows are taken out of m.
    lengths = np.square(points).sum(axis=1, keepdims=True)
    whole = points @ sums.T
    products = whole - counts * lengths
    squares = np.square(sums).sum(axis=1) - 2.0 * counts * whole + np.square(counts) * lengths
    rest = np.maximum(sizes - counts, 1.0)
    scores = np.where(sizes > counts, products / rest - 0.5 * squares / np.square(rest), -np.inf)
    return _judged(scores, known)


def _targets(
    known: DistinctTexts,
) -> tuple[Float[np.ndarray, " texts"], Float[np.ndarray, " classes"], Float[np.ndarray, "texts classes"]]:
    """The rows of each text, the shares of the classes, and a text's part of them beyond those shares."""
    weights = known.counts.sum(axis=1)
    shares = known.counts.sum(axis=0) / known.rows
    return weights, shares, known.counts / weights[:, None] - shares


def _explained(predicted: Float[np.ndarray, "texts classes"], known: DistinctTexts) -> float:
    weights, _, targets = _targets(known)
    variance = float(weights @ np.square(targets).sum(axis=1))
    error = float(weights @ np.square(predicted - targets).sum(axis=1))
    return max(0.0, 1.0 - error / max(variance, _LEAST))


def _judged(
    scores: Float[np.ndarray, "texts classes"], known: DistinctTexts, *, explained: float = 0.0
) -> Judgement:
    best = scores.argmax(axis=1)
    return Judgement(float(known.counts[np.arange(len(best)), best].sum()), known.rows, explained)


def _largest(known: DistinctTexts) -> Judgement:
    """Where nothing can be left out: what the largest class alone would reach."""
    return Judgement(float(known.counts.sum(axis=0).max(initial=0.0)), known.rows)
