"""A soft child, the mixture at a point u of `relaxed_ffnn`, trained once on one task, becomes its scores.

As Kokiopoulou et al. (2019) train their children (section 5.1): Adam at 1e-4 for 20 epochs; the paper
gives no batch size, ours is 100. Single-threaded and seeded; the test part is measured once, at the end.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from dvn.architecture.relaxed_ffnn import MODULES
from dvn.architecture.soft_ffnn import Mixture, SoftChild
from dvn.embeddings import MODULES as FACTS
from dvn.training.features import TaskFeatures
from dvn.training.metrics import accuracy, confusion
from dvn.training.outcome import DivergedError, NoTrainingRowsError
from dvn.training.plan import BATCH, PAPER_EPOCHS, PAPER_RATE
from dvn.training.single_thread import single_thread

_EVALUATION_BATCH = 2_000
_TIMED_STEPS = 5

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SoftOutcome:
    """What a soft child reached: shares of texts that are right, steps, and CPU seconds of its training."""

    validation_accuracy: float
    test_accuracy: float
    steps: int
    seconds: float


def text_vectors(features: TaskFeatures, module: str) -> Float[np.ndarray, "texts dim"]:
    """All texts of a task under one embedding module, as every child of `relaxed_ffnn` reads them."""
    is_encoder = FACTS[module].kind == "encoder"
    return features.encoded(module)[1] if is_encoder else features.pooled(module)


def train_soft(
    features: TaskFeatures,
    u: Float[np.ndarray, " logits"],
    *,
    seed: int = 0,
    epochs: int = PAPER_EPOCHS,
    watch: Watch | None = None,
) -> SoftOutcome:
    """The scores of the soft child at a point u, trained on a task's training part.

    Args:
        features: The texts of the task as vectors, and its split.
        u: A point of the relaxed space: the softmax of logits, or a vertex.
        seed: Draws the initial weights and the order of the rows.
        epochs: Passes over the training part.
        watch: Told (steps done, steps) after each.

    Raises:
        NoTrainingRowsError: A part of the split is empty.
        DivergedError: The loss stopped being finite.
    """
    split = features.split
    for part, rows in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        if len(rows) == 0:
            raise NoTrainingRowsError(part, 0)
    with single_thread():
        x, child = _untrained(features, u, seed)
        labels = torch.from_numpy(features.dataset.label_ids.astype(np.int64))
        began = time.thread_time()
        steps = _fit(child, (x, labels), split.train, _Pace(epochs, seed, watch))
        seconds = time.thread_time() - began
        reached = [_accuracy(child, x, labels, rows) for rows in (split.validation, split.test)]
    return SoftOutcome(reached[0], reached[1], steps, seconds)


def soft_seconds(features: TaskFeatures, u: Float[np.ndarray, " logits"]) -> float:
    """CPU seconds that training the soft child at u would take, from a few of its steps."""
    with single_thread():
        x, child = _untrained(features, u, seed=0)
        labels = torch.from_numpy(features.dataset.label_ids.astype(np.int64))
        rows = features.split.train[: _TIMED_STEPS * BATCH]
        _fit(child, (x, labels), rows[:BATCH], _Pace(1, 0, None))  # The first step pays for set-up.
        began = time.thread_time()
        steps = _fit(child, (x, labels), rows, _Pace(1, 0, None))
        each = (time.thread_time() - began) / steps
    return each * PAPER_EPOCHS * math.ceil(len(features.split.train) / BATCH)


@dataclass(frozen=True, slots=True)
class _Pace:
    epochs: int
    seed: int
    watch: Watch | None


def _untrained(
    features: TaskFeatures, u: Float[np.ndarray, " logits"], seed: int
) -> tuple[Float[Tensor, "texts features"], SoftChild]:
    """The mixed vectors of all texts, and a new child whose bias knows the classes' frequencies."""
    mixture = Mixture.of(u)
    used = [name for name, weight in zip(MODULES, mixture.gamma, strict=True) if weight > 0]
    x = torch.from_numpy(mixture.inputs({name: text_vectors(features, name) for name in used}))
    classes = len(features.dataset.classes)
    child = SoftChild(mixture, x.shape[1], classes, torch.Generator().manual_seed(seed))
    counts = np.bincount(features.dataset.label_ids[features.split.train], minlength=classes) + 1.0
    with torch.no_grad():
        child.last.bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))
    return x, child


def _fit(child: SoftChild, data: tuple[Tensor, Tensor], train: Int[np.ndarray, " train"], pace: _Pace) -> int:
    """Train in place; the number of steps."""
    x, labels = data
    optimiser = torch.optim.Adam(child.parameters(), lr=PAPER_RATE, fused=True)
    generator = np.random.default_rng(pace.seed)
    total = pace.epochs * math.ceil(len(train) / BATCH)
    done = 0
    for _ in range(pace.epochs):
        for rows in torch.split(torch.from_numpy(generator.permutation(train)), BATCH):
            optimiser.zero_grad()
            loss = functional.cross_entropy(child(x[rows]), labels[rows])
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own
            optimiser.step()
            done += 1
            if not torch.isfinite(loss):
                raise DivergedError(done, total)
            if pace.watch is not None:
                pace.watch(done, total)
    return done


def _accuracy(child: SoftChild, x: Tensor, labels: Tensor, rows: Int[np.ndarray, " part"]) -> float:
    with torch.no_grad():
        parts = torch.split(torch.from_numpy(rows), _EVALUATION_BATCH)
        predicted = torch.cat([child(x[part]).argmax(dim=1) for part in parts]).numpy()
    classes = child.last.out_features
    return accuracy(confusion(labels.numpy()[rows], predicted, classes))
