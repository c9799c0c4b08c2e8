"""Sparse rows times a wide table, forward and one proximal Adagrad step, touching only the rows in a batch.

A trainable token table and the wide n-gram tower are the same thing: a sparse matrix of counts times a
dense table. A dense gradient of such a table costs more than the rest of a step together, so both are
trained by these compiled loops. Sums run in a fixed order: results repeat to the bit.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix

INITIAL_ACCUMULATOR = 1e-4


@numba.njit(cache=True, fastmath=True)
def _forward(indptr, indices, data, rows, table, out):  # type: ignore[no-untyped-def]  # compiled
    for i in range(rows.shape[0]):
        out[i, :] = 0.0
        for place in range(indptr[rows[i]], indptr[rows[i] + 1]):
            weight = data[place]
            line = table[indices[place]]
            for column in range(table.shape[1]):
                out[i, column] += weight * line[column]


@numba.njit(cache=True, fastmath=True)
def _collect(counts, rows, gradient, buffer, mark, touched):  # type: ignore[no-untyped-def]  # compiled
    indptr, indices, data = counts
    count = 0
    for i in range(rows.shape[0]):
        for place in range(indptr[rows[i]], indptr[rows[i] + 1]):
            token = indices[place]
            if mark[token] == 0:
                mark[token] = 1
                touched[count] = token
                count += 1
            weight = data[place]
            for column in range(buffer.shape[1]):
                buffer[token, column] += weight * gradient[i, column]
    return count


@numba.njit(cache=True, fastmath=True)
def _shrink(table, squares, buffer, mark, touched, rates):  # type: ignore[no-untyped-def]  # compiled
    """Proximal Adagrad coordinate by coordinate; `rates` are the learning rate and the L1 weight."""
    rate, l1 = rates
    for i in range(touched.shape[0]):
        token = touched[i]
        mark[token] = 0
        for column in range(table.shape[1]):
            gradient = buffer[token, column]
            buffer[token, column] = np.float32(0.0)
            squares[token, column] += gradient * gradient
            step = rate / np.sqrt(squares[token, column])
            value = table[token, column] - step * gradient
            size = max(abs(value) - step * l1, np.float32(0.0))
            table[token, column] = math.copysign(size, value)


@numba.njit(cache=True, fastmath=True)
def _move(table, squares, buffer, mark, touched, rate):  # type: ignore[no-untyped-def]  # compiled
    """Adagrad with one step length for each row: a vector keeps its direction, and a root is taken once."""
    for i in range(touched.shape[0]):
        token = touched[i]
        mark[token] = 0
        total = np.float32(0.0)
        for column in range(table.shape[1]):
            total += buffer[token, column] * buffer[token, column]
        squares[token, 0] += total / np.float32(table.shape[1])
        step = rate / np.sqrt(squares[token, 0])
        for column in range(table.shape[1]):
            table[token, column] -= step * buffer[token, column]
            buffer[token, column] = np.float32(0.0)


@dataclass(slots=True)
class SparseLinear:
    """A table (vocabulary x columns) that sparse rows multiply and proximal Adagrad trains.

    Source: After Duchi et al. (2011), composite mirror descent with a diagonal matrix, applied to the
    coordinates of the rows that a batch touches; L1 shrinks by rate * l1 / sqrt(sum of squares).
    `by_row` keeps one sum of squares a row and no L1.
    """

    counts: csr_matrix
    table: Float[np.ndarray, "vocabulary columns"]
    rate: float
    l1: float = 0.0
    by_row: bool = False

    _squares: Float[np.ndarray, "vocabulary columns"] | None = None
    _buffer: Float[np.ndarray, "vocabulary columns"] | None = None
    _mark: Int[np.ndarray, " vocabulary"] | None = None
    _touched: Int[np.ndarray, " vocabulary"] | None = None

    def forward(self, rows: Int[np.ndarray, " batch"]) -> Float[np.ndarray, "batch columns"]:
        """The product of these rows of the counts with the table."""
        out = np.empty((len(rows), self.table.shape[1]), dtype=np.float32)
        _forward(self.counts.indptr, self.counts.indices, self.counts.data, rows, self.table, out)
        return out

    def step(
        self,
        rows: Int[np.ndarray, " batch"],
        gradient: Float[np.ndarray, "batch columns"],
        *,
        schedule: float,
    ) -> None:
        """One proximal Adagrad step from the gradient of the loss in `forward(rows)`.

        Args:
            rows: The rows that were multiplied.
            gradient: Derivative of the loss, same shape as the product.
            schedule: Factor in [0, 1] on the learning rate.
        """
        if self._squares is None:
            self._squares = np.full_like(
                self.table[:, :1] if self.by_row else self.table, INITIAL_ACCUMULATOR
            )
            self._buffer = np.zeros_like(self.table)
            self._mark = np.zeros(len(self.table), dtype=np.uint8)
            self._touched = np.empty(len(self.table), dtype=np.int64)
        buffer, mark = self._buffer, self._mark
        counts = (self.counts.indptr, self.counts.indices, self.counts.data)
        number = _collect(counts, rows, gradient, buffer, mark, self._touched)
        assert self._touched is not None
        touched, rate = self._touched[:number], np.float32(self.rate * schedule)
        if self.by_row:
            _move(self.table, self._squares, buffer, mark, touched, rate)
        else:
            _shrink(self.table, self._squares, buffer, mark, touched, (rate, np.float32(self.l1)))


def multiply(
    counts: csr_matrix, table: Float[np.ndarray, "vocabulary columns"]
) -> Float[np.ndarray, "texts columns"]:
    """All rows of the counts times the table, by the same loops as `SparseLinear.forward`."""
    out = np.empty((counts.shape[0], table.shape[1]), dtype=np.float32)
    _forward(counts.indptr, counts.indices, counts.data, np.arange(counts.shape[0]), table, out)
    return out
