"""The paper's space: an embedding module, then up to seven layers of twelve base layers each.

Kokiopoulou et al. (2019), sections 3.4 and 5.1: sizes 8 to 256 times relu and tanh (alpha), a gate
for each layer (beta), the module under one softmax (gamma). This is the pruned form: the argmax of
each softmax. Adam at 1e-4 for 20 epochs; the paper gives no batch size, ours is 100.
"""

import torch
from torch import nn

from dvn.architecture.space import Architecture, Choice, Condition, Decision, Space

MODULES = ("glove", "wordllama", "use_table", "minilm_table", "use", "minilm")
LAYERS = 7
BASE_LAYERS = tuple(f"{kind}_{size}" for size in (8, 16, 32, 64, 128, 256) for kind in ("relu", "tanh"))


def _decisions() -> list[Decision]:
    decisions = [Decision("embedding", MODULES)]
    for layer in range(1, LAYERS + 1):
        decisions.append(Decision(f"gate_{layer}", (False, True)))
        decisions.append(Decision(f"base_{layer}", BASE_LAYERS, (Condition(f"gate_{layer}", (True,)),)))
    return decisions


def _pack(values: dict[str, Choice]) -> dict[str, Choice]:
    """Move the layers that are on to the front, in their order."""
    bases = [values[f"base_{layer}"] for layer in range(1, LAYERS + 1) if values[f"gate_{layer}"]]
    packed: dict[str, Choice] = {f"gate_{layer}": layer <= len(bases) for layer in range(1, LAYERS + 1)}
    return packed | {f"base_{layer}": base for layer, base in enumerate(bases, start=1)}


RELAXED_FFNN = Space.described("relaxed_ffnn", 1, _decisions(), pack=_pack)


def build_network(
    architecture: Architecture, inputs: int, classes: int, generator: torch.Generator
) -> nn.Sequential:
    """The pruned child: text vectors (texts x inputs) to logits (texts x classes).

    Args:
        architecture: An architecture of `relaxed_ffnn`.
        inputs: Width of its embedding module.
        classes: Number of classes.
        generator: Draws the initial weights.
    """
    layers: list[nn.Module] = []
    width = inputs
    for layer in range(1, LAYERS + 1):
        if not architecture.decisions[f"gate_{layer}"]:
            break  # Canonical architectures have their layers packed to the front.
        kind, size = str(architecture.decisions[f"base_{layer}"]).split("_")
        linear = nn.Linear(width, int(size))
        _initialise(linear, generator)
        layers += [linear, nn.ReLU() if kind == "relu" else nn.Tanh()]
        width = int(size)
    last = nn.Linear(width, classes)
    _initialise(last, generator)
    return nn.Sequential(*layers, last)


def _initialise(layer: nn.Linear, generator: torch.Generator) -> None:
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
