"""A child and its plan become compiled training steps; many are run at once, Python is entered between."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from dvn.training.child import Child, Inputs
from dvn.training.plan import Plan
from dvn.training.sparse import INITIAL_ACCUMULATOR, SparseLinear
from dvn.training.step_kernel import run_steps
from dvn.training.tower_kernel import SEED
from dvn.training.tower_state import TowerState


@dataclass(slots=True)
class Steps:
    """The training of one child: batches in, changed parameters out.

    The child's tables and bias are changed in place; its tower when `give_back` is called.
    """

    child: Child
    plan: Plan
    inputs: Inputs
    labels: Int[np.ndarray, " texts"]
    weights: Float[np.ndarray, " texts"]
    batch: int
    done: int = 0
    _tower: TowerState | None = field(init=False)
    _parts: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        child, batch = self.child, self.batch
        self._tower = None if child.tower is None else TowerState.of(child.tower, batch)
        table = (_state(child.table), _pooled(child.table, batch))
        dense = self.inputs.dense
        frozen = np.empty((0, 0), dtype=np.float32) if dense is None else dense.numpy()
        squares = np.full_like(child.bias, INITIAL_ACCUMULATOR)
        self._parts = (_arrays(self._tower), table, _state(child.wide), frozen, (child.bias, squares))

    def run(self, batches: Int[np.ndarray, "steps batch"], schedules: Float[np.ndarray, " steps"]) -> int:
        """Train on these batches; returns how many were done: fewer if a gradient was not finite.

        Args:
            batches: Row numbers of each step.
            schedules: Factor in [0, 1] on all learning rates of each step.
        """
        plan = self.plan
        rates = (
            plan.deep_rate,
            plan.deep_l2,
            plan.table_rate,
            plan.wide_rate,
            plan.wide_l1,
            self.child.bias_rate,
        )
        parts = (*self._parts, self.done)
        number = int(run_steps(parts, batches, self.labels, self.weights, schedules, rates))
        self.done += number
        return number

    def give_back(self) -> None:
        """Write the trained tower into the child's torch modules."""
        if self._tower is not None:
            self._tower.give_back()


def _state(part: SparseLinear | None) -> tuple[object, ...]:
    if part is not None:
        return part.state()
    numbers, places = np.empty((0, 0), dtype=np.float32), np.empty(0, dtype=np.int32)
    counts = (places, places, np.empty(0, dtype=np.float32))
    return counts, numbers, numbers, places, np.empty(0, dtype=np.int64), numbers


def _pooled(table: SparseLinear | None, batch: int) -> Float[np.ndarray, "batch dim"]:
    return np.empty((batch, 0 if table is None else table.table.shape[1]), dtype=np.float32)


def _arrays(tower: TowerState | None) -> tuple[object, ...]:
    """The arrays of a tower in the order that the kernels read them."""
    if tower is None:
        empty = np.empty(0, dtype=np.float32)
        return np.empty((0, SEED + 1), dtype=np.int64), empty, empty, (empty, empty), empty, empty
    return tower.layers, tower.params, tower.grads, tower.moments, tower.running, tower.work
