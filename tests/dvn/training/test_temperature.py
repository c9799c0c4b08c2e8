"""The temperature that makes probabilities honest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers

from dvn.training.temperature import LEAST, MOST, fitted_temperature, tempered
from tests.dvn.factories import law


def honest(texts: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and labels drawn from them."""
    draw = np.random.default_rng(seed)
    scores = draw.normal(size=(texts, classes)) * 2
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    truths = (shares.cumsum(axis=1) > draw.random((texts, 1))).argmax(axis=1)
    return shares.astype(np.float32), truths


def loss(probabilities: np.ndarray, truths: np.ndarray) -> float:
    own = tempered(probabilities, 1.0)[np.arange(len(truths)), truths]
    return float(-np.log(np.maximum(own, 1e-30)).mean())


@pytest.mark.parametrize("true", [0.4, 1.0, 2.5, 6.0])
def test_the_temperature_that_spoilt_the_probabilities_is_found(true: float) -> None:
    shares, truths = honest(20_000, 5, 1)
    spoilt = tempered(shares, 1 / true)
    assert fitted_temperature(spoilt, truths) == pytest.approx(true, rel=0.06)


@law
@given(seed=integers(0, 10_000), factor=floats(0.2, 5), classes=integers(2, 8))
def test_no_other_temperature_is_much_more_likely(seed: int, factor: float, classes: int) -> None:
    shares, truths = honest(400, classes, seed)
    best = fitted_temperature(shares, truths)
    assert loss(tempered(shares, best), truths) <= loss(tempered(shares, best * factor), truths) + 0.01


@law
@given(seed=integers(0, 10_000), temperature=floats(LEAST, MOST))
def test_a_temperature_never_moves_the_most_probable_class(seed: int, temperature: float) -> None:
    shares, _ = honest(50, 4, seed)
    moved = tempered(shares, temperature)
    np.testing.assert_allclose(moved.sum(axis=1), 1.0, rtol=1e-5)
    assert (moved[np.arange(50), shares.argmax(axis=1)] == moved.max(axis=1)).all()


def test_a_few_texts_that_are_all_right_make_nobody_certain() -> None:
    shares = np.array([[0.9, 0.1]] * 20, dtype=np.float32)
    found = tempered(shares, fitted_temperature(shares, np.zeros(20, dtype=np.int64)))
    assert found[0, 0] == pytest.approx(1 - 1 / 22, abs=1e-3)


def test_probabilities_of_zero_and_one_do_no_harm() -> None:
    shares = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    found = fitted_temperature(shares, np.array([0, 1, 1]))
    assert LEAST <= found <= MOST
    assert np.isfinite(tempered(shares, found)).all()


def test_no_texts_change_nothing() -> None:
    assert fitted_temperature(np.zeros((0, 3), dtype=np.float32), np.zeros(0, dtype=np.int64)) == 1.0
