"""A torch tower becomes the flat arrays that compiled steps train, and takes the result back."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from dvn.architecture.dropout import SeededDropout
from dvn.training import tower_kernel as kernel
from dvn.training.compiled_math import GELU, RELU, TANH

_ACTIVATIONS: dict[type[nn.Module], int] = {nn.ReLU: RELU, nn.Tanh: TANH, nn.GELU: GELU}
_NORMS: dict[type[nn.Module], int] = {nn.LayerNorm: kernel.LAYER_NORM, nn.BatchNorm1d: kernel.BATCH_NORM}
_COLUMNS = kernel.SEED + 1


@dataclass(frozen=True, slots=True)
class _Block:
    """One linear layer of a tower with what stands around it."""

    linear: nn.Linear
    dropout: SeededDropout | None
    norm: nn.LayerNorm | nn.BatchNorm1d | None
    activation: int


@dataclass(frozen=True, slots=True)
class TowerState:
    """The numbers of one tower in training; the layouts are those of `tower_kernel`."""

    blocks: tuple[_Block, ...]
    layers: Int[np.ndarray, "layers columns"]
    params: Float[np.ndarray, " parameters"]
    grads: Float[np.ndarray, " parameters"]
    moments: tuple[Float[np.ndarray, " parameters"], Float[np.ndarray, " parameters"]]
    running: Float[np.ndarray, " statistics"]
    work: Float[np.ndarray, " numbers"]

    @classmethod
    def of(cls, tower: nn.Sequential, batch: int) -> "TowerState":
        """The state of an untrained or trained tower, with buffers for batches of that many texts."""
        blocks = _blocks(tower)
        layers = np.zeros((len(blocks), _COLUMNS), dtype=np.int64)
        parameters = statistics = numbers = 0
        for layer, block in zip(layers, blocks, strict=True):
            parameters, statistics, numbers = _lay_out(layer, block, batch, (parameters, statistics, numbers))
        zeros = [np.zeros(parameters, dtype=np.float32) for _ in range(4)]
        running = np.zeros(statistics, dtype=np.float32)
        work = np.zeros(numbers, dtype=np.float32)
        state = cls(blocks, layers, zeros[0], zeros[1], (zeros[2], zeros[3]), running, work)
        state._move(to_torch=False)
        return state

    def give_back(self) -> None:
        """Write parameters and running statistics into the torch modules they came from."""
        self._move(to_torch=True)

    def _move(self, *, to_torch: bool) -> None:
        with torch.no_grad():
            for layer, block in zip(self.layers, self.blocks, strict=True):
                inputs, outputs = int(layer[kernel.INPUTS]), int(layer[kernel.OUTPUTS])
                flat = self.params[layer[kernel.WEIGHT] :][: inputs * outputs].reshape(inputs, outputs)
                _copy(flat.T, block.linear.weight, to_torch=to_torch)
                pairs = [(self.params, kernel.BIAS, block.linear.bias)]
                if block.norm is not None:
                    pairs += [(self.params, kernel.GAMMA, block.norm.weight)]
                    pairs += [(self.params, kernel.BETA, block.norm.bias)]
                for vector, column, tensor in pairs:
                    _copy(vector[layer[column] :][:outputs], tensor, to_torch=to_torch)
                if isinstance(block.norm, nn.BatchNorm1d):
                    statistics = self.running[layer[kernel.RUNNING] :]
                    mean, variance = block.norm.running_mean, block.norm.running_var
                    assert mean is not None
                    assert variance is not None
                    _copy(statistics[:outputs], mean, to_torch=to_torch)
                    _copy(statistics[outputs : 2 * outputs], variance, to_torch=to_torch)


def _copy(flat: np.ndarray, tensor: torch.Tensor, *, to_torch: bool) -> None:
    if to_torch:
        tensor.copy_(torch.from_numpy(np.ascontiguousarray(flat)))
    else:
        flat[:] = tensor.numpy()


def _lay_out(
    layer: Int[np.ndarray, " columns"], block: _Block, batch: int, places: tuple[int, int, int]
) -> tuple[int, int, int]:
    """Fill one row of `layers`; returns where the next layer's numbers begin."""
    parameters, statistics, numbers = places
    inputs, outputs = block.linear.in_features, block.linear.out_features
    layer[kernel.INPUTS], layer[kernel.OUTPUTS] = inputs, outputs
    layer[kernel.WEIGHT] = parameters
    layer[kernel.BIAS] = parameters = parameters + inputs * outputs
    parameters += outputs
    if block.norm is not None:
        layer[kernel.NORM] = _NORMS[type(block.norm)]
        layer[kernel.GAMMA], layer[kernel.BETA] = parameters, parameters + outputs
        parameters += 2 * outputs
        layer[kernel.RUNNING] = statistics
        statistics += 2 * outputs if isinstance(block.norm, nn.BatchNorm1d) else 0
    layer[kernel.ACTIVATION] = block.activation
    if block.dropout is not None:
        layer[kernel.DROPPED], layer[kernel.SEED] = block.dropout.threshold, block.dropout.seed
    layer[kernel.ENTERING] = numbers
    layer[kernel.LEAVING] = numbers = numbers + batch * inputs
    layer[kernel.NORMAL] = numbers = numbers + batch * outputs
    if block.norm is not None:
        numbers += batch * outputs + max(batch, outputs)
    layer[kernel.SLOPE] = numbers
    return parameters, statistics, numbers + (batch * outputs if block.activation else 0)


def _blocks(tower: nn.Sequential) -> tuple[_Block, ...]:
    """The linear layers of a tower in order, each with its dropout before and norm and activation after."""
    blocks: list[_Block] = []
    dropout: SeededDropout | None = None
    modules = list(tower)
    for place, module in enumerate(modules):
        if isinstance(module, SeededDropout):
            dropout = module
        elif isinstance(module, nn.Linear):
            behind = modules[place + 1 : place + 3]
            norm = behind[0] if behind and isinstance(behind[0], nn.LayerNorm | nn.BatchNorm1d) else None
            rest = behind[1:] if norm is not None else behind[:1]
            activation = _ACTIVATIONS.get(type(rest[0]), 0) if rest else 0
            blocks.append(_Block(module, dropout, norm, activation))
            dropout = None
    return tuple(blocks)
