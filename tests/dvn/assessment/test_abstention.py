"""Thresholds below which nothing is answered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers

from dvn.assessment.abstention import answered_curve, at_threshold, threshold_choices
from tests.dvn.factories import law


def part(texts: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    confidences = draw.uniform(0.3, 1.0, texts)
    return confidences, draw.random(texts) < confidences


@law
@given(seed=integers(0, 10_000), texts=integers(1, 400))
def test_the_curve_begins_with_every_text_and_answers_ever_fewer(seed: int, texts: int) -> None:
    confidences, is_right = part(texts, seed)
    curve = answered_curve(confidences, is_right)
    assert curve[0].coverage == 1.0
    assert curve[0].accuracy == pytest.approx(is_right.mean())
    assert len(curve) <= 60
    coverages, thresholds = [p.coverage for p in curve], [p.threshold for p in curve]
    assert coverages == sorted(coverages, reverse=True)
    assert thresholds == sorted(thresholds)
    for point in curve:
        coverage, accuracy = at_threshold(confidences, is_right, point.threshold)
        assert (coverage, accuracy.value) == pytest.approx((point.coverage, point.accuracy))


@law
@given(seed=integers(0, 10_000), target=floats(0.7, 0.95))
def test_a_threshold_keeps_its_target_on_the_texts_that_chose_it(seed: int, target: float) -> None:
    validation, test = part(300, seed), part(300, seed + 1)
    for choice in threshold_choices(validation, test, [target]):
        coverage, accuracy = at_threshold(*validation, choice.threshold)
        assert accuracy.value >= target
        assert coverage * 300 >= 20
        assert (choice.coverage, choice.accuracy) == at_threshold(*test, choice.threshold)


def test_test_texts_choose_nothing() -> None:
    validation = part(300, 0)
    one, other = (threshold_choices(validation, part(300, seed)) for seed in (1, 2))
    assert [(c.target, c.threshold) for c in one] == [(c.target, c.threshold) for c in other]
    assert one != other


def test_a_target_that_is_reached_anyway_needs_no_threshold() -> None:
    everything = (np.full(50, 0.9), np.ones(50, dtype=bool))
    assert threshold_choices(everything, everything) == ()


def test_equal_confidences_are_answered_together() -> None:
    confidences, is_right = np.array([0.9, 0.5, 0.5, 0.5]), np.array([True, True, False, False])
    assert [point.coverage for point in answered_curve(confidences, is_right)] == [1.0]
    assert at_threshold(confidences, is_right, 0.5)[0] == 1.0
    assert at_threshold(confidences, is_right, 0.51) == (0.25, at_threshold(confidences, is_right, 0.9)[1])
