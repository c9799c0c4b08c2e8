"""Sparse rows times a wide table, forward and one proximal Adagrad step, touching only the rows in a batch.

A trainable token table and the wide n-gram tower are the same thing: a sparse matrix of counts times a
dense table. A dense gradient of such a table costs more than the rest of a step together, so both are
trained by these compiled loops. Sums run in a fixed order: results repeat to the bit.

Source: After Duchi et al. (2011), composite mirror descent with a diagonal matrix, applied to the
coordinates of the rows that a batch touches; L1 shrinks by rate * l1 / sqrt(sum of squares).
"""

import math
from dataclasses import dataclass

import numba
import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix

from dvn.training.compiled_math import FAST

INITIAL_ACCUMULATOR = 1e-4


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def forward_sparse(counts, rows, table, out):  # type: ignore[no-untyped-def]  # compiled
    """Rows of the counts (indptr, indices, data) times the table, into `out`."""
    indptr, indices, data = counts
    for i in range(rows.shape[0]):
        out[i, :] = 0.0
        for place in range(indptr[rows[i]], indptr[rows[i] + 1]):
            weight = data[place]
            line = table[indices[place]]
            for column in range(table.shape[1]):
                out[i, column] += weight * line[column]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def by_token(counts, rows, place, touched):  # type: ignore[no-untyped-def]  # compiled
    """The batch turned round: for each of the `touched` tokens the texts that hold it, and their weights.

    `place` is zero for every token before and after. Returns where each token's entries start (one more
    than there are tokens), the texts, and the weights.
    """
    indptr, indices, data = counts
    number = 0
    for i in range(rows.shape[0]):
        for entry in range(indptr[rows[i]], indptr[rows[i] + 1]):
            token = indices[entry]
            if place[token] == 0:
                touched[number] = token
                number += 1
            place[token] += 1
    starts = np.zeros(number + 1, dtype=np.int32)
    for found in range(number):
        starts[found + 1] = starts[found] + place[touched[found]]
        place[touched[found]] = starts[found]
    texts = np.empty(starts[number], dtype=np.int32)
    weights = np.empty(starts[number], dtype=np.float32)
    for i in range(rows.shape[0]):
        for entry in range(indptr[rows[i]], indptr[rows[i] + 1]):
            slot = place[indices[entry]]
            place[indices[entry]] = slot + 1
            texts[slot], weights[slot] = i, data[entry]
    for found in range(number):
        place[touched[found]] = 0
    return starts, texts, weights


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def gather(found, turned, gradient, total):  # type: ignore[no-untyped-def]  # compiled
    """The gradient of one touched token's table row: few rows of a small matrix, so that all stays cached."""
    starts, texts, weights = turned
    total[:] = np.float32(0.0)
    for entry in range(starts[found], starts[found + 1]):
        weight = weights[entry]
        text = texts[entry]
        for column in range(total.shape[0]):
            total[column] += weight * gradient[text, column]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def shrink(state, rows, gradient, rate, l1):  # type: ignore[no-untyped-def]  # compiled
    """One step of proximal Adagrad, coordinate by coordinate, of the table rows that the batch touches.

    For few columns: the gradient is scattered into a buffer, since turning the batch round costs more than
    it saves where a row is short.
    """
    counts, table, squares, place, touched, buffer = state
    indptr, indices, data = counts
    number = 0
    for i in range(rows.shape[0]):
        for entry in range(indptr[rows[i]], indptr[rows[i] + 1]):
            token, weight = indices[entry], data[entry]
            if place[token] == 0:
                place[token] = 1
                touched[number] = token
                number += 1
            for column in range(buffer.shape[1]):
                buffer[token, column] += weight * gradient[i, column]
    for found in range(number):
        token = touched[found]
        place[token] = 0
        for column in range(buffer.shape[1]):
            slope = buffer[token, column]
            buffer[token, column] = np.float32(0.0)
            square = squares[token, column] + slope * slope
            squares[token, column] = square
            step = rate / math.sqrt(square)
            value = table[token, column] - step * slope
            # What is left beyond the threshold, in a form that vectorises.
            table[token, column] = value - min(max(value, -step * l1), step * l1)


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def move(state, rows, gradient, rate):  # type: ignore[no-untyped-def]  # compiled
    """Adagrad with one step length for each row: a vector keeps its direction, and a root is taken once.

    For wide tables: the batch is turned round, so that each row is read and written once.
    """
    counts, table, squares, place, touched, _ = state
    turned = by_token(counts, rows, place, touched)
    total = np.empty(table.shape[1], dtype=np.float32)
    for found in range(turned[0].shape[0] - 1):
        gather(found, turned, gradient, total)
        square = np.float32(0.0)
        for column in range(total.shape[0]):
            square += total[column] * total[column]
        token = touched[found]
        squares[token, 0] += square / np.float32(total.shape[0])
        step = rate / math.sqrt(squares[token, 0])
        for column in range(total.shape[0]):
            table[token, column] -= step * total[column]


Counts = tuple[Int[np.ndarray, " rows"], Int[np.ndarray, " entries"], Float[np.ndarray, " entries"]]
"""A sparse matrix as compiled loops read it: indptr, indices, data."""


@dataclass(slots=True)
class SparseLinear:
    """A table (vocabulary x columns) that sparse rows multiply and proximal Adagrad trains.

    `by_row` keeps one sum of squares a row and no L1.
    """

    counts: csr_matrix
    table: Float[np.ndarray, "vocabulary columns"]
    rate: float
    l1: float = 0.0
    by_row: bool = False

    def forward(self, rows: Int[np.ndarray, " batch"]) -> Float[np.ndarray, "batch columns"]:
        """The product of these rows of the counts with the table."""
        out = np.empty((len(rows), self.table.shape[1]), dtype=np.float32)
        forward_sparse(as_counts(self.counts), rows, self.table, out)
        return out

    def state(self) -> tuple[Counts, *tuple[np.ndarray, ...]]:
        """What compiled steps read and write: counts, table, squares, and room for a batch's tokens."""
        squares = np.full_like(self.table[:, :1] if self.by_row else self.table, INITIAL_ACCUMULATOR)
        place = np.zeros(len(self.table), dtype=np.int32)
        touched = np.empty(len(self.table), dtype=np.int64)
        buffer = np.zeros((0, 0) if self.by_row else self.table.shape, dtype=np.float32)
        return as_counts(self.counts), self.table, squares, place, touched, buffer


def as_counts(matrix: csr_matrix) -> Counts:
    """The arrays of a sparse matrix."""
    return matrix.indptr, matrix.indices, matrix.data


def multiply(
    counts: csr_matrix, table: Float[np.ndarray, "vocabulary columns"]
) -> Float[np.ndarray, "texts columns"]:
    """All rows of the counts times the table, by the same loops as `SparseLinear.forward`."""
    out = np.empty((counts.shape[0], table.shape[1]), dtype=np.float32)
    forward_sparse(as_counts(counts), np.arange(counts.shape[0]), table, out)
    return out
