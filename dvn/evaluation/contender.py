"""A contender becomes a predictor: fitted to what may be known, it scores a left-out task's architectures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dvn.architecture import Architecture
from dvn.value_network.snapshot import Experience, KnownTask

Scores = Float[np.ndarray, " architectures"]
Predictor = Callable[[KnownTask, Sequence[Architecture]], Scores]
"""Scores of a left-out task's architectures, higher is better; below all others where it knows nothing."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A named way to make a predictor from the experience that may be known."""

    name: str
    fit: Callable[[Experience], Predictor]
