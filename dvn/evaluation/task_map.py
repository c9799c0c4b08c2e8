"""Tasks as numbers become places on a plane: their two principal components, which way round is fixed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class TaskPlane:
    """The plane on which tasks differ most, and the share of their variance that it shows."""

    centre: Float[np.ndarray, " features"]
    axes: Float[np.ndarray, "2 features"]
    explained: float

    def places(self, vectors: Float[np.ndarray, "tasks features"]) -> Float[np.ndarray, "tasks 2"]:
        """Where tasks stand, those that made the plane and others alike."""
        result: np.ndarray = (vectors - self.centre) @ self.axes.T
        return result


def task_plane(vectors: Float[np.ndarray, "tasks features"]) -> TaskPlane:
    """The plane of the first two principal components of at least one task.

    The sign of a component is arbitrary; here its largest loading is positive, so that a map does not flip
    from one fit to the next. A component that does not exist is a row of zeros.
    """
    rows = vectors.astype(np.float64)
    centre = rows.mean(axis=0)
    _, scales, axes = np.linalg.svd(rows - centre, full_matrices=False)
    variances = np.square(scales)
    kept = np.zeros((2, rows.shape[1]))
    for place, (axis, variance) in enumerate(zip(axes[:2], variances[:2], strict=True)):
        if variance > 1e-12:
            kept[place] = axis * np.sign(axis[np.argmax(np.abs(axis))])
    explained = float(variances[:2].sum() / variances.sum()) if variances.sum() > 0 else 0.0
    return TaskPlane(centre, kept, explained)


def nearest_tasks(vectors: Float[np.ndarray, "tasks features"], place: int, *, count: int) -> list[int]:
    """The tasks most like one of them in all its numbers, not on the plane alone; itself left out."""
    gaps = np.square(vectors - vectors[place]).sum(axis=1)
    order = [int(other) for other in np.argsort(gaps, kind="stable") if other != place]
    return order[:count]
