"""The compiled sparse layer against dense NumPy, step by step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import booleans, floats, integers
from scipy.sparse import csr_matrix
from scipy.sparse import random as random_sparse

from dvn.training.sparse import INITIAL_ACCUMULATOR, SparseLinear, move, multiply, shrink
from tests.dvn.factories import law

TEXTS, VOCABULARY, COLUMNS = 12, 9, 4


def random_counts(seed: int) -> csr_matrix:
    counts = csr_matrix(
        random_sparse(TEXTS, VOCABULARY, 0.3, rng=np.random.default_rng(seed), dtype=np.float32)
    )
    counts.indices, counts.indptr = counts.indices.astype(np.int32), counts.indptr.astype(np.int32)
    return counts


def random_table(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(VOCABULARY, COLUMNS)).astype(np.float32)


def drawn_batch(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, TEXTS, 5)  # With repeats: a small training part fills its batches twice.
    return rows, generator.normal(size=(5, COLUMNS)).astype(np.float32)


class Trained:
    """A sparse layer with the state of its optimiser."""

    def __init__(self, layer: SparseLinear) -> None:
        self.layer, self.state = layer, layer.state()

    def step(self, rows: np.ndarray, gradient: np.ndarray, schedule: float) -> None:
        rate = np.float32(self.layer.rate * schedule)
        if self.layer.by_row:
            move(self.state, rows, gradient, rate)
        else:
            shrink(self.state, rows, gradient, rate, np.float32(self.layer.l1))


class DenseReference:
    """Proximal Adagrad on a dense table in double precision, only on rows that occur in the batch."""

    def __init__(
        self, counts: csr_matrix, table: np.ndarray, rate: float, l1: float, *, by_row: bool
    ) -> None:
        self.counts, self.table = counts.toarray().astype(np.float64), table.astype(np.float64)
        self.rate, self.l1, self.by_row = rate, l1, by_row
        self.squares = np.full_like(self.table, INITIAL_ACCUMULATOR)

    def step(self, rows: np.ndarray, gradient: np.ndarray, schedule: float) -> None:
        batch = self.counts[rows]
        inner = batch.T @ gradient.astype(np.float64)
        touched = (batch != 0).any(axis=0)
        square = np.square(inner)
        if self.by_row:
            square = np.repeat(square.mean(axis=1, keepdims=True), COLUMNS, axis=1)
        self.squares[touched] += square[touched]
        length = self.rate * schedule / np.sqrt(self.squares)
        moved = self.table - length * inner
        shrunk = np.sign(moved) * np.maximum(np.abs(moved) - length * self.l1, 0.0)
        self.table[touched] = shrunk[touched]


@law
@given(integers(0, 10_000))
def test_the_product_is_the_dense_product(seed: int) -> None:
    counts, table = random_counts(seed), random_table(seed)
    rows, _ = drawn_batch(seed)
    dense = counts.toarray() @ table
    np.testing.assert_allclose(SparseLinear(counts, table, 0.1).forward(rows), dense[rows], atol=1e-5)
    np.testing.assert_allclose(multiply(counts, table), dense, atol=1e-5)


@law
@given(integers(0, 10_000), floats(0.01, 1.0), floats(0.0, 0.1), booleans())
def test_steps_follow_proximal_adagrad(seed: int, rate: float, l1: float, by_row: bool) -> None:
    counts, table = random_counts(seed), random_table(seed)
    l1 = 0.0 if by_row else l1
    layer = SparseLinear(counts, table.copy(), rate, l1, by_row=by_row)
    trained, reference = Trained(layer), DenseReference(counts, table, rate, l1, by_row=by_row)
    for turn, schedule in enumerate((1.0, 0.5, 0.25)):
        rows, gradient = drawn_batch(seed + turn)
        trained.step(rows, gradient, schedule)
        reference.step(rows, gradient, schedule)
    np.testing.assert_allclose(layer.table, reference.table, rtol=1e-3, atol=1e-4)


def test_a_strong_l1_weight_makes_exact_zeros_where_a_batch_looks_and_nowhere_else() -> None:
    counts, table = random_counts(1), random_table(1)
    layer = SparseLinear(counts, table.copy(), 1.0, l1=100.0)
    rows, gradient = drawn_batch(1)
    Trained(layer).step(rows, gradient, 1.0)
    touched = (counts.toarray()[rows] != 0).any(axis=0)
    assert touched.any()
    assert not touched.all()
    assert (layer.table[touched] == 0.0).all()
    np.testing.assert_array_equal(layer.table[~touched], table[~touched])


def test_a_schedule_of_zero_moves_nothing() -> None:
    counts, table = random_counts(2), random_table(2)
    layer = SparseLinear(counts, table.copy(), 1.0, l1=0.1)
    Trained(layer).step(*drawn_batch(2), 0.0)
    np.testing.assert_array_equal(layer.table, table)


@pytest.mark.parametrize("by_row", [True, False])
def test_a_text_without_any_count_is_zero_and_teaches_nothing(by_row: bool) -> None:
    counts = csr_matrix(np.zeros((3, VOCABULARY), dtype=np.float32))
    layer = SparseLinear(counts, random_table(3), 1.0, by_row=by_row)
    rows = np.array([0, 2])
    assert not layer.forward(rows).any()
    Trained(layer).step(rows, np.ones((2, COLUMNS), dtype=np.float32), 1.0)
    np.testing.assert_array_equal(layer.table, random_table(3))
