"""Forward, backward and AdamW of a deep tower over flat arrays, compiled: no Python and no graph in a step.

A tower is a row of `layers` for each linear layer and one vector each of parameters, gradients and moments;
weights lie as inputs x outputs. `TowerState` in `tower_state.py` makes these arrays from a torch module.
"""

import numba
import numpy as np

from dvn.architecture.dropout import KEY, ROW_STRIDE
from dvn.training.compiled_math import FAST, activate, random_bits

(
    INPUTS,
    OUTPUTS,
    WEIGHT,
    BIAS,
    NORM,
    GAMMA,
    BETA,
    RUNNING,
    ACTIVATION,
    DROPPED,
    ENTERING,
    LEAVING,
    NORMAL,
    SLOPE,
    SEED,
) = range(15)
"""Columns of `layers`: sizes, places of the parameters, kinds, and places of the buffers in `work`."""

NO_NORM, LAYER_NORM, BATCH_NORM = 0, 1, 2
NORM_EPSILON = np.float32(1e-5)
_MOMENTUM = np.float32(0.1)
_ONE, _ZERO = np.float32(1.0), np.float32(0.0)
_BETA1, _BETA2 = np.float32(0.9), np.float32(0.999)
_ADAM_EPSILON = np.float32(1e-8)
_RANGE = 4294967296.0


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _matrix(vector, place, rows, columns):  # type: ignore[no-untyped-def]  # compiled
    return vector[place : place + rows * columns].reshape(rows, columns)


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def drop(numbers, first, dropped, seed):  # type: ignore[no-untyped-def]  # compiled
    """Zero each number with probability dropped / 2**32 and scale up the others, in place.

    `first` is the place of the first column in the whole row, so that a part of the columns is
    treated as within the whole.
    """
    if dropped == 0:
        return
    scale, limit = np.float32(_RANGE / (_RANGE - dropped)), np.uint32(dropped)
    key = random_bits(seed, KEY)
    for i in range(numbers.shape[0]):
        start = np.uint32(i * ROW_STRIDE + first)
        for j in range(numbers.shape[1]):
            kept = random_bits(key, np.uint32(start + np.uint32(j))) >= limit
            numbers[i, j] = numbers[i, j] * scale if kept else _ZERO


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _normalise_rows(layer, params, z, normal, work_scale):  # type: ignore[no-untyped-def]  # compiled
    """Layer normalisation of z in place; keeps the standardised rows and one over their deviations."""
    rows, width = z.shape
    gamma = params[layer[GAMMA] : layer[GAMMA] + width]
    beta = params[layer[BETA] : layer[BETA] + width]
    for i in range(rows):
        mean, square = _ZERO, _ZERO
        for j in range(width):
            mean += z[i, j]
        mean /= np.float32(width)
        for j in range(width):
            square += (z[i, j] - mean) * (z[i, j] - mean)
        scale = _ONE / np.sqrt(square / np.float32(width) + NORM_EPSILON)
        work_scale[i] = scale
        for j in range(width):
            normal[i, j] = (z[i, j] - mean) * scale
            z[i, j] = gamma[j] * normal[i, j] + beta[j]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _normalise_columns(layer, params, running, z, normal, work_scale):  # type: ignore[no-untyped-def]  # compiled
    """Batch normalisation of z in place; the running mean and variance follow as torch's do."""
    rows, width = z.shape
    gamma = params[layer[GAMMA] : layer[GAMMA] + width]
    beta = params[layer[BETA] : layer[BETA] + width]
    start = layer[RUNNING]
    means, squares = running[start : start + width], running[start + width : start + 2 * width]
    mean, square = np.zeros(width, dtype=np.float32), np.zeros(width, dtype=np.float32)
    for i in range(rows):
        for j in range(width):
            mean[j] += z[i, j]
    for j in range(width):
        mean[j] /= np.float32(rows)
    for i in range(rows):
        for j in range(width):
            square[j] += (z[i, j] - mean[j]) * (z[i, j] - mean[j])
    unbiased = np.float32(rows) / np.float32(max(rows - 1, 1))
    for j in range(width):
        variance = square[j] / np.float32(rows)
        work_scale[j] = _ONE / np.sqrt(variance + NORM_EPSILON)
        means[j] += _MOMENTUM * (mean[j] - means[j])
        squares[j] += _MOMENTUM * (variance * unbiased - squares[j])
    for i in range(rows):
        for j in range(width):
            normal[i, j] = (z[i, j] - mean[j]) * work_scale[j]
            z[i, j] = gamma[j] * normal[i, j] + beta[j]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def forward(layers, params, running, work, batch, step):  # type: ignore[no-untyped-def]  # compiled
    """Logits of the batch that lies in the first layer's entering buffer; they lie in the last's leaving."""
    for number in range(layers.shape[0]):
        layer = layers[number]
        inputs, outputs = layer[INPUTS], layer[OUTPUTS]
        z = _matrix(work, layer[LEAVING], batch, outputs)
        weight = _matrix(params, layer[WEIGHT], inputs, outputs)
        np.dot(_matrix(work, layer[ENTERING], batch, inputs), weight, z)
        bias = params[layer[BIAS] : layer[BIAS] + outputs]
        for i in range(batch):
            for j in range(outputs):
                z[i, j] += bias[j]
        if layer[NORM] != NO_NORM:
            normal = _matrix(work, layer[NORMAL], batch, outputs)
            scale = work[layer[NORMAL] + batch * outputs : layer[SLOPE]]
            if layer[NORM] == LAYER_NORM:
                _normalise_rows(layer, params, z, normal, scale)
            else:
                _normalise_columns(layer, params, running, z, normal, scale)
        if number + 1 < layers.shape[0]:
            following = layers[number + 1]
            entering = _matrix(work, following[ENTERING], batch, outputs)
            slopes = work[layer[SLOPE] : layer[SLOPE] + batch * outputs]
            activate(layer[ACTIVATION], z.reshape(-1), entering.reshape(-1), slopes)
            drop(entering, 0, following[DROPPED], following[SEED] + step)


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _norm_parameters(layer, grads, normal, gradient):  # type: ignore[no-untyped-def]  # compiled
    rows, width = gradient.shape
    gamma = grads[layer[GAMMA] : layer[GAMMA] + width]
    beta = grads[layer[BETA] : layer[BETA] + width]
    gamma[:] = _ZERO
    beta[:] = _ZERO
    for i in range(rows):
        for j in range(width):
            gamma[j] += gradient[i, j] * normal[i, j]
            beta[j] += gradient[i, j]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _through_rows(layer, params, normal, scale, gradient):  # type: ignore[no-untyped-def]  # compiled
    """The gradient before layer normalisation, in place."""
    rows, width = gradient.shape
    gamma = params[layer[GAMMA] : layer[GAMMA] + width]
    for i in range(rows):
        total, along = _ZERO, _ZERO
        for j in range(width):
            gradient[i, j] *= gamma[j]
            total += gradient[i, j]
            along += gradient[i, j] * normal[i, j]
        total /= np.float32(width)
        along /= np.float32(width)
        for j in range(width):
            gradient[i, j] = scale[i] * (gradient[i, j] - total - normal[i, j] * along)


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _through_columns(layer, params, grads, normal, scale, gradient):  # type: ignore[no-untyped-def]  # compiled
    """The gradient before batch normalisation, in place; the sums are those of gamma and beta."""
    rows, width = gradient.shape
    gamma = params[layer[GAMMA] : layer[GAMMA] + width]
    along = grads[layer[GAMMA] : layer[GAMMA] + width]
    total = grads[layer[BETA] : layer[BETA] + width]
    share = _ONE / np.float32(rows)
    for i in range(rows):
        for j in range(width):
            inner = gradient[i, j] - share * (total[j] + normal[i, j] * along[j])
            gradient[i, j] = gamma[j] * scale[j] * inner


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def backward(layers, params, grads, work, gradient, step):  # type: ignore[no-untyped-def]  # compiled
    """All parameters' gradients, from the gradient of the loss in the logits (changed in place).

    Returns the gradient in what the first layer's linear map gives, for `entering_gradient`.
    """
    batch = gradient.shape[0]
    for back in range(layers.shape[0]):
        number = layers.shape[0] - 1 - back
        layer = layers[number]
        inputs, outputs = layer[INPUTS], layer[OUTPUTS]
        if layer[NORM] != NO_NORM:
            normal = _matrix(work, layer[NORMAL], batch, outputs)
            scale = work[layer[NORMAL] + batch * outputs : layer[SLOPE]]
            _norm_parameters(layer, grads, normal, gradient)
            if layer[NORM] == LAYER_NORM:
                _through_rows(layer, params, normal, scale, gradient)
            else:
                _through_columns(layer, params, grads, normal, scale, gradient)
        entering = _matrix(work, layer[ENTERING], batch, inputs)
        np.dot(entering.T, gradient, _matrix(grads, layer[WEIGHT], inputs, outputs))
        bias = grads[layer[BIAS] : layer[BIAS] + outputs]
        bias[:] = _ZERO
        for i in range(batch):
            for j in range(outputs):
                bias[j] += gradient[i, j]
        if number > 0:
            weight = _matrix(params, layer[WEIGHT], inputs, outputs)
            before = layers[number - 1]
            # What entered this layer is no longer needed: its place takes the gradient in it.
            np.dot(gradient, weight.T, entering)
            drop(entering, 0, layer[DROPPED], layer[SEED] + step)
            slope = _matrix(work, before[SLOPE], batch, inputs)
            for i in range(batch):
                for j in range(inputs):
                    entering[i, j] *= slope[i, j]
            gradient = entering
    return gradient


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def entering_gradient(layers, params, gradient, first, step, out):  # type: ignore[no-untyped-def]  # compiled
    """The gradient in the tower's input from its column `first` on, into `out`."""
    layer = layers[0]
    weight = _matrix(params, layer[WEIGHT], layer[INPUTS], layer[OUTPUTS])
    np.dot(gradient, weight[first:].T, out)
    drop(out, first, layer[DROPPED], layer[SEED] + step)


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def adamw(moments, params, grads, step, rate, decay):  # type: ignore[no-untyped-def]  # compiled
    """One step of AdamW (Loshchilov and Hutter, 2019) on all parameters; `step` counts from one."""
    first, second = moments
    size = np.float32(rate / (1.0 - 0.9**step))
    root = np.float32(1.0 / np.sqrt(1.0 - 0.999**step))
    kept = np.float32(1.0 - rate * decay)
    for i in range(params.shape[0]):
        gradient = grads[i]
        first[i] += (_ONE - _BETA1) * (gradient - first[i])
        second[i] = _BETA2 * second[i] + (_ONE - _BETA2) * gradient * gradient
        params[i] = kept * params[i] - size * first[i] / (np.sqrt(second[i]) * root + _ADAM_EPSILON)
