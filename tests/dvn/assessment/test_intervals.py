"""Intervals of scores: what the multinomial draws are, and that they hold what they promise."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_score, recall_score

from dvn.assessment.counts import ClassCounts
from dvn.assessment.intervals import RESAMPLES, interval, resampled_counts, wilson
from dvn.training.metrics import accuracy, confusion, macro_f1
from tests.dvn.factories import law


def counts_of(truths: np.ndarray, predicted: np.ndarray, classes: int) -> ClassCounts:
    table = confusion(truths, predicted, classes).astype(np.float64)
    return ClassCounts(np.diag(table), table.sum(axis=1), table.sum(axis=0))


def guesses(texts: int, classes: int, right: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    truths = draw.integers(0, classes, texts)
    return truths, np.where(draw.random(texts) < right, truths, draw.integers(0, classes, texts))


@law
@given(seed=integers(0, 10_000), classes=integers(2, 6), texts=integers(12, 80))
def test_scores_are_those_of_scikit_learn_and_of_training(seed: int, classes: int, texts: int) -> None:
    truths, predicted = guesses(texts, classes, 0.6, seed)
    counts, table = counts_of(truths, predicted, classes), confusion(truths, predicted, classes)
    names = list(range(classes))
    for ours, theirs in ((counts.precision(), precision_score), (counts.recall(), recall_score)):
        np.testing.assert_allclose(
            ours, theirs(truths, predicted, labels=names, average=None, zero_division=0)
        )
    np.testing.assert_allclose(
        counts.f1(), f1_score(truths, predicted, labels=names, average=None, zero_division=0)
    )
    assert counts.macro_f1() == pytest.approx(macro_f1(table))
    assert counts.accuracy() == pytest.approx(accuracy(table))
    present = sorted(set(truths.tolist()))
    kept = recall_score(truths, predicted, labels=present, average="macro")
    assert counts.balanced_accuracy() == pytest.approx(kept)
    if len(set(predicted) - set(truths)) == 0:
        assert counts.balanced_accuracy() == pytest.approx(balanced_accuracy_score(truths, predicted))


def test_draws_of_cells_vary_as_draws_of_texts_do() -> None:
    truths, predicted = guesses(200, 3, 0.7, 1)
    ours = np.concatenate([c.macro_f1() for c in resampled_counts(truths, predicted, 3, seed=0)])
    draw = np.random.default_rng(5)
    rows = [draw.integers(0, 200, 200) for _ in range(RESAMPLES)]
    theirs = np.array([macro_f1(confusion(truths[some], predicted[some], 3)) for some in rows])
    assert len(ours) == RESAMPLES
    np.testing.assert_allclose(
        np.percentile(ours, [5, 50, 95]), np.percentile(theirs, [5, 50, 95]), atol=0.01
    )


def test_every_resample_has_as_many_texts() -> None:
    truths, predicted = guesses(77, 4, 0.5, 2)
    for some in resampled_counts(truths, predicted, 4, seed=3):
        assert (some.sizes.sum(axis=1) == 77).all()
        assert (some.given.sum(axis=1) == 77).all()
        assert (some.hits <= np.minimum(some.sizes, some.given)).all()


def test_the_interval_holds_the_truth_about_19_times_of_20() -> None:
    held = 0
    for seed in range(200):
        truths, predicted = guesses(150, 3, 0.7, seed)
        draws = np.concatenate([c.accuracy() for c in resampled_counts(truths, predicted, 3, seed=seed)])
        found = interval(float((truths == predicted).mean()), draws, texts=150)
        held += found.low <= 0.8 <= found.high
    assert 180 <= held <= 198


def test_all_right_is_not_certainty() -> None:
    found = interval(1.0, np.ones(RESAMPLES), texts=20)
    assert found.high == 1.0
    assert found.low == pytest.approx(wilson(20, 20)[0])
    assert 0.8 < found.low < 0.9


def test_ten_thousand_texts_of_fifty_classes_take_under_a_second() -> None:
    truths, predicted = guesses(10_000, 50, 0.7, 0)
    began = time.thread_time()
    for some in resampled_counts(truths, predicted, 50, seed=0):
        some.macro_f1()
    assert time.thread_time() - began < 1.0


@law
@given(successes=integers(0, 500), more=integers(0, 500))
def test_wilsons_interval_holds_the_share_and_stays_in_bounds(successes: int, more: int) -> None:
    trials = successes + more
    low, high = wilson(successes, trials)
    assert 0 <= low <= high <= 1
    if trials:
        assert low - 1e-9 <= successes / trials <= high + 1e-9


def test_wilsons_interval_is_the_published_one() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-4)


def test_a_perfect_score_on_few_texts_is_not_certain() -> None:
    low, high = wilson(10, 10)
    assert low < 0.75
    assert high == pytest.approx(1)
