"""The compiled scalars against torch, and the hash of dropout against its NumPy twin."""

import numpy as np
import pytest
import torch

from dvn.architecture import dropout
from dvn.training import compiled_math
from dvn.training.compiled_math import GELU, RELU, TANH, activate

TORCH = {RELU: torch.relu, TANH: torch.tanh, GELU: torch.nn.functional.gelu}


def test_the_exponential_is_that_of_numpy() -> None:
    numbers = np.linspace(-86.0, 87.0, 5001).astype(np.float32)
    found = np.array([compiled_math.exp(number) for number in numbers])
    np.testing.assert_allclose(found, np.exp(numbers.astype(np.float64)), rtol=1e-5)


@pytest.mark.parametrize("kind", TORCH)
def test_activations_and_their_slopes_are_those_of_torch(kind: int) -> None:
    numbers = torch.linspace(-12.0, 12.0, 4001, requires_grad=True)
    wanted = TORCH[kind](numbers)
    (slopes,) = torch.autograd.grad(wanted.sum(), numbers)
    found, steep = np.empty(4001, dtype=np.float32), np.empty(4001, dtype=np.float32)
    activate(kind, numbers.detach().numpy(), found, steep)
    np.testing.assert_allclose(found, wanted.detach().numpy(), atol=4e-6)
    np.testing.assert_allclose(steep, slopes.numpy(), atol=4e-6)


def test_both_hashes_give_the_same_bits() -> None:
    places = np.array([0, 1, 65_536, 2**32 - 1])
    wanted = [compiled_math.random_bits(2**31 + 5, np.uint32(place)) for place in places]
    np.testing.assert_array_equal(dropout.random_bits(2**31 + 5, places), wanted)
