"""Scores become targets that do not care how far a diverged run fell."""

import numpy as np
import pytest

from dvn.value_network.targets import (
    ANCHOR,
    LEAST_SLOPE,
    MOST_SAMPLING,
    accuracy_line,
    logit,
    normal_scores,
    sampling_variance,
    standard_scores,
)


def test_normal_scores_keep_the_order_and_nothing_of_the_distances() -> None:
    usual, diverged = normal_scores(np.array([0.7, 0.8, 0.9])), normal_scores(np.array([0.01, 0.8, 0.81]))
    assert np.array_equal(usual, diverged)
    np.testing.assert_allclose(usual, [-0.9674, 0.0, 0.9674], atol=1e-4)


def test_equal_scores_share_their_rank() -> None:
    scores = normal_scores(np.array([0.5, 0.5, 0.9, 0.9]))
    assert scores[0] == scores[1] == -scores[2] == -scores[3]
    assert normal_scores(np.array([0.5, 0.5])).tolist() == [0.0, 0.0]


def test_standard_scores_have_mean_zero_and_spread_one() -> None:
    scores = standard_scores(np.array([0.1, 0.5, 0.9]))
    assert (scores.mean(), scores.std()) == (pytest.approx(0.0), pytest.approx(1.0))


def test_a_line_through_the_better_half_is_found() -> None:
    scores = normal_scores(np.arange(40, dtype=np.float64))
    logits = np.where(scores >= 0, 1.0 + 0.5 * scores, -6.0)
    level, slope = accuracy_line(1 / (1 + np.exp(-logits)))
    assert (level, slope) == (pytest.approx(1.0 + 0.5 * ANCHOR), pytest.approx(0.5))


def test_scores_without_a_spread_have_the_least_slope() -> None:
    level, slope = accuracy_line(np.array([0.8, 0.8, 0.8]))
    at_zero = float(logit(np.array([0.8]))[0])
    assert (level, slope) == (pytest.approx(at_zero + LEAST_SLOPE * ANCHOR), LEAST_SLOPE)


def test_a_quarter_of_the_rows_is_four_times_the_sampling_variance() -> None:
    values = np.linspace(0.6, 0.8, 50)
    assert sampling_variance(values, 100) == pytest.approx(4 * sampling_variance(values, 400))
    assert sampling_variance(np.full(5, 0.7), 100) == MOST_SAMPLING
    assert np.isnan(sampling_variance(values, 0))
