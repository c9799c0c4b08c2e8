"""Whole training steps of a child, compiled: gather, forward, loss, backward and all updates in one loop.

A step of a small network is overhead, not arithmetic: run from Python, its sixty small operations cost
several times what they compute. Here Python is entered once for many steps. Sums run in a fixed order, so
that a run repeats to the bit on one machine.
"""

import numba
import numpy as np

from dvn.training.compiled_math import FAST, exp
from dvn.training.sparse import forward_sparse, move, shrink
from dvn.training.tower_kernel import (
    DROPPED,
    ENTERING,
    LEAVING,
    SEED,
    adamw,
    backward,
    drop,
    entering_gradient,
)
from dvn.training.tower_kernel import forward as forward_tower

_ZERO = np.float32(0.0)


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _enter(tower, table, dense, rows, step):  # type: ignore[no-untyped-def]  # compiled
    """Fill the tower's input: frozen vectors, what the trained table makes of the texts, and dropout."""
    layers, work = tower[0], tower[5]
    layer = layers[0]
    inputs = layer[0]
    entering = work[layer[ENTERING] : layer[ENTERING] + rows.shape[0] * inputs].reshape(rows.shape[0], inputs)
    frozen = dense.shape[1]
    for i in range(rows.shape[0]):
        for j in range(frozen):
            entering[i, j] = dense[rows[i], j]
    if frozen < inputs:
        state, pooled = table
        forward_sparse(state[0], rows, state[1], pooled)
        entering[:, frozen:] = pooled
    drop(entering, 0, layer[DROPPED], layer[SEED] + step)


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _to_gradient(logits, labels, weights, rows):  # type: ignore[no-untyped-def]  # compiled
    """The gradient of the weighted cross-entropy in the logits, p - onehot, in place.

    Returns a number that is finite only if all logits and gradients are.
    """
    total = _ZERO
    share = np.float32(1.0) / np.float32(rows.shape[0])
    for i in range(rows.shape[0]):
        line = logits[i]
        highest = line[0]
        for j in range(line.shape[0]):
            highest = max(highest, line[j])
            total += line[j] * _ZERO  # The exponential would make a number of what is none.
        mass = _ZERO
        for j in range(line.shape[0]):
            line[j] = exp(line[j] - highest)
            mass += line[j]
        weight = weights[rows[i]] * share
        for j in range(line.shape[0]):
            line[j] = line[j] / mass * weight
        line[labels[rows[i]]] -= weight
        for j in range(line.shape[0]):
            total += abs(line[j])
    return total


@numba.njit(cache=True, error_model="numpy")
def is_finite(number):  # type: ignore[no-untyped-def]  # compiled
    """Compiled without fastmath, which would assume that every number is."""
    return np.isfinite(number)


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _step_bias(bias, gradient, rate):  # type: ignore[no-untyped-def]  # compiled
    """One Adagrad step of the bias."""
    values, squares = bias
    for j in range(values.shape[0]):
        total = _ZERO
        for i in range(gradient.shape[0]):
            total += gradient[i, j]
        squares[j] += total * total
        values[j] -= rate * total / np.sqrt(squares[j])


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _train_tower(tower, table, dense, gradient, rows, step, rates):  # type: ignore[no-untyped-def]  # compiled
    """Update the tower and its table; False if the gradient in the table is not finite."""
    layers, params, grads, moments, _, work = tower
    inner = backward(layers, params, grads, work, gradient, step)
    is_tuned = dense.shape[1] < layers[0, 0]
    if is_tuned:
        # Before the weights move: the table's gradient is that of the network that was run.
        entering_gradient(layers, params, inner, dense.shape[1], step, table[1])
    adamw(moments, params, grads, step, rates[0], rates[1])
    if is_tuned:
        state, pooled = table
        if not is_finite(pooled.sum()):
            return False
        move(state, rows, pooled, np.float32(rates[2]))
    return True


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def run_steps(parts, batches, labels, weights, schedules, rates):  # type: ignore[no-untyped-def]  # compiled
    """Train a child on these batches; returns how many were done: fewer if a gradient was not finite.

    `parts` are (tower, table, wide, dense, bias, done) as `Steps` makes them, where a part without layers or
    columns is not there; `rates` are the deep rate, its decay, and those of table, wide, L1 and bias.
    """
    tower, table, wide, dense, bias, done = parts
    layers, params, _, _, running, work = tower
    classes, batch = bias[0].shape[0], batches.shape[1]
    logits = np.empty((batch, classes), dtype=np.float32)
    for number in range(batches.shape[0]):
        rows, step, schedule = batches[number], done + number + 1, schedules[number]
        if wide[1].shape[1]:
            forward_sparse(wide[0], rows, wide[1], logits)
            logits += bias[0]
        else:
            logits[:] = bias[0]
        if layers.shape[0]:
            _enter(tower, table, dense, rows, step)
            forward_tower(layers, params, running, work, batch, step)
            leaving = layers[-1, LEAVING]
            logits += work[leaving : leaving + batch * classes].reshape(batch, classes)
        if not is_finite(_to_gradient(logits, labels, weights, rows)):
            return number
        if layers.shape[0]:
            tower_rates = (rates[0] * schedule, rates[1], rates[2] * schedule)
            if not _train_tower(tower, table, dense, logits, rows, step, tower_rates):
                return number
        if wide[1].shape[1]:
            shrink(wide, rows, logits, np.float32(rates[3] * schedule), np.float32(rates[4]))
        _step_bias(bias, logits, np.float32(rates[5] * schedule))
    return batches.shape[0]
