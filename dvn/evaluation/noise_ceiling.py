"""Runs of the same architecture under two seeds become the agreement that no predictor need exceed.

Training is noisy: the score of one seed tells that of another only so well. A predictor that knew every
architecture's score under another seed would reach this ceiling; one that knew the mean over all seeds
could pass it, by as much as averaging takes the noise out.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from dvn.evaluation.leave_one_family_out import rank_correlation
from dvn.value_network.snapshot import Experience

FIRST_SEED, SECOND_SEED = 0, 1
FEWEST = 10
"""Architectures trained twice; fewer than these say nothing."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How well one seed's validation scores tell another's, on one task.

    Attributes:
        architectures: How many were trained under both seeds.
        spearman: Rank correlation between the seeds.
        r2: Of predicting the first seed's normalised score by the second's.
        r2_of_mean: Of predicting it by the mean over all seeds, from the variance between the two.
    """

    architectures: int
    spearman: float
    r2: float
    r2_of_mean: float


def first_seeds(experience: Experience) -> Experience:
    """The experience without runs under another seed, which are no further architectures."""
    return replace(experience, runs=tuple(run for run in experience.runs if run.seed == FIRST_SEED))


def ceilings(experience: Experience) -> list[Ceiling | None]:
    """The ceiling of each task; None where fewer than `FEWEST` architectures were trained twice."""
    return [_ceiling(_pairs(experience, place)) for place in range(len(experience.tasks))]


def r_squared(
    predicted: Float[np.ndarray, " architectures"], truth: Float[np.ndarray, " architectures"]
) -> float:
    """R2 of predicted normalised scores, the truth normalised by its own mean and spread.

    NaN where the truth does not vary.
    """
    spread = float(truth.std())
    if spread == 0.0:
        return float("nan")
    return 1.0 - float(np.square((truth - truth.mean()) / spread - predicted).mean())


def _pairs(experience: Experience, place: int) -> Float[np.ndarray, "architectures seeds"]:
    by_seed: dict[int, dict[str, float]] = {FIRST_SEED: {}, SECOND_SEED: {}}
    for run in experience.runs:
        if run.task == place and run.seed in by_seed:
            by_seed[run.seed][run.architecture.hash] = run.validation_accuracy
    first, second = by_seed[FIRST_SEED], by_seed[SECOND_SEED]
    both = [(first[name], second[name]) for name in sorted(first.keys() & second.keys())]
    return np.array(both, dtype=np.float64).reshape(-1, 2)


def _ceiling(pairs: Float[np.ndarray, "architectures seeds"]) -> Ceiling | None:
    if len(pairs) < FEWEST or pairs[:, 0].std() == 0.0:
        return None
    first, second = pairs[:, 0], pairs[:, 1]
    gap = float(np.square(first - second).mean() / first.var())
    return Ceiling(len(pairs), rank_correlation(second, first), 1.0 - gap, 1.0 - gap / 2.0)
