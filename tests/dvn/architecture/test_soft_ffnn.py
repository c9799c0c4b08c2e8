"""The mixture of all children at one point, and its law: at a vertex it is the pruned child."""

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers, lists

from dvn.architecture import Architecture, Relaxation, get_space
from dvn.architecture.relaxed_ffnn import BASE_LAYERS, LAYERS, MODULES, build_network
from dvn.architecture.soft_ffnn import Mixture, SoftChild, prune, widest
from dvn.training.single_thread import single_thread

SPACE = get_space("relaxed_ffnn")
RELAXATION = Relaxation(SPACE)
DIMS = {"glove": 5, "wordllama": 17, "use_table": 23, "minilm_table": 40, "use": 270, "minilm": 40}
TEXTS, CLASSES = 6, 4
few = settings(deadline=None, max_examples=8)
"""A soft child has two million weights to draw."""


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with single_thread():
        yield


def vectors(seed: int = 0) -> Mapping[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=(TEXTS, dim)).astype(np.float32) for name, dim in DIMS.items()}


def soft_child(u: np.ndarray, *, seed: int = 0) -> tuple[SoftChild, torch.Tensor]:
    """A soft child whose biases are not zero, and its inputs."""
    found, mixture = vectors(seed), Mixture.of(u)
    child = SoftChild(mixture, widest(found), CLASSES, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for name, parameter in child.named_parameters():
            if "bias" in name:
                parameter.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(seed + 1))
    return child, torch.from_numpy(mixture.inputs(found))


def interior(seed: int) -> np.ndarray:
    theta = torch.randn(RELAXATION.width, generator=torch.Generator().manual_seed(seed))
    return RELAXATION.softmax(theta).numpy()


@few
@given(integers(0, 10_000))
def test_at_a_vertex_a_soft_child_is_the_pruned_child_with_its_weights(seed: int) -> None:
    architecture = SPACE.sample(np.random.default_rng(seed))
    child, x = soft_child(RELAXATION.vertex(architecture), seed=seed)
    module, pruned = prune(child, DIMS)
    assert module == architecture.decisions["embedding"]
    with torch.no_grad():
        soft = torch.softmax(child(x), dim=1)
        hard = torch.softmax(pruned(torch.from_numpy(vectors(seed)[module])), dim=1)
    assert torch.allclose(soft, hard, rtol=0, atol=1e-6)


@few
@given(lists(integers(0, 1), min_size=LAYERS, max_size=LAYERS), integers(0, 10_000))
def test_layers_that_are_off_between_others_change_nothing(gates: list[int], seed: int) -> None:
    """A vertex that is not packed: the mixture skips its closed gates as the packed child does."""
    u = interior(seed)
    for decision in SPACE.decisions:
        block = RELAXATION.blocks[decision.name]
        chosen = int(np.argmax(u[block]))
        if decision.name.startswith("gate_"):
            chosen = gates[int(decision.name.split("_")[1]) - 1]
        u[block] = np.eye(block.stop - block.start, dtype=np.float32)[chosen]
    child, x = soft_child(u, seed=seed)
    module, pruned = prune(child, DIMS)
    assert sum(isinstance(part, torch.nn.Linear) for part in pruned) == sum(gates) + 1
    with torch.no_grad():
        hard = pruned(torch.from_numpy(vectors(seed)[module]))
        assert torch.allclose(torch.softmax(child(x), 1), torch.softmax(hard, 1), rtol=0, atol=1e-6)


def test_the_pruned_form_has_the_shape_of_the_child_that_is_trained_alone() -> None:
    architecture = SPACE.sample(np.random.default_rng(3))
    child, _ = soft_child(RELAXATION.vertex(architecture))
    module, pruned = prune(child, DIMS)
    alone = build_network(architecture, DIMS[module], CLASSES, torch.Generator())
    assert [str(part) for part in pruned] == [str(part) for part in alone]


def test_the_mixture_is_the_sum_that_equation_4_prints() -> None:
    u = interior(5)
    child, x = soft_child(u)
    mixture, layer = child.mixture, child.layers[0]
    with torch.no_grad():
        expected = (1 - mixture.beta[0]) * x
        for weight, name in zip(mixture.alpha[0], BASE_LAYERS, strict=True):
            act = torch.relu if name.startswith("relu") else torch.tanh
            base = act(layer.base(name, x.shape[1])(x))
            expected[:, : base.shape[1]] += mixture.beta[0] * weight * base
        assert torch.allclose(layer(x), expected, atol=1e-5)


def test_embedding_modules_are_mixed_by_gamma_and_padded() -> None:
    u = interior(6)
    gamma = u[RELAXATION.blocks["embedding"]]
    found = vectors()
    mixed = Mixture.of(u).inputs(found)
    assert mixed.shape == (TEXTS, 270)
    only = gamma[MODULES.index("use")] * found["use"][:, 40:]
    assert mixed[:, 40:] == pytest.approx(only, abs=1e-6)
    assert mixed[:, :5] == pytest.approx(
        sum(share * found[name][:, :5] for share, name in zip(gamma, MODULES, strict=True)), abs=1e-5
    )


def test_a_vertex_asks_only_for_its_own_module() -> None:
    architecture: Architecture = SPACE.sample(np.random.default_rng(0))
    module = str(architecture.decisions["embedding"])
    found = {module: vectors()[module]}
    assert Mixture.of(RELAXATION.vertex(architecture)).inputs(found).shape == (TEXTS, widest(found))
