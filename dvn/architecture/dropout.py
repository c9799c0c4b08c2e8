"""Dropout whose masks follow from a seed and the number of the step, without any generator's state.

The hash of a place decides whether the number there is dropped, so that compiled steps (`dvn.training`) and
this torch module drop the same numbers.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

ROW_STRIDE = 65_536
"""Places of one row; no layer is as wide."""

KEY = 0x9E3779B9
"""Mixed into the seed first, so that the masks of following steps have nothing in common."""

_RANGE = 2**32


def random_bits(seed: int, places: Int[np.ndarray, "*shape"]) -> Int[np.ndarray, "*shape"]:
    """32 bits that look random for each place.

    Source: the integer hash "lowbias32" of Wellons (2018).
    """
    x = np.uint32(seed % _RANGE) ^ places.astype(np.uint32)
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x7FEB352D)
    x = x ^ (x >> np.uint32(15))
    x = x * np.uint32(0x846CA68B)
    bits: np.ndarray = x ^ (x >> np.uint32(16))
    return bits


class SeededDropout(nn.Module):
    """Zeroes each number with a probability, and scales up the others in training.

    Attributes:
        threshold: The probability in parts of 2**32.
        seed: What the masks follow from, with the number of the training pass.
    """

    def __init__(self, probability: float, seed: int) -> None:
        super().__init__()
        self.threshold = round(probability * _RANGE)
        self.seed = seed
        self._step = 0

    def forward(self, numbers: Float[Tensor, "texts features"]) -> Float[Tensor, "texts features"]:
        """The numbers with some zeroed; unchanged outside training."""
        if not self.training or self.threshold == 0:
            return numbers
        self._step += 1
        rows, columns = numbers.shape
        places = np.arange(rows)[:, None] * ROW_STRIDE + np.arange(columns)
        key = int(random_bits(self.seed + self._step, np.array([KEY]))[0])
        kept = random_bits(key, places) >= np.uint32(self.threshold)
        scale = np.float32(_RANGE / (_RANGE - self.threshold))
        return numbers * torch.from_numpy(kept * scale)
