"""The product's space: a deep tower over text vectors beside a wide linear tower over n-grams.

After Wong et al. (2018), section 3.1: embedding module, fine-tune it or not, hidden layers, size,
activation, normalisation, dropout, deep learning rate, deep L2, wide learning rate, wide L1, steps.
Encoder and table are chosen apart; n-gram kind and class weighting are added. Their ranges are in
an appendix that we lack: these ranges are ours, and `forethought space-report` judges them. Each version
widens the ranges whose best value lay at an edge of the one before, and version 2 adds two kinds of
n-grams; every architecture of an earlier version is one of this.
"""

import torch
from torch import nn

from dvn.architecture.dropout import SeededDropout
from dvn.architecture.space import Architecture, Condition, Decision, Space

NONE = "none"
ENCODERS = (NONE, "use", "minilm")
TABLES = (NONE, "glove", "wordllama", "use_table", "minilm_table")
NGRAMS = (NONE, "words", "word_pairs", "characters", "short_characters", "pairs_and_characters")

_DEEP = (Condition("encoder", ENCODERS[1:]), Condition("table", TABLES[1:]))
_HIDDEN = (Condition("hidden_layers", (1, 2, 3)),)
_WIDE = (Condition("ngrams", NGRAMS[1:]),)

WIDE_DEEP = Space.described(
    "wide_deep",
    3,
    [
        Decision("encoder", ENCODERS),
        Decision("table", TABLES),
        Decision("tune_table", (False, True), (Condition("table", TABLES[1:]),)),
        Decision("hidden_layers", (0, 1, 2, 3), _DEEP),
        Decision("hidden_size", (32, 64, 128, 256, 512), _HIDDEN),
        Decision("activation", ("relu", "tanh", "gelu"), _HIDDEN),
        Decision("normalisation", (NONE, "layer", "batch"), _HIDDEN),
        Decision("dropout", (0.0, 0.2, 0.4, 0.6), _DEEP),
        Decision("deep_rate", (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03), _DEEP),
        Decision("deep_l2", (0.0, 0.01, 0.1, 1.0, 10.0), _DEEP),
        Decision("ngrams", NGRAMS),
        Decision("wide_rate", (0.03, 0.1, 0.3, 1.0, 3.0, 10.0), _WIDE),
        Decision("wide_l1", (0.0, 0.00001, 0.0001, 0.001), _WIDE),
        Decision("class_weight", (NONE, "root", "balanced")),
        Decision("steps", (250, 500, 1000, 2000)),
    ],
    forbidden=({"encoder": NONE, "table": NONE, "ngrams": NONE},),
    includes=(1, 2),
)

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}
_NORMALISATIONS: dict[str, type[nn.Module]] = {"layer": nn.LayerNorm, "batch": nn.BatchNorm1d}


def build_deep_tower(
    architecture: Architecture, inputs: int, classes: int, generator: torch.Generator
) -> nn.Sequential:
    """The deep tower: text vectors (texts x inputs) to logits (texts x classes).

    Dropout stands before every linear layer, normalisation before the activation.

    Args:
        architecture: An architecture of `wide_deep` with an encoder or a table.
        inputs: Width of the concatenated text vectors.
        classes: Number of classes.
        generator: Draws the initial weights, and the seed of each dropout.
    """
    chosen = architecture.decisions
    layers: list[nn.Module] = []
    width = inputs
    dropout = float(chosen["dropout"])
    for _ in range(int(chosen["hidden_layers"])):
        size = int(chosen["hidden_size"])
        layers += [_dropout(dropout, generator), _linear(width, size, generator)]
        if chosen["normalisation"] != NONE:
            layers.append(_NORMALISATIONS[str(chosen["normalisation"])](size))
        layers.append(_ACTIVATIONS[str(chosen["activation"])]())
        width = size
    layers += [_dropout(dropout, generator), _linear(width, classes, generator)]
    return nn.Sequential(*layers)


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    bound = (3.0 / inputs) ** 0.5  # Glorot's scale for its inputs alone: unit variance in, unit variance out.
    nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


def _dropout(probability: float, generator: torch.Generator) -> SeededDropout:
    return SeededDropout(probability, int(torch.randint(2**31, (1,), generator=generator)))
