"""A point u of `relaxed_ffnn` becomes the mixture that the paper trains: a soft child, and its pruned form.

Kokiopoulou et al. (2019), section 3.4: the embedding modules are mixed by gamma, the twelve base layers
of each layer by alpha (eq. 4), and a gate b turns a layer on by degrees, x <- b o(x) + (1 - b) x. All
widths are padded with zeros to the widest.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from dvn.architecture.relaxation import Relaxation
from dvn.architecture.relaxed_ffnn import BASE_LAYERS, LAYERS, MODULES, RELAXED_FFNN

_KINDS = ("relu", "tanh")
_SIZES = tuple(sorted({int(name.split("_")[1]) for name in BASE_LAYERS}))
_GATE_ON = 1
"""The place of True among the choices of a gate."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """The weights of a soft child's parts, read from a point u: all between 0 and 1.

    Attributes:
        gamma: Of each embedding module; they sum to one.
        alpha: Of each base layer of each layer; each row sums to one.
        beta: Of each layer: how far it is on.
    """

    gamma: Float[np.ndarray, " modules"]
    alpha: Float[np.ndarray, "layers bases"]
    beta: Float[np.ndarray, " layers"]

    @classmethod
    def of(cls, u: Float[np.ndarray, " logits"]) -> "Mixture":
        """The mixture of a point of the relaxed space (a softmax of logits, or a vertex)."""
        blocks = Relaxation(RELAXED_FFNN).blocks
        layers = range(1, LAYERS + 1)
        return cls(
            gamma=u[blocks["embedding"]].astype(np.float32),
            alpha=np.stack([u[blocks[f"base_{layer}"]] for layer in layers]).astype(np.float32),
            beta=np.array([u[blocks[f"gate_{layer}"]][_GATE_ON] for layer in layers], dtype=np.float32),
        )

    def inputs(
        self, vectors: Mapping[str, Float[np.ndarray, "texts dim"]]
    ) -> Float[np.ndarray, "texts features"]:
        """The mixed text vectors, each module's padded with zeros to the widest.

        Args:
            vectors: The vectors of all texts under each module whose gamma is not zero.
        """
        used = [(weight, vectors[name]) for weight, name in zip(self.gamma, MODULES, strict=True) if weight]
        mixed = np.zeros((len(used[0][1]), widest(vectors)), dtype=np.float32)
        for weight, part in used:
            mixed[:, : part.shape[1]] += weight * part
        return mixed


def widest(vectors: Mapping[str, Float[np.ndarray, "texts dim"]]) -> int:
    """The width that everything in a soft child is padded to."""
    widths: list[int] = [part.shape[1] for part in vectors.values()]
    return max([_SIZES[-1], *widths])


class SoftLayer(nn.Module):
    """One parametrised layer: twelve base layers mixed by alpha, and a gate (eq. 4 and Figure 3)."""

    def __init__(
        self, width: int, alpha: Float[np.ndarray, " bases"], beta: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.width, self.beta = width, beta
        # One matrix holds all base layers: those of relu by size, then those of tanh by size.
        self.weight = nn.Parameter(
            torch.cat([_glorot(width, size, generator) for _ in _KINDS for size in _SIZES])
        )
        self.bias = nn.Parameter(torch.zeros(len(_KINDS) * sum(_SIZES)))
        of_column = [
            float(alpha[BASE_LAYERS.index(f"{kind}_{size}")])
            for kind in _KINDS
            for size in _SIZES
            for _ in range(size)
        ]
        self.register_buffer("shares", torch.tensor(of_column))

    def forward(self, x: Float[Tensor, "texts features"]) -> Float[Tensor, "texts features"]:
        """The layer's output, as wide as its input."""
        relu, tanh = functional.linear(x, self.weight, self.bias).chunk(2, dim=1)
        shares = self.get_buffer("shares")
        half = len(shares) // 2
        both = torch.relu(relu) * shares[:half] + torch.tanh(tanh) * shares[half:]
        parts = torch.split(both, list(_SIZES), dim=1)
        padded = [functional.pad(part, (0, self.width - part.shape[1])) for part in parts]
        mixed = torch.stack(padded).sum(dim=0)
        return self.beta * mixed + (1.0 - self.beta) * x

    def base(self, name: str, inputs: int) -> nn.Linear:
        """A copy of one base layer, reading only the first `inputs` numbers."""
        kind, size = name.split("_")
        place = _SIZES.index(int(size))
        start = _KINDS.index(kind) * sum(_SIZES) + sum(_SIZES[:place])
        rows = slice(start, start + int(size))
        return _linear(self.weight[rows, :inputs], self.bias[rows])


class SoftChild(nn.Module):
    """The mixture of all children at one point u: mixed text vectors to logits."""

    def __init__(self, mixture: Mixture, width: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.mixture = mixture
        pairs = zip(mixture.alpha, mixture.beta, strict=True)
        self.layers = nn.ModuleList(SoftLayer(width, alpha, float(beta), generator) for alpha, beta in pairs)
        self.last = _linear(_glorot(width, classes, generator), torch.zeros(classes))

    def forward(self, x: Float[Tensor, "texts features"]) -> Float[Tensor, "texts classes"]:
        """Logits of mixed text vectors."""
        for layer in self.layers:
            x = layer(x)
        return self.last(x)  # type: ignore[no-any-return]  # modules return Any


def prune(soft: SoftChild, dims: Mapping[str, int]) -> tuple[str, nn.Sequential]:
    """The likeliest embedding module and child within a mixture, with the weights they have in it.

    At a vertex it computes what the soft child computes.

    Args:
        soft: A soft child, trained or not.
        dims: The width of each embedding module's vectors.
    """
    mixture = soft.mixture
    module = MODULES[int(np.argmax(mixture.gamma))]
    width = dims[module]
    parts: list[nn.Module] = []
    for layer, alpha, beta in zip(soft.layers, mixture.alpha, mixture.beta, strict=True):
        if beta > 0.5:
            name = BASE_LAYERS[int(np.argmax(alpha))]
            assert isinstance(layer, SoftLayer)
            linear = layer.base(name, width)
            parts += [linear, nn.ReLU() if name.startswith("relu") else nn.Tanh()]
            width = linear.out_features
    return module, nn.Sequential(*parts, _linear(soft.last.weight[:, :width], soft.last.bias))


def _glorot(inputs: int, outputs: int, generator: torch.Generator) -> Float[Tensor, "outputs inputs"]:
    return nn.init.xavier_uniform_(torch.empty(outputs, inputs), generator=generator)


def _linear(weight: Float[Tensor, "outputs inputs"], bias: Float[Tensor, " outputs"]) -> nn.Linear:
    outputs, inputs = weight.shape
    linear = nn.Linear(inputs, outputs)
    with torch.no_grad():
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)
    return linear
