"""v(u, z): what must not matter does not, and members keep to themselves."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers

from dvn.architecture import Relaxation, get_space
from dvn.value_network.network import NetworkShape, TaskVector, ValueNetwork, sample_batch
from tests.dvn.experiences import SPACE, architectures

MEMBERS, SAMPLES, CLASSES, HANDMADE = 3, 30, 4, 7
RELAXATION = Relaxation(get_space(SPACE))
NETWORK = ValueNetwork(
    NetworkShape(members=MEMBERS, logits=RELAXATION.width, handmade=HANDMADE),
    torch.Generator().manual_seed(1),
).requires_grad_(requires_grad=False)


def sample(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors of one task, the same for each member, and the class of each; every class occurs."""
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(SAMPLES, 64, generator=generator)
    classes = torch.randint(CLASSES, (SAMPLES,), generator=generator)
    classes[:CLASSES] = torch.arange(CLASSES)
    return vectors, classes


def described(
    vectors: torch.Tensor, classes: torch.Tensor, *, number: int = CLASSES, network: ValueNetwork = NETWORK
) -> TaskVector:
    handmade = torch.linspace(-1, 1, HANDMADE).expand(MEMBERS, -1)
    batch = sample_batch(vectors.expand(MEMBERS, -1, -1), classes.expand(MEMBERS, -1), number)
    return network.describe(batch, handmade)


def assert_same(first: TaskVector, second: TaskVector) -> None:
    for name in ("z", "level", "spread"):
        torch.testing.assert_close(getattr(first, name), getattr(second, name), atol=1e-5, rtol=0)


@settings(max_examples=20, deadline=None)
@given(seed=integers(0, 1_000))
def test_the_order_of_the_samples_does_not_matter(seed: int) -> None:
    vectors, classes = sample(seed)
    order = torch.randperm(SAMPLES, generator=torch.Generator().manual_seed(seed))
    assert_same(described(vectors, classes), described(vectors[order], classes[order]))


@settings(max_examples=20, deadline=None)
@given(seed=integers(0, 1_000))
def test_the_numbering_of_the_classes_does_not_matter(seed: int) -> None:
    vectors, classes = sample(seed)
    numbers = torch.randperm(CLASSES, generator=torch.Generator().manual_seed(seed))
    assert_same(described(vectors, classes), described(vectors, numbers[classes]))


def test_padding_samples_change_nothing() -> None:
    vectors, classes = sample()
    padded = torch.cat([vectors, torch.full((9, 64), 5.0)])
    assert_same(described(vectors, classes), described(padded, torch.cat([classes, torch.full((9,), -1)])))


def test_padding_classes_change_nothing() -> None:
    vectors, classes = sample()
    assert_same(described(vectors, classes), described(vectors, classes, number=CLASSES + 5))


def test_which_sample_has_which_class_does_matter() -> None:
    vectors, classes = sample()
    moved = described(vectors, classes.roll(1)).z
    assert not torch.allclose(described(vectors, classes).z, moved, atol=1e-3)


def test_the_number_of_classes_matters() -> None:
    vectors, classes = sample()
    merged = described(vectors, classes.clamp(max=CLASSES - 2)).z
    assert not torch.allclose(described(vectors, classes).z, merged, atol=1e-3)


def test_a_member_does_not_feel_the_weights_of_another() -> None:
    other = ValueNetwork(NETWORK.shape, torch.Generator())
    other.load_state_dict(NETWORK.state_dict())
    with torch.no_grad():
        for weight in other.parameters():
            weight[1] += torch.randn(weight[1].shape, generator=torch.Generator().manual_seed(2))
        u = weighted(6)
        before, after = described(*sample()), described(*sample(), network=other)
        pairs = list(zip(NETWORK.score(u, before.z), other.score(u, after.z), strict=True))
    for first, second in [(before.z, after.z), (before.level, after.level), *pairs]:
        torch.testing.assert_close(first[[0, 2]], second[[0, 2]], atol=1e-6, rtol=0)
        assert not torch.allclose(first[1], second[1], atol=1e-3)


def test_architectures_are_scored_one_by_one_as_together() -> None:
    u, z = weighted(6), described(*sample()).z
    together, _ = NETWORK.score(u, z)
    alone = torch.cat([NETWORK.score(u[:, [row]], z)[0] for row in range(6)], dim=1)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("half", ["reads_sample", "reads_handmade"])
def test_a_half_that_is_not_read_does_not_matter(half: str) -> None:
    shape = NetworkShape(members=MEMBERS, logits=RELAXATION.width, handmade=HANDMADE, **{half: False})
    network = ValueNetwork(shape, torch.Generator().manual_seed(1))
    generator = torch.Generator().manual_seed(3)
    handmade = torch.randn(2, MEMBERS, HANDMADE, generator=generator)
    batches = [
        sample_batch(v.expand(MEMBERS, -1, -1), c.expand(MEMBERS, -1), CLASSES)
        for v, c in map(sample, (0, 1))
    ]
    changed = network.describe(batches[half == "reads_sample"], handmade[int(half == "reads_handmade")]).z
    other = network.describe(batches[half == "reads_handmade"], handmade[int(half == "reads_sample")]).z
    usual = network.describe(batches[0], handmade[0]).z
    assert torch.equal(changed, usual)
    assert not torch.allclose(other, usual, atol=1e-3)


def weighted(number: int) -> torch.Tensor:
    u = torch.from_numpy(RELAXATION.vertices(architectures(number)))
    return RELAXATION.weighted(u).expand(MEMBERS, -1, -1)
