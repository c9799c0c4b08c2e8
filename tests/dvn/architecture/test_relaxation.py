"""Laws of the relaxed encoding: rounding, inactive blocks, activity and gradients."""

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis.strategies import floats, integers, sampled_from

from dvn.architecture import SPACES, Architecture, Choice, Relaxation, Space, get_space
from dvn.architecture.space import Condition, Decision
from tests.dvn.factories import law

seeds = integers(0, 2**32 - 1)
names = sampled_from(list(SPACES))
NOTHING = {"encoder": "none", "table": "none", "ngrams": "none"}


@cache
def relaxed(name: str) -> Relaxation:
    return Relaxation(get_space(name))


def sampled(name: str, seed: int) -> Architecture:
    return get_space(name).sample(np.random.default_rng(seed))


def random_theta(name: str, seed: int, spread: float = 2.0) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(0.0, spread, relaxed(name).width)
    return drawn.astype(np.float32)


def ghost_blocks(relaxation: Relaxation, architecture: Architecture) -> Iterator[slice]:
    return (block for name, block in relaxation.blocks.items() if name not in architecture.decisions)


@law
@given(names, seeds, floats(0.01, 100.0))
def test_rounding_undoes_softening(name: str, seed: int, temperature: float) -> None:
    architecture = sampled(name, seed)
    assert relaxed(name).round(relaxed(name).soften(architecture, temperature=temperature)) == architecture


@law
@given(names, seeds)
def test_rounding_a_vertex_gives_its_architecture(name: str, seed: int) -> None:
    architecture = sampled(name, seed)
    vertex = relaxed(name).vertex(architecture)
    assert relaxed(name).round(vertex) == architecture
    assert vertex.dtype == np.float32
    sums = [vertex[block].sum() for block in relaxed(name).blocks.values()]
    np.testing.assert_allclose(sums, 1.0, rtol=1e-6)


@law
@given(names, seeds)
def test_vertices_are_the_vertices_in_order(name: str, seed: int) -> None:
    some = [sampled(name, seed), sampled(name, seed + 1)]
    stacked = relaxed(name).vertices(some)
    np.testing.assert_array_equal(stacked, [relaxed(name).vertex(one) for one in some])
    assert relaxed(name).vertices([]).shape == (0, relaxed(name).width)


@law
@given(names, seeds, floats(0.01, 50.0))
def test_every_rounded_point_is_an_allowed_architecture(name: str, seed: int, spread: float) -> None:
    rounded = relaxed(name).round(random_theta(name, seed, spread))
    assert get_space(name).parse(rounded.decisions) == rounded


@law
@given(seeds, floats(0.1, 30.0))
def test_a_forbidden_combination_is_rounded_to_the_most_probable_allowed_one(seed: int, lead: float) -> None:
    relaxation, space = relaxed("wide_deep"), get_space("wide_deep")
    theta = random_theta("wide_deep", seed)
    for name in NOTHING:
        block = relaxation.blocks[name]
        theta[block.start + space.by_name[name].index("none")] = theta[block].max() + lead
    rounded = relaxation.round(theta)
    # One input is enough, and its margin is the log-probability lost: the smallest must win.
    losses = {}
    for name in NOTHING:
        logits, decision = theta[relaxation.blocks[name]], space.by_name[name]
        for choice in decision.choices:
            losses[name, choice] = float(logits.max() - logits[decision.index(choice)])
    chosen = [(n, rounded.decisions[n]) for n in NOTHING if rounded.decisions[n] != "none"]
    least = min(loss for (_, choice), loss in losses.items() if choice != "none")
    assert len(chosen) == 1
    assert losses[chosen[0]] == pytest.approx(least, abs=1e-4)


@law
@given(names, seeds, seeds)
def test_blocks_of_decisions_that_do_not_exist_never_matter(name: str, seed: int, other: int) -> None:
    relaxation, architecture = relaxed(name), sampled(name, seed)
    vertex = relaxation.vertex(architecture)
    theta = relaxation.soften(architecture, temperature=0.5)
    changed_vertex, changed_theta, noise = vertex.copy(), theta.copy(), random_theta(name, other, 5.0)
    for block in ghost_blocks(relaxation, architecture):
        changed_vertex[block] = np.exp(noise[block]) / np.exp(noise[block]).sum()
        changed_theta[block] = noise[block]
    read, reread = (relaxation.weighted(torch.from_numpy(u)) for u in (vertex, changed_vertex))
    assert torch.equal(read, reread)
    assert relaxation.round(changed_theta) == architecture
    assert relaxation.round(changed_vertex) == architecture


@law
@given(names, seeds)
def test_different_architectures_are_read_differently(name: str, seed: int) -> None:
    one, other = sampled(name, seed), sampled(name, seed + 1)
    read = relaxed(name).weighted(torch.from_numpy(relaxed(name).vertices([one, other])))
    assert torch.equal(read[0], read[1]) == (one == other)


