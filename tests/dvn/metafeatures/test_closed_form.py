"""Leaving a text out by formula is leaving it out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers

from dvn.metafeatures import closed_form
from dvn.metafeatures.closed_form import Judgement, judge_kernel, judge_means, judge_ridge
from dvn.metafeatures.distinct_texts import DistinctTexts
from tests.dvn.factories import law


def drawn(seed: int, *, texts: int = 14, classes: int = 3) -> tuple[np.ndarray, DistinctTexts]:
    """Vectors that say something of their classes, some texts with several rows and labels."""
    generator = np.random.default_rng(seed)
    own = np.concatenate([np.arange(classes), generator.integers(0, classes, texts - classes)])
    counts = np.zeros((texts, classes))
    counts[np.arange(texts), own] = generator.integers(1, 4, texts)
    counts[generator.integers(0, texts, 2), generator.integers(0, classes, 2)] += 1.0
    vectors = generator.normal(size=(texts, 6)).astype(np.float32)
    vectors[:, :classes] += 1.5 * np.eye(classes)[own]
    return vectors, DistinctTexts(tuple(map(str, range(texts))), counts)


def correct(predicted: np.ndarray, known: DistinctTexts) -> float:
    return float(known.counts[np.arange(len(predicted)), predicted.argmax(axis=1)].sum())


@law
@given(integers(0, 10_000))
def test_ridge_predicts_each_text_as_if_it_had_not_been_there(seed: int) -> None:
    vectors, known = drawn(seed)
    weights = known.counts.sum(axis=1)
    targets = known.counts / weights[:, None] - known.counts.sum(axis=0) / known.rows
    points = vectors.astype(np.float64) - weights @ vectors / known.rows
    unit = np.linalg.eigvalsh(points.T @ (points * weights[:, None])).mean()
    found = {}
    for strength in closed_form.RIDGE_STRENGTHS:
        predicted = np.zeros_like(targets)
        for text in range(len(points)):
            kept = np.arange(len(points)) != text
            left, diagonal = points[kept], np.diag(weights[kept])
            inner = left.T @ diagonal @ left + strength * unit * np.eye(points.shape[1])
            predicted[text] = points[text] @ np.linalg.solve(inner, left.T @ diagonal @ targets[kept])
        found[float(weights @ np.square(predicted - targets).sum(axis=1))] = predicted
    error, best = min(found.items(), key=lambda item: item[0])
    judged = judge_ridge(vectors, known)
    assert judged.correct == correct(best + known.counts.sum(axis=0) / known.rows, known)
    assert judged.explained == pytest.approx(
        max(0.0, 1.0 - error / float(weights @ np.square(targets).sum(axis=1))), abs=1e-6
    )


@law
@given(integers(0, 10_000))
def test_kernel_ridge_predicts_each_text_as_if_it_had_not_been_there(seed: int) -> None:
    vectors, known = drawn(seed)
    kernel = vectors.astype(np.float64) @ vectors.T
    weights = known.counts.sum(axis=1)
    shares = known.counts.sum(axis=0) / known.rows
    targets = known.counts / weights[:, None] - shares
    predicted = np.zeros_like(targets)
    for text in range(len(kernel)):
        kept = np.arange(len(kernel)) != text
        inner = kernel[np.ix_(kept, kept)] + np.diag(closed_form.KERNEL_STRENGTH / weights[kept])
        predicted[text] = kernel[text, kept] @ np.linalg.solve(inner, targets[kept])
    assert judge_kernel(kernel, known).correct == correct(predicted + shares, known)


@law
@given(integers(0, 10_000))
def test_class_means_are_those_of_the_other_texts(seed: int) -> None:
    vectors, known = drawn(seed)
    points = vectors.astype(np.float64) - known.counts.sum(axis=1) @ vectors / known.rows
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    scores = np.full(known.counts.shape, -np.inf)
    for text in range(len(points)):
        others = known.counts * (np.arange(len(points)) != text)[:, None]
        for number in np.flatnonzero(others.sum(axis=0)):
            mean = others[:, number] @ points / others[:, number].sum()
            scores[text, number] = -np.square(points[text] - mean).sum()
    assert judge_means(vectors, known).correct == correct(scores, known)


def test_vectors_that_say_nothing_reach_the_largest_class() -> None:
    counts = np.zeros((20, 2))
    counts[:10, 0] = counts[10:, 1] = 1.0
    for known in (DistinctTexts(("",) * 20, counts), DistinctTexts(("",) * 19, counts[:19])):
        nothing = np.zeros((len(known.texts), 4))
        for judged in (judge_ridge(nothing, known), judge_kernel(nothing @ nothing.T, known)):
            assert (judged.correct, judged.rows, judged.explained) == (10.0, float(len(known.texts)), 0.0)


@pytest.mark.parametrize("counts", [np.ones((2, 2)), np.ones((9, 1)), np.zeros((0, 0))])
def test_where_no_text_can_be_left_out_the_largest_class_stands(counts: np.ndarray) -> None:
    known = DistinctTexts(("",) * len(counts), counts)
    vectors = np.ones((len(counts), 3))
    expected = Judgement(float(counts.sum(axis=0).max(initial=0.0)), float(counts.sum()))
    assert judge_ridge(vectors, known) == judge_means(vectors, known) == expected
    assert judge_kernel(vectors @ vectors.T, known) == expected
    assert np.isfinite(expected.logit)
