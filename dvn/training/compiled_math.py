"""Exponential, activations and dropout masks as compiled scalars that vectorise inside a loop.

Calls of the C library stop LLVM from vectorising a loop; these formulas do not, and are some ten times as
fast over a layer. Each is tested against torch to 4e-6.
"""

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

FAST = {"reassoc", "contract", "nsz", "arcp", "afn"}
"""What compiled loops may assume: sums in any order, but not that numbers are finite, for that is tested."""

RELU, TANH, GELU = 1, 2, 3
"""Codes of the activations; 0 is none."""

_ONE, _TWO, _HALF = np.float32(1.0), np.float32(2.0), np.float32(0.5)
_ZERO = np.float32(0.0)
_LOWEST, _HIGHEST = np.float32(-87.0), np.float32(88.0)
_BIAS, _BIAS_AND_HALF = np.float32(127.0), np.float32(127.5)
_LOG2_E = np.float32(1.4426950408889634)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_E0, _E1, _E2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
_E3, _E4, _E5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)
_P = np.float32(0.3275911)
_A1, _A2, _A3 = np.float32(0.254829592), np.float32(-0.284496736), np.float32(1.421413741)
_A4, _A5 = np.float32(-1.453152027), np.float32(1.061405429)
_ROOT_HALF = np.float32(0.7071067811865476)
_ROOT_TWO_PI = np.float32(0.3989422804014327)


@intrinsic
def _of_bits(_context, _bits):  # type: ignore[no-untyped-def]  # compiled
    """The float32 whose bits are those of an int32."""

    def generate(context, builder, _, arguments):  # type: ignore[no-untyped-def]  # compiled
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.int32), generate


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def exp(x):  # type: ignore[no-untyped-def]  # compiled
    """Exponential of x in [-87, 88], else of the nearer end (the series of Cephes' expf)."""
    x = min(max(x, _LOWEST), _HIGHEST)
    # Truncation of a positive number is its floor, and what is left is the exponent's bits.
    exponent = np.int32(x * _LOG2_E + _BIAS_AND_HALF)
    whole = np.float32(exponent) - _BIAS
    rest = x - whole * _LN2_HIGH - whole * _LN2_LOW
    series = ((((_E0 * rest + _E1) * rest + _E2) * rest + _E3) * rest + _E4) * rest + _E5
    return (series * rest * rest + rest + _ONE) * _of_bits(np.int32(exponent << np.int32(23)))  # type: ignore[call-arg]  # numba gives the context


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _tanh(x):  # type: ignore[no-untyped-def]  # compiled
    value = _ONE - _TWO / (exp(_TWO * x) + _ONE)
    return value, _ONE - value * value


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def _gelu(x):  # type: ignore[no-untyped-def]  # compiled
    """The exact GELU, with the error function of Abramowitz and Stegun, 7.1.26 (1.5e-7 absolute)."""
    t = _ONE / (_ONE + _P * _ROOT_HALF * abs(x))
    bell = exp(-_HALF * x * x)
    tail = _HALF * ((((_A5 * t + _A4) * t + _A3) * t + _A2) * t + _A1) * t * bell
    below = _ONE - tail if x > _ZERO else tail
    return x * below, below + x * bell * _ROOT_TWO_PI


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def activate(kind, numbers, values, slopes):  # type: ignore[no-untyped-def]  # compiled
    """The activation of flat numbers and its derivative there.

    Each kind has a loop of its own, since a branch inside would keep it from being vectorised.
    """
    size = numbers.shape[0]
    if kind == RELU:
        for i in range(size):
            slope = _ONE if numbers[i] > _ZERO else _ZERO
            slopes[i] = slope
            values[i] = numbers[i] * slope
    elif kind == TANH:
        for i in range(size):
            values[i], slopes[i] = _tanh(numbers[i])
    else:
        for i in range(size):
            values[i], slopes[i] = _gelu(numbers[i])


@numba.njit(cache=True, error_model="numpy")
def random_bits(seed, place):  # type: ignore[no-untyped-def]  # compiled
    """32 bits that look random, from a seed and a place: any place at once, so that loops vectorise.

    Source: the integer hash "lowbias32" of Wellons (2018).
    """
    x = np.uint32(np.uint32(seed) ^ np.uint32(place))
    x = np.uint32(x ^ np.uint32(x >> np.uint32(16)))
    x = np.uint32(x * np.uint32(0x7FEB352D))
    x = np.uint32(x ^ np.uint32(x >> np.uint32(15)))
    x = np.uint32(x * np.uint32(0x846CA68B))
    return np.uint32(x ^ np.uint32(x >> np.uint32(16)))
