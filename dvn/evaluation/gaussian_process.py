"""An exact Gaussian process over recorded runs: the line that a value network has to beat.

Architectures are as alike as exp(-d / reach), d the number of decisions in which they differ (one that does
not exist differs from any choice of it). Tasks are as alike as 0.5 + 0.5 exp(-g / 2), g the mean squared
difference of their standardised features; without task features all are alike. Reach and noise are those
of the greatest marginal likelihood on a grid, on a subset of the runs; at most `MOST_RUNS` runs, drawn at
random, are learned from, since the time grows with their cube.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve

from dvn.architecture import Architecture, get_space
from dvn.evaluation.contender import Predictor, Scores
from dvn.value_network.fit_form import runs_by_task
from dvn.value_network.snapshot import Experience, KnownTask
from dvn.value_network.task_features import TaskFeatures

MOST_RUNS = 2_500
GRID_RUNS = 500
REACHES = (2.0, 4.0, 8.0)
NOISES = (0.1, 0.3, 1.0)

Normalise = Callable[[Float[np.ndarray, " runs"]], Float[np.ndarray, " runs"]]


@dataclass(frozen=True, slots=True)
class _Points:
    """Runs as the process sees them: one-hot decisions and the features of their tasks."""

    decisions: Float[np.ndarray, "runs columns"]
    z: Float[np.ndarray, "runs features"]

    def part(self, rows: np.ndarray) -> "_Points":
        return _Points(self.decisions[rows], self.z[rows])


def fit_gaussian_process(known: Experience, groups: Sequence[str], normalise: Normalise) -> Predictor:
    """The process fitted to scores that `normalise` made of each task's, with these groups of features."""
    features = TaskFeatures.of([task.description for task in known.tasks], groups)
    z = features([task.description for task in known.tasks])
    scores = np.zeros(len(known.runs))
    for rows in runs_by_task(known):
        scores[rows] = normalise(np.array([known.runs[row].validation_accuracy for row in rows]))
    order = np.random.default_rng(0).permutation(len(known.runs))[:MOST_RUNS]
    runs = [known.runs[row] for row in order]
    points = _Points(one_hot([run.architecture for run in runs]), z[[run.task for run in runs]])
    scores = scores[order]
    few = points.part(np.arange(min(GRID_RUNS, len(scores))))
    reach, noise = max(
        product(REACHES, NOISES), key=lambda pair: _likelihood(few, scores[: len(few.z)], *pair)
    )
    factor = cho_factor(_covariance(points, points, reach) + noise * np.eye(len(scores)), lower=True)
    solved = cho_solve(factor, scores)

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        own = np.repeat(features([task.description]), len(architectures), axis=0)
        result: np.ndarray = _covariance(_Points(one_hot(architectures), own), points, reach) @ solved
        return result

    return predict


def one_hot(architectures: Sequence[Architecture]) -> Float[np.ndarray, "architectures columns"]:
    """One column a choice, and one a decision for its absence, so that products count equal decisions."""
    decisions = get_space(architectures[0].space).decisions
    blocks = []
    for decision in decisions:
        places = [
            decision.index(a.decisions[decision.name]) + 1 if decision.name in a.decisions else 0
            for a in architectures
        ]
        blocks.append(np.eye(len(decision.choices) + 1, dtype=np.float32)[places])
    return np.concatenate(blocks, axis=1)


def _covariance(left: _Points, right: _Points, reach: float) -> Float[np.ndarray, "left right"]:
    number = float(left.decisions[0].sum())
    alike: np.ndarray = np.exp((left.decisions @ right.decisions.T - number) / reach)
    if left.z.shape[1]:
        squares = np.square(left.z).sum(axis=1)[:, None] + np.square(right.z).sum(axis=1)[None]
        gaps = np.maximum(squares - 2.0 * left.z @ right.z.T, 0.0) / left.z.shape[1]
        alike = alike * (0.5 + 0.5 * np.exp(-0.5 * gaps))
    return alike


def _likelihood(points: _Points, scores: Float[np.ndarray, " runs"], reach: float, noise: float) -> float:
    factor = cho_factor(_covariance(points, points, reach) + noise * np.eye(len(scores)), lower=True)
    fit = float(scores @ cho_solve(factor, scores))
    return -0.5 * fit - float(np.log(np.diagonal(factor[0])).sum())
