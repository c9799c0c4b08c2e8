"""The best state of a child so far, kept aside: what a training goes back to at its end."""

from dataclasses import dataclass, field

import numpy as np
import torch

from dvn.training.child import Child


@dataclass(slots=True)
class BestSoFar:
    """A copy of the parameters that reached the highest score on the validation texts, in [0, 1]."""

    score: float = -1.0
    step: int = 0
    _arrays: dict[str, np.ndarray] = field(default_factory=dict)
    _tower: dict[str, torch.Tensor] = field(default_factory=dict)

    def consider(self, child: Child, step: int, score: float) -> None:
        """Copy the child if it is better than what is kept; at a tie the later one stays."""
        if score < self.score:
            return
        self.score, self.step = score, step
        self._arrays = {name: array.copy() for name, array in _arrays(child).items()}
        if child.tower is not None:
            self._tower = {name: value.clone() for name, value in child.tower.state_dict().items()}

    def give_back(self, child: Child) -> None:
        """Write what is kept into the child."""
        for name, array in _arrays(child).items():
            array[...] = self._arrays[name]
        if child.tower is not None:
            child.tower.load_state_dict(self._tower)


def _arrays(child: Child) -> dict[str, np.ndarray]:
    tables = {"table": child.table, "wide": child.wide}
    return {"bias": child.bias, **{name: part.table for name, part in tables.items() if part is not None}}
