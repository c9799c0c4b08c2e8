"""A child network: deep tower, trained table and wide tower, whose logits add up."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix
from torch import Tensor, nn

from dvn.training.sparse import SparseLinear

EVALUATION_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a child reads of some texts: frozen vectors, counts of its trained table, n-gram counts."""

    dense: Float[Tensor, "texts features"] | None
    counts: csr_matrix | None
    ngrams: csr_matrix | None
    texts: int


@dataclass(slots=True)
class Child:
    """The trainable parts of one network; parts that the architecture lacks are None."""

    tower: nn.Sequential | None
    table: SparseLinear | None
    wide: SparseLinear | None
    bias: Float[np.ndarray, " classes"]
    bias_rate: float

    @property
    def parameters(self) -> int:
        """The number of trained numbers."""
        deep = sum(p.numel() for p in self.tower.parameters()) if self.tower is not None else 0
        tables = sum(part.table.size for part in (self.table, self.wide) if part is not None)
        return deep + tables + self.bias.size

    def logits(self, inputs: Inputs, rows: Int[np.ndarray, " batch"]) -> Float[Tensor, "batch classes"]:
        """The sum of all parts' logits for some texts of these inputs; training has kernels of its own."""
        total = torch.from_numpy(np.broadcast_to(self.bias, (len(rows), len(self.bias))).copy())
        if self.tower is not None:
            parts = [] if inputs.dense is None else [inputs.dense[torch.from_numpy(rows)]]
            if self.table is not None:
                parts.append(torch.from_numpy(self.table.forward(rows)))
            total += self.tower(parts[0] if len(parts) == 1 else torch.cat(parts, dim=1))
        if self.wide is not None:
            total += torch.from_numpy(self.wide.forward(rows))
        return total

    def probabilities(self, inputs: Inputs, temperature: float = 1.0) -> Float[np.ndarray, "texts classes"]:
        """Class probabilities of all texts of these inputs, at a temperature."""
        return self._bound_to(inputs)._softmax(inputs, temperature)

    def _bound_to(self, inputs: Inputs) -> "Child":
        """The same parameters, reading the counts of these inputs."""
        table = _reading(inputs.counts, self.table)
        wide = _reading(inputs.ngrams, self.wide)
        return Child(self.tower, table, wide, self.bias, 0.0)

    def _softmax(self, inputs: Inputs, temperature: float) -> Float[np.ndarray, "texts classes"]:
        if self.tower is not None:
            self.tower.eval()
        parts = [np.empty((0, len(self.bias)), dtype=np.float32)]
        with torch.no_grad():
            for start in range(0, inputs.texts, EVALUATION_BATCH):
                rows = np.arange(start, min(start + EVALUATION_BATCH, inputs.texts))
                parts.append(torch.softmax(self.logits(inputs, rows) / temperature, dim=1).numpy())
        return np.concatenate(parts)


def _reading(counts: csr_matrix | None, trained: SparseLinear | None) -> SparseLinear | None:
    if trained is None:
        return None
    assert counts is not None, "a trained table needs the counts it multiplies"
    return SparseLinear(counts, trained.table, 0.0)
