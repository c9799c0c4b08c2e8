"""The task x architecture matrix becomes a few factors a task, which task features then predict.

score = x . (b + sum_k p_tk q_k): decision features x carry the architecture's side, so that one that was
never shared has a score too; the factors p_t of each task are free. Both sides are found by alternating
ridge regressions (as Fusi et al., 2018, factorise such a matrix), and p of a task never seen is regressed
from its features.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from dvn.architecture import Architecture, Relaxation, get_space
from dvn.evaluation.contender import Predictor, Scores
from dvn.value_network.decision_features import similarity_root
from dvn.value_network.fit_form import process_data
from dvn.value_network.snapshot import Experience, KnownTask
from dvn.value_network.task_features import TaskFeatures

FACTORS = 3
ROUNDS = 10
RIDGE = 5.0


def fit_factorisation(known: Experience, groups: Sequence[str]) -> Predictor:
    """The factors of the known tasks, and their regression on task features of these groups."""
    features = TaskFeatures.of([task.description for task in known.tasks], groups)
    data = process_data(known, features)
    x, scores, of_task = data.x.numpy(), data.scores.numpy(), data.of_task.numpy()
    factors = np.random.default_rng(0).normal(0.0, 0.3, (len(known.tasks), FACTORS))
    effects = np.zeros((FACTORS + 1, x.shape[1]))
    for _ in range(ROUNDS):
        effects = _architecture_side(x, scores, factors[of_task])
        factors = _task_side(x, scores, of_task, effects)
    z = data.z.numpy()
    centre = factors.mean(axis=0)
    slopes = ridge(z, factors - centre, RIDGE)
    relaxation = Relaxation(get_space(known.space))
    root = torch.from_numpy(similarity_root(relaxation))

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        weighted = relaxation.weighted(torch.from_numpy(relaxation.vertices(architectures)))
        asked = (weighted.double() @ root).numpy()
        factor = centre + features([task.description])[0] @ slopes
        result: np.ndarray = asked @ (effects[0] + factor @ effects[1:])
        return result

    return predict


def ridge(
    columns: Float[np.ndarray, "rows columns"], targets: Float[np.ndarray, "rows targets"], penalty: float
) -> Float[np.ndarray, "columns targets"]:
    """Coefficients of a ridge regression without a constant."""
    gram = columns.T @ columns + penalty * np.eye(columns.shape[1])
    solved: np.ndarray = np.linalg.solve(gram, columns.T @ targets)
    return solved


def _architecture_side(
    x: Float[np.ndarray, "runs logits"],
    scores: Float[np.ndarray, " runs"],
    factors: Float[np.ndarray, "runs factors"],
) -> Float[np.ndarray, "effects logits"]:
    moved = np.column_stack([np.ones(len(x)), factors])
    columns = (moved[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    return ridge(columns, scores[:, None], RIDGE).reshape(moved.shape[1], x.shape[1])


def _task_side(
    x: Float[np.ndarray, "runs logits"],
    scores: Float[np.ndarray, " runs"],
    of_task: np.ndarray,
    effects: Float[np.ndarray, "effects logits"],
) -> Float[np.ndarray, "tasks factors"]:
    base, loadings = x @ effects[0], x @ effects[1:].T
    found = []
    for task in range(int(of_task.max()) + 1):
        rows = of_task == task
        found.append(ridge(loadings[rows], (scores - base)[rows, None], 1.0)[:, 0])
    return np.stack(found)
