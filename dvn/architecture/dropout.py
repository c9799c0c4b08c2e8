"""Dropout from a generator of its own: seeded without global state, and cheaper to draw.

torch.nn.Dropout draws a float for each number from torch's global generator: 1.1 ms for 100 x 896
and 100 x 128, a quarter of a training step. One random byte each decides as well: 0.2 ms.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

_LEVELS = 256


class SeededDropout(nn.Module):
    """Zeroes each number with a probability, to the nearest 1/256, and scales up the others in training."""

    def __init__(self, probability: float, seed: int) -> None:
        super().__init__()
        self._dropped = round(probability * _LEVELS)
        self._scale = np.float32(_LEVELS / (_LEVELS - self._dropped))
        self._generator = np.random.default_rng(seed)

    def forward(self, numbers: Float[Tensor, "texts features"]) -> Float[Tensor, "texts features"]:
        """The numbers with some zeroed; unchanged outside training."""
        if not self.training or self._dropped == 0:
            return numbers
        drawn = np.frombuffer(self._generator.bytes(numbers.numel()), dtype=np.uint8)
        mask = (drawn >= self._dropped) * self._scale
        return numbers * torch.from_numpy(mask).view(numbers.shape)
