"""Scores against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, tuples
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from dvn.training.metrics import accuracy, balanced_accuracy, confusion, macro_f1
from tests.dvn.factories import law


@law
@given(lists(tuples(integers(0, 4), integers(0, 4)), min_size=1, max_size=40))
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T
    matrix = confusion(truth, predicted, 5)
    np.testing.assert_array_equal(matrix, confusion_matrix(truth, predicted, labels=range(5)))
    assert accuracy(matrix) == pytest.approx(accuracy_score(truth, predicted))
    assert macro_f1(matrix) == pytest.approx(f1_score(truth, predicted, average="macro"))
    recall = recall_score(truth, predicted, labels=np.unique(truth), average="macro")
    assert balanced_accuracy(matrix) == pytest.approx(recall)


def test_balanced_accuracy_weighs_classes_alike_and_leaves_out_those_without_texts() -> None:
    """Nine of ten, one of two, and a class that is predicted but never true."""
    matrix = np.array([[9, 1, 0], [0, 1, 1], [0, 0, 0]])
    assert balanced_accuracy(matrix) == pytest.approx((0.9 + 0.5) / 2)


def test_no_texts_score_nothing() -> None:
    nothing = confusion(np.zeros(0, dtype=int), np.zeros(0, dtype=int), 3)
    assert (accuracy(nothing), macro_f1(nothing), balanced_accuracy(nothing)) == (0.0, 0.0, 0.0)
