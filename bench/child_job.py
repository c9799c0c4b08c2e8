"""One child on one task as arrays and numbers in a folder, so that any framework can train it from the start.

Nothing here imports dvn: `child_throughput.py` writes the folder, `child_in_torch.py` and
`child_in_keras.py` read it.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import sparse

BATCH = 100
FIRST_SQUARES = 1e-4
"""Where every Adagrad's sums of squares begin."""


@dataclass(frozen=True)
class Job:
    """One child.

    Attributes:
        name: The hash of its architecture.
        space: The space of its architecture.
        layers: Of the tower, in order: `["linear", inputs, outputs]`, `["dropout", share]`, `["relu"]`...
        dense: Names of the frozen inputs of the tower.
        table: Name of the trained table that the tower reads too, or None.
        ngrams: Name of the sparse input of the wide tower, or None.
        rates: Learning rates of `deep`, `table`, `wide` and `bias`, the weights `deep_l2` and `wide_l1`.
        steps: Steps of 100 texts.
        decays: Whether the rates fall to zero, linearly.
        seed: Of the order of the texts.
    """

    name: str
    space: str
    layers: list[list[object]]
    dense: list[str]
    table: str | None
    ngrams: str | None
    rates: dict[str, float]
    steps: int
    decays: bool
    seed: int

    def schedule(self, step: int) -> float:
        """The factor on all rates at a step, counted from 0."""
        return 1.0 - step / self.steps if self.decays else 1.0


@dataclass(frozen=True)
class Result:
    """What one framework says of one child; seconds are CPU seconds of the process."""

    name: str
    train_seconds: float
    end_to_end_seconds: float
    validation_accuracy: float
    test_accuracy: float


class Folder:
    """The jobs of one task and their shared inputs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write_jobs(self, jobs: list[Job]) -> None:
        text = json.dumps([asdict(job) for job in jobs])
        (self.path / "jobs.json").write_text(text, encoding="utf-8")

    def jobs(self) -> list[Job]:
        return [Job(**job) for job in json.loads((self.path / "jobs.json").read_text(encoding="utf-8"))]

    def write_results(self, framework: str, results: list[Result]) -> None:
        text = json.dumps([asdict(result) for result in results])
        (self.path / f"{framework}.json").write_text(text, encoding="utf-8")

    def results(self, framework: str) -> list[Result]:
        path = self.path / f"{framework}.json"
        return [Result(**result) for result in json.loads(path.read_text(encoding="utf-8"))]

    def write(self, name: str, array: np.ndarray | sparse.csr_matrix) -> None:
        if sparse.issparse(array):
            sparse.save_npz(self.path / f"{name}.npz", array, compressed=False)
        else:
            np.save(self.path / f"{name}.npy", array)

    @cache  # noqa: B019 - a process has one folder, and each input is read once
    def read(self, name: str) -> np.ndarray:
        return np.load(self.path / f"{name}.npy")

    @cache  # noqa: B019 - as above
    def read_sparse(self, name: str) -> sparse.csr_matrix:
        return sparse.load_npz(self.path / f"{name}.npz")

    def dense(self, job: Job) -> np.ndarray | None:
        """The frozen inputs of the tower beside each other, or None."""
        parts = [self.read(name) for name in job.dense]
        return np.concatenate(parts, axis=1) if parts else None

    def linear(self, job: Job, place: int) -> tuple[np.ndarray, np.ndarray]:
        """First weights (outputs x inputs) and bias of the linear layer at this place of the tower."""
        return self.read(f"{job.name}-{place}-weight"), self.read(f"{job.name}-{place}-bias")


def batches(rows: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """Endless batches: each pass over the rows in a new order, the last batch filled from the next pass."""
    generator = np.random.default_rng(seed)
    size = min(BATCH, len(rows))
    left = np.empty(0, dtype=np.int64)
    while True:
        if len(left) < size:
            left = np.concatenate([left, generator.permutation(rows)])
        batch, left = left[:size], left[size:]
        yield batch


def row_weights(labels: np.ndarray, train: np.ndarray, power: float) -> np.ndarray:
    """Weights of mean one over train: (inverse class frequency) ** power."""
    counts = np.bincount(labels[train], minlength=labels.max() + 1).clip(min=1)
    weights = ((len(train) / counts) ** power)[labels]
    return (weights / weights[train].mean()).astype(np.float32)


def log_prior(labels: np.ndarray, weights: np.ndarray, classes: int) -> np.ndarray:
    """The first bias: the logarithm of the weighted class frequencies."""
    mass = np.bincount(labels, weights=weights, minlength=classes) + 1.0
    return np.log(mass / mass.sum()).astype(np.float32)


def step_flops(job: Job, folder: Folder) -> float:
    """Floating-point operations of one step: two for each multiply-add of linear layers and sparse rows.

    Forward, gradient of the weights, and gradient of the inputs where somebody needs it. Optimisers,
    activations and normalisation are left out, so the limit that follows is a generous one.
    """
    total = 0.0
    trained_inputs = 0
    if job.table is not None:
        vectors, counts = folder.read(f"{job.table}-table"), folder.read_sparse(f"{job.table}-counts")
        trained_inputs = vectors.shape[1]
        total += 2 * 2.0 * BATCH * counts.nnz / counts.shape[0] * trained_inputs
    if job.ngrams is not None:
        counts = folder.read_sparse(job.ngrams)
        total += 2 * 2.0 * BATCH * counts.nnz / counts.shape[0] * int(folder.read("labels").max() + 1)
    linears = [layer for layer in job.layers if layer[0] == "linear"]
    for number, (_, inputs, outputs) in enumerate(linears):
        back = int(inputs) if number else trained_inputs  # type: ignore[call-overload]
        total += 2.0 * BATCH * int(outputs) * (2 * int(inputs) + back)  # type: ignore[call-overload]
    return total
