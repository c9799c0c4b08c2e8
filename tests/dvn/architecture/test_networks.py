"""The networks that architectures of both spaces describe, and their dropout."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis.strategies import integers, sampled_from
from torch import nn

from dvn.architecture import Architecture, get_space
from dvn.architecture.dropout import SeededDropout
from dvn.architecture.relaxed_ffnn import build_network
from dvn.architecture.wide_deep import build_deep_tower
from tests.dvn.factories import law, make_architecture

Build = Callable[[Architecture, int, int, torch.Generator], nn.Sequential]
BUILDERS: dict[str, Build] = {"wide_deep": build_deep_tower, "relaxed_ffnn": build_network}
FFNN = get_space("relaxed_ffnn")


def deep_sample(name: str, seed: int) -> Architecture:
    generator = np.random.default_rng(seed)
    while True:
        architecture = get_space(name).sample(generator)
        if name == "relaxed_ffnn" or "hidden_layers" in architecture.decisions:
            return architecture


def built(
    name: str, architecture: Architecture, *, seed: int = 0, inputs: int = 7, classes: int = 3
) -> nn.Sequential:
    return BUILDERS[name](architecture, inputs, classes, torch.Generator().manual_seed(seed))


def linears(network: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in network if isinstance(layer, nn.Linear)]


@law
@given(sampled_from(list(BUILDERS)), integers(0, 10_000), integers(1, 40), integers(2, 9))
def test_a_network_maps_text_vectors_to_finite_class_logits(
    name: str, seed: int, inputs: int, classes: int
) -> None:
    network = built(name, deep_sample(name, seed), inputs=inputs, classes=classes)
    vectors = torch.from_numpy(np.random.default_rng(seed).normal(size=(5, inputs)).astype(np.float32))
    logits = network(vectors)
    assert logits.shape == (5, classes)
    assert bool(torch.isfinite(logits).all())


@law
@given(sampled_from(list(BUILDERS)), integers(0, 10_000), integers(0, 10_000))
def test_the_generator_alone_decides_the_weights(name: str, seed: int, other: int) -> None:
    architecture = deep_sample(name, seed)
    first = built(name, architecture, seed=other)
    torch.rand(3)  # Moves torch's global generator, which must not matter.
    second, third = built(name, architecture, seed=other), built(name, architecture, seed=other + 1)
    for one, two in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, two)
    assert not torch.equal(linears(first)[0].weight, linears(third)[0].weight)


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_a_tower_has_its_hidden_layers_of_its_size(layers: int) -> None:
    architecture = make_architecture(hidden_layers=layers, hidden_size=64, dropout=0.2)
    size = int(architecture.decisions["hidden_size"]) if layers else 0
    shapes = [(layer.in_features, layer.out_features) for layer in linears(built("wide_deep", architecture))]
    widths = [7, *[size] * int(architecture.decisions["hidden_layers"]), 3]
    assert shapes == list(pairwise(widths))


def test_a_tower_drops_before_every_linear_layer_and_normalises_before_the_activation() -> None:
    architecture = make_architecture(hidden_layers=1, normalisation="layer", activation="tanh", dropout=0.2)
    kinds = [type(layer) for layer in built("wide_deep", architecture)]
    assert kinds == [SeededDropout, nn.Linear, nn.LayerNorm, nn.Tanh, SeededDropout, nn.Linear]


@pytest.mark.parametrize("layers", range(8))
def test_a_pruned_paper_network_has_the_layers_whose_gates_are_on(layers: int) -> None:
    kinds = ["relu_8", "tanh_16", "relu_32", "tanh_64", "relu_128", "tanh_256", "relu_16"][:layers]
    values = {"embedding": "glove"} | {f"gate_{i}": i <= layers for i in range(1, 8)}
    values |= {f"base_{i}": kind for i, kind in enumerate(kinds, start=1)}
    network = built("relaxed_ffnn", FFNN.parse(values), inputs=50)
    sizes = [layer.out_features for layer in linears(network)]
    assert sizes == [int(kind.split("_")[1]) for kind in kinds] + [3]
    activations = [type(layer).__name__.lower() for layer in network if not isinstance(layer, nn.Linear)]
    assert activations == [kind.split("_")[0] for kind in kinds]


@pytest.mark.parametrize("probability", [0.2, 0.4, 0.6])
def test_dropout_keeps_the_mean_and_drops_its_share(probability: float) -> None:
    dropped = SeededDropout(probability, seed=1).train()(torch.ones(200, 500))
    assert float((dropped == 0).float().mean()) == pytest.approx(probability, abs=0.01)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.01)


def test_dropout_repeats_from_its_seed_and_does_nothing_outside_training() -> None:
    ones = torch.ones(20, 30)
    first, second, other = (SeededDropout(0.4, seed).train() for seed in (5, 5, 6))
    drawn = first(ones)
    assert torch.equal(drawn, second(ones))
    assert not torch.equal(drawn, other(ones))
    assert not torch.equal(drawn, first(ones))
    assert torch.equal(first.eval()(ones), ones)
    assert torch.equal(SeededDropout(0.0, 5).train()(ones), ones)
