"""Reliability diagrams, and the word on whether probabilities can be trusted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers

from dvn.assessment.calibration import reliability, trust
from tests.dvn.factories import law


def outcomes(chances: np.ndarray, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(len(chances)) < chances


def test_the_error_is_the_mean_gap_of_the_bins() -> None:
    confidences = np.array([0.95, 0.95, 0.55, 0.55])
    found = reliability(confidences, np.array([True, False, True, True]), seed=0)
    assert found.error == pytest.approx((2 * 0.45 + 2 * 0.45) / 4)
    assert [(one.low, one.texts, one.accuracy) for one in found.bins] == [(0.5, 2, 1.0), (0.9, 2, 0.5)]


@law
@given(seed=integers(0, 10_000), texts=integers(1, 300))
def test_bins_hold_every_text_once(seed: int, texts: int) -> None:
    confidences = np.random.default_rng(seed).random(texts)
    found = reliability(confidences, outcomes(confidences, seed), seed=seed)
    assert sum(one.texts for one in found.bins) == texts
    assert all(one.low <= one.confidence <= one.high for one in found.bins)
    assert 0 <= found.error <= 1


def test_a_confidence_of_one_is_in_the_last_bin() -> None:
    assert reliability(np.ones(3), np.ones(3, dtype=bool), seed=0).bins[0].low == 0.9


def test_the_error_that_chance_makes_is_foretold() -> None:
    confidences = np.random.default_rng(0).uniform(0.4, 1.0, 300)
    errors = [reliability(confidences, outcomes(confidences, seed), seed=0).error for seed in range(100)]
    assert reliability(confidences, outcomes(confidences), seed=0).chance == pytest.approx(
        np.mean(errors), abs=0.005
    )


@pytest.mark.parametrize(
    ("moved", "texts", "word"),
    [(0.0, 2_000, "yes"), (-0.15, 2_000, "too_sure"), (0.1, 2_000, "too_unsure"), (0.0, 12, "unknown")],
)
def test_the_word_follows_what_came_out(moved: float, texts: int, word: str) -> None:
    confidences = np.random.default_rng(1).uniform(0.5, 0.89, texts)
    said = trust(reliability(confidences, outcomes(confidences + moved, 3), seed=0))
    assert said == word


def test_gaps_that_cancel_out_are_not_trusted_either() -> None:
    confidences = np.repeat([0.55, 0.85], 1_000)
    chances = np.repeat([0.75, 0.65], 1_000)
    assert trust(reliability(confidences, outcomes(chances), seed=0)) == "uneven"
