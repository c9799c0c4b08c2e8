"""What one seed tells of another, and that a second seed is no further architecture."""

from dataclasses import replace

import numpy as np
import pytest

from dvn.evaluation.noise_ceiling import ceilings, first_seeds, r_squared
from tests.dvn.ffnn_experience import ffnn_experience


def test_without_noise_the_ceiling_is_one() -> None:
    for ceiling in ceilings(ffnn_experience(2, runs=15, twice=12)):
        assert ceiling is not None
        assert (ceiling.architectures, ceiling.r2) == (12, 1.0)
        assert ceiling.spearman == pytest.approx(1.0)


def test_noise_lowers_it_and_averaging_takes_half_of_the_noise_out() -> None:
    (ceiling, _) = ceilings(ffnn_experience(2, runs=80, twice=80, noise=0.03))
    assert ceiling is not None
    assert 0.2 < ceiling.spearman < 0.9
    assert 1 - ceiling.r2 == pytest.approx(2 * (1 - ceiling.r2_of_mean))


def test_too_few_pairs_say_nothing() -> None:
    assert ceilings(ffnn_experience(2, runs=15, twice=9)) == [None, None]


def test_only_first_seeds_are_architectures_to_judge() -> None:
    experience = ffnn_experience(2, runs=15, twice=5)
    assert len(experience.runs) == 40
    assert len(first_seeds(experience).runs) == 30


def test_r2_is_that_of_the_tasks_own_scores() -> None:
    truth = np.array([0.5, 0.6, 0.9])
    normal = (truth - truth.mean()) / truth.std()
    assert r_squared(normal, truth) == pytest.approx(1.0)
    assert r_squared(np.zeros(3), truth) == pytest.approx(0.0)
    assert r_squared(normal, 2 * truth + 1) == pytest.approx(1.0)
    assert np.isnan(r_squared(normal, np.ones(3)))


def test_pairs_are_of_one_architecture() -> None:
    experience = ffnn_experience(2, runs=15, twice=12)
    shuffled = replace(experience, runs=tuple(reversed(experience.runs)))
    assert ceilings(shuffled) == ceilings(experience)
