"""Laws of the spaces: canonical form, hashes, parsing, and the published ConfigSpace form."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, permutations

from dvn.architecture import SPACES, Architecture, Space, get_space
from dvn.architecture.space import (
    Condition,
    Decision,
    ForbiddenCombinationError,
    MissingDecisionError,
    UnknownChoiceError,
    UnknownDecisionError,
    UnknownSpaceError,
)
from dvn.errors import ArchitectureError
from tests.dvn.factories import law

seeds = integers(0, 2**32 - 1)
WIDE_DEEP, FFNN = get_space("wide_deep"), get_space("relaxed_ffnn")
NOTHING = {"encoder": "none", "table": "none", "ngrams": "none"}


def sampled(space: Space, seed: int) -> Architecture:
    return space.sample(np.random.default_rng(seed))


@pytest.fixture(params=list(SPACES))
def space(request: pytest.FixtureRequest) -> Space:
    return get_space(str(request.param))


@pytest.mark.parametrize("name", SPACES)
@law
@given(seed=seeds)
def test_an_architecture_comes_back_from_json(name: str, seed: int) -> None:
    architecture = sampled(get_space(name), seed)
    document = json.loads(json.dumps(architecture.to_json()))
    again = get_space(name).from_json(document)
    assert again == architecture
    assert again.hash == architecture.hash
    assert hash(again) == hash(architecture)
    assert get_space(name).from_json(document["decisions"]) == architecture


@pytest.mark.parametrize("name", SPACES)
@law
@given(seed=seeds)
def test_a_sampled_architecture_is_allowed_and_holds_exactly_what_exists(name: str, seed: int) -> None:
    space, architecture = get_space(name), sampled(get_space(name), seed)
    exists = [d.name for d in space.decisions if space.is_active(d, architecture.decisions)]
    assert list(architecture.decisions) == exists
    assert space.parse(architecture.decisions) == architecture
    for combination in space.forbidden:
        assert any(architecture.decisions.get(part) != value for part, value in combination.items())


@pytest.mark.parametrize("name", SPACES)
@law
@given(seed=seeds, other=seeds)
def test_decisions_that_do_not_exist_change_nothing(name: str, seed: int, other: int) -> None:
    space, architecture = get_space(name), sampled(get_space(name), seed)
    generator = np.random.default_rng(other)
    ghosts = {
        d.name: d.choices[int(generator.integers(len(d.choices)))]
        for d in space.decisions
        if d.name not in architecture.decisions
    }
    assert space.parse({**ghosts, **architecture.decisions}) == architecture


@law
@given(order=permutations(range(1, 8)), layers=integers(0, 7), seed=seeds)
def test_layers_are_packed_to_the_front_so_that_equal_networks_have_equal_hashes(
    order: list[int], layers: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    kinds = FFNN.by_name["base_1"].choices
    bases = [kinds[int(generator.integers(len(kinds)))] for _ in range(layers)]
    packed: dict[str, object] = {"embedding": "glove"} | {f"gate_{i}": i <= layers for i in range(1, 8)}
    packed |= {f"base_{i}": base for i, base in enumerate(bases, start=1)}
    spread: dict[str, object] = {"embedding": "glove"} | {f"gate_{i}": False for i in range(1, 8)}
    for place, base in zip(sorted(order[:layers]), bases, strict=True):
        spread |= {f"gate_{place}": True, f"base_{place}": base}
    assert FFNN.parse(spread).hash == FFNN.parse(packed).hash
    assert dict(FFNN.parse(spread).decisions) == packed


@law
@given(one=seeds, other=seeds)
def test_different_architectures_have_different_hashes(one: int, other: int) -> None:
    first, second = sampled(WIDE_DEEP, one), sampled(WIDE_DEEP, other)
    assert (first == second) == (first.hash == second.hash)


def test_hashes_never_change() -> None:
    """Rows of every experiment database are named by them."""
    linear = {"encoder": "none", "table": "none", "ngrams": "words", "wide_rate": 0.3, "wide_l1": 1e-05}
    wide = Architecture("wide_deep", 1, {**linear, "class_weight": "none", "steps": 500})
    gates = {f"gate_{i}": i <= 1 for i in range(1, 8)}
    deep = FFNN.parse({"embedding": "use", "base_1": "tanh_64", **gates})
    assert wide.hash == "0a6e79089ef31276"
    assert deep.hash == "63752ba7231706a2"


def test_a_hash_depends_on_space_and_version() -> None:
    hashes = {Architecture(name, version, {"a": 1}).hash for name in ("x", "y") for version in (1, 2)}
    assert len(hashes) == 4


@pytest.mark.parametrize("wrong", [1024, True, None, "relu", [0.1], float("nan")])
def test_a_wrong_value_is_answered_with_the_decision_and_its_choices(wrong: object) -> None:
    decisions = {**sampled(WIDE_DEEP, 1).decisions, "hidden_size": wrong}
    with pytest.raises(UnknownChoiceError) as caught:
        WIDE_DEEP.parse(decisions)
    sizes = ", ".join(map(str, WIDE_DEEP.by_name["hidden_size"].choices))
    assert f"'hidden_size' cannot be {wrong!r}" in str(caught.value)
    assert str(caught.value).endswith(f"it can be {sizes}.")


def test_numbers_of_other_kinds_mean_the_same_choice() -> None:
    decision = Decision("size", (0.0, 1.0, 32))
    assert decision.index(np.int64(32)) == decision.index(32.0) == 2
    assert decision.index(0) == decision.index(np.float32(0)) == 0
    with pytest.raises(UnknownChoiceError):
        decision.index(np.bool_(True))


def test_an_unknown_decision_is_named_with_the_known_ones(space: Space) -> None:
    with pytest.raises(
        UnknownDecisionError, match=f"{space.name} has no decision 'colour'; it has "
    ) as caught:
        space.parse({**sampled(space, 0).decisions, "colour": "red"})
    assert all(name in str(caught.value) for name in space.by_name)


def test_a_missing_decision_is_named_with_its_choices() -> None:
    decisions = dict(sampled(WIDE_DEEP, 0).decisions)
    del decisions["steps"]
    with pytest.raises(MissingDecisionError, match=r"'steps' is missing; give one of \d+") as caught:
        WIDE_DEEP.parse(decisions)
    assert all(str(choice) in str(caught.value) for choice in WIDE_DEEP.by_name["steps"].choices)


def test_an_architecture_without_any_input_is_refused() -> None:
    with pytest.raises(ForbiddenCombinationError, match="encoder none and table none and ngrams none"):
        WIDE_DEEP.parse({**sampled(WIDE_DEEP, 0).decisions, **NOTHING})


@pytest.mark.parametrize(
    "document",
    [
        {"space": "relaxed_ffnn", "version": 1, "decisions": {}},
        {"space": "wide_deep", "version": 999, "decisions": {}},
        {"space": "wide_deep", "version": 1, "decisions": ["encoder", "use"]},
        {"space": "wide_deep", "version": 1, "decisions": None},
        {"space": "wide_deep"},
        {},
    ],
)
def test_a_document_that_is_no_architecture_is_refused_in_a_sentence(document: dict[str, object]) -> None:
    with pytest.raises(ArchitectureError, match=r"^[A-Z].*\.$"):
        WIDE_DEEP.from_json(document)


def test_an_unknown_space_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownSpaceError, match=r"no space 'deep'; there are wide_deep, relaxed_ffnn\."):
        get_space("deep")


def test_a_description_out_of_order_is_our_own_mistake() -> None:
    child = Decision("child", (1, 2), (Condition("parent", (1,)),))
    with pytest.raises(ValueError, match="child stands before its parent parent"):
        Space.described("wrong", 1, [child, Decision("parent", (1, 2))])
    with pytest.raises(ValueError, match="parent"):
        Space.described("wrong", 1, [Decision("parent", (1, 2))] * 2)


@pytest.mark.parametrize("name", SPACES)
@law
@given(seed=integers(0, 2**31 - 1))
def test_every_configuration_of_config_space_is_an_architecture(name: str, seed: int) -> None:
    space = get_space(name)
    published = space.config_space()
    published.seed(seed)
    for configuration in published.sample_configuration(5):
        space.parse(dict(configuration))


@pytest.mark.parametrize("name", SPACES)
@law
@given(seed=seeds)
def test_every_architecture_is_a_configuration_of_config_space(name: str, seed: int) -> None:
    space = get_space(name)
    published = space.config_space()
    generator = np.random.default_rng(seed)
    for _ in range(5):
        decisions = dict(space.sample(generator).decisions)
        configuration = type(published.get_default_configuration())(published, values=decisions)
        assert dict(configuration) == decisions


def test_config_space_publishes_the_same_choices_as_json(space: Space, tmp_path: object) -> None:
    published = space.config_space()
    assert {n: tuple(h.choices) for n, h in published.items()} == {d.name: d.choices for d in space.decisions}
    file = f"{tmp_path}/space.json"
    published.to_json(file)
    assert type(published).from_json(file) == published