@law
@given(names, seeds, floats(0.1, 10.0))
def test_activity_is_a_probability_and_certain_at_a_vertex(name: str, seed: int, spread: float) -> None:
    relaxation = relaxed(name)
    u = relaxation.softmax(torch.from_numpy(random_theta(name, seed, spread)))
    activity = relaxation.activity(u)
    assert activity.shape == (len(relaxation.space.decisions),)
    assert bool(((activity >= 0) & (activity <= 1 + 1e-6)).all())
    architecture = sampled(name, seed)
    certain = relaxation.activity(torch.from_numpy(relaxation.vertex(architecture)))
    exists = [float(d.name in architecture.decisions) for d in relaxation.space.decisions]
    assert certain.tolist() == exists


def enumerated_activity(space: Space, u: np.ndarray) -> list[float]:
    """The same probabilities from every assignment of the decisions that others hang on."""
    blocks = Relaxation(space).blocks
    parents = [
        d for d in space.decisions if any(d.name == c.parent for o in space.decisions for c in o.conditions)
    ]
    exists = dict.fromkeys(space.by_name, 0.0)
    for places in product(*(range(len(d.choices)) for d in parents)):
        probability = 1.0
        values: dict[str, Choice] = {}
        for parent, place in zip(parents, places, strict=True):
            probability *= float(u[blocks[parent.name]][place])
            if space.is_active(parent, values):
                values[parent.name] = parent.choices[place]
        for decision in space.decisions:
            exists[decision.name] += probability * space.is_active(decision, values)
    return list(exists.values())


TREE = Space.described(
    "tree",
    1,
    [
        Decision("a", (1, 2, 3)),
        Decision("b", (1, 2)),
        Decision("c", (1, 2, 3), (Condition("a", (2, 3)), Condition("b", (1,)))),
        Decision("d", (1, 2), (Condition("c", (3, 1)),)),
    ],
)


@law
@given(seeds, sampled_from(["wide_deep", "tree"]))
def test_activity_equals_enumeration(seed: int, name: str) -> None:
    space = TREE if name == "tree" else get_space(name)
    relaxation = Relaxation(space)
    drawn = torch.from_numpy(np.random.default_rng(seed).normal(size=relaxation.width))
    u = relaxation.softmax(drawn)
    assert relaxation.activity(u).tolist() == pytest.approx(enumerated_activity(space, u.numpy()), abs=1e-9)


@law
@given(names, seeds)
def test_softmax_and_weights_work_row_by_row(name: str, seed: int) -> None:
    relaxation = relaxed(name)
    theta = torch.from_numpy(np.stack([random_theta(name, seed), random_theta(name, seed + 1)]))
    u = relaxation.softmax(theta)
    for block in relaxation.blocks.values():
        torch.testing.assert_close(u[:, block].sum(1), torch.ones(2))
    for row in range(2):
        torch.testing.assert_close(relaxation.softmax(theta[row]), u[row])
        torch.testing.assert_close(relaxation.weighted(u[row]), relaxation.weighted(u)[row])


@law
@given(names, seeds)
def test_ascent_can_move_from_a_softened_start_and_not_from_a_vertex(name: str, seed: int) -> None:
    relaxation, architecture = relaxed(name), sampled(name, seed)
    slopes = torch.from_numpy(random_theta(name, seed + 1))

    def gradient(temperature: float) -> torch.Tensor:
        theta = torch.from_numpy(relaxation.soften(architecture, temperature=temperature)).requires_grad_()
        (relaxation.weighted(relaxation.softmax(theta)) * slopes).sum().backward()
        assert theta.grad is not None
        return theta.grad

    soft, hard = gradient(0.5), gradient(0.005)
    assert bool(torch.isfinite(soft).all())
    for decision in architecture.decisions:
        assert float(soft[relaxation.blocks[decision]].abs().max()) > 1e-4
    for decision in architecture.decisions:
        assert float(hard[relaxation.blocks[decision]].abs().max()) < 1e-6
    for block in ghost_blocks(relaxation, architecture):
        assert float(hard[block].abs().max()) < 1e-6


@law
@given(names, seeds)
def test_a_block_that_is_a_little_probable_matters_a_little(name: str, seed: int) -> None:
    relaxation, architecture = relaxed(name), sampled(name, seed)
    theta = relaxation.soften(architecture, temperature=0.5)
    u = relaxation.softmax(torch.from_numpy(theta)).unsqueeze(0).repeat(2, 1)
    activity = dict(zip(relaxation.blocks, relaxation.activity(u[0]).tolist(), strict=True))
    for decision, block in relaxation.blocks.items():
        changed = u.clone()
        changed[1, block] = u[1, block].roll(1)
        read = relaxation.weighted(changed)[:, block]
        moved = float((read[1] - read[0]).abs().max())
        wanted = float((changed[1, block] - u[0, block]).abs().max()) * activity[decision]
        assert moved == pytest.approx(wanted, abs=1e-6)
