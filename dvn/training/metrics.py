"""Predicted classes become scores in [0, 1], and confusion matrices."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from jaxtyping import Int

MetricName = Literal["accuracy", "macro_f1", "balanced_accuracy"]


def confusion(
    truth: Int[np.ndarray, " texts"], predicted: Int[np.ndarray, " texts"], classes: int
) -> Int[np.ndarray, "classes classes"]:
    """Counts of texts by true class (rows) and predicted class (columns)."""
    cells = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return cells.reshape(classes, classes).astype(np.int64)


def accuracy(matrix: Int[np.ndarray, "classes classes"]) -> float:
    """The share of texts whose predicted class is the true one."""
    return float(np.trace(matrix) / max(matrix.sum(), 1))


def macro_f1(matrix: Int[np.ndarray, "classes classes"]) -> float:
    """The mean F1 over the classes that occur in truth or prediction."""
    hits = np.diag(matrix).astype(np.float64)
    sizes = matrix.sum(axis=0) + matrix.sum(axis=1)
    return float((2 * hits[sizes > 0] / sizes[sizes > 0]).mean()) if (sizes > 0).any() else 0.0


def balanced_accuracy(matrix: Int[np.ndarray, "classes classes"]) -> float:
    """The mean over the classes that occur of the share of their texts that are predicted as they are."""
    sizes = matrix.sum(axis=1)
    occurs = sizes > 0
    return float((np.diag(matrix)[occurs] / sizes[occurs]).mean()) if occurs.any() else 0.0


METRICS: Final[Mapping[MetricName, Callable[[Int[np.ndarray, "classes classes"]], float]]] = MappingProxyType(
    {"accuracy": accuracy, "macro_f1": macro_f1, "balanced_accuracy": balanced_accuracy}
)
"""Every metric that a run is measured by, and that its best step may be told by."""
