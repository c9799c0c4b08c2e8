"""Algorithm 2's climb: the laws that any differentiable score must see kept."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import floats, integers
from torch import Tensor

from dvn.architecture_inference import NonFiniteValueError, ascend

STARTS, LOGITS = 4, 3
quickly = settings(max_examples=40, deadline=None)
seeds, step_counts, step_sizes = integers(0, 10_000), integers(0, 15), floats(0.01, 5)


def bump(points: Tensor) -> Tensor:
    """Hills of different steepness: long steps overshoot."""
    return torch.exp(-points.square().sum(dim=1)) + 0.3 * torch.sin(2 * points).sum(dim=1)


def starts_of(seed: int) -> Tensor:
    return torch.randn(STARTS, LOGITS, generator=torch.Generator().manual_seed(seed))


@quickly
@given(seed=seeds, steps=step_counts, step_size=step_sizes)
def test_an_ascent_never_ends_below_its_start(seed: int, steps: int, step_size: float) -> None:
    starts = starts_of(seed)
    _, values = ascend(bump, starts, steps=steps, step_size=step_size)
    assert (values >= bump(starts)).all()


@quickly
@given(seed=seeds, steps=step_counts, step_size=step_sizes)
def test_the_value_returned_is_that_of_the_point_returned(seed: int, steps: int, step_size: float) -> None:
    points, values = ascend(bump, starts_of(seed), steps=steps, step_size=step_size)
    torch.testing.assert_close(bump(points), values, atol=1e-6, rtol=0)


@quickly
@given(seed=seeds, steps=step_counts, step_size=step_sizes)
def test_the_best_point_of_each_path_is_returned(seed: int, steps: int, step_size: float) -> None:
    path: list[Tensor] = []

    def watched(points: Tensor) -> Tensor:
        values = bump(points)
        path.append(values.detach())
        return values

    _, values = ascend(watched, starts_of(seed), steps=steps, step_size=step_size)
    assert len(path) == steps + 1
    assert torch.equal(values, torch.stack(path).amax(dim=0))


@quickly
@given(seed=seeds, steps=step_counts, step_size=floats(0.01, 0.5))
def test_starts_climbed_together_or_one_by_one_end_alike(seed: int, steps: int, step_size: float) -> None:
    starts = starts_of(seed)
    points, values = ascend(bump, starts, steps=steps, step_size=step_size)
    for row in range(STARTS):
        alone, value = ascend(bump, starts[[row]], steps=steps, step_size=step_size)
        torch.testing.assert_close(points[[row]], alone, atol=1e-5, rtol=0)
        torch.testing.assert_close(values[[row]], value, atol=1e-5, rtol=0)


@quickly
@given(seed=seeds, steps=integers(0, 10))
def test_more_steps_never_end_lower(seed: int, steps: int) -> None:
    _, fewer = ascend(bump, starts_of(seed), steps=steps, step_size=0.1)
    _, more = ascend(bump, starts_of(seed), steps=steps + 3, step_size=0.1)
    assert (more >= fewer).all()


def test_a_smooth_hill_is_climbed_to_its_top() -> None:
    points, values = ascend(lambda x: -x.square().sum(dim=1), starts_of(0), steps=60, step_size=0.2)
    torch.testing.assert_close(points, torch.zeros_like(points), atol=1e-4, rtol=0)
    torch.testing.assert_close(values, torch.zeros_like(values), atol=1e-6, rtol=0)


def test_a_path_that_diverges_returns_its_start() -> None:
    starts = starts_of(0)
    points, _ = ascend(lambda x: -x.square().sum(dim=1), starts, steps=20, step_size=2.0)
    assert torch.equal(points, starts)


def test_the_starts_are_left_as_they_were() -> None:
    starts = starts_of(0)
    kept = starts.clone()
    points, values = ascend(bump, starts, steps=3, step_size=0.1)
    assert torch.equal(starts, kept)
    assert not any(each.requires_grad for each in (starts, points, values))


def not_a_number(points: Tensor) -> Tensor:
    return torch.where(points[:, 0] > 0, points.sum(dim=1), torch.nan)


def infinite_gradient(points: Tensor) -> Tensor:
    return (points - points.detach()).clamp(min=0).sqrt().sum(dim=1)


def infinite(points: Tensor) -> Tensor:
    return points.sum(dim=1) + torch.inf


@pytest.mark.parametrize("predict", [not_a_number, infinite_gradient, infinite])
def test_a_number_that_is_not_finite_stops_the_climb(predict: object) -> None:
    starts = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    with pytest.raises(NonFiniteValueError, match="not finite at step 0; fit it again"):
        ascend(predict, starts, steps=3, step_size=0.1)  # type: ignore[arg-type]  # one of the three above


def test_the_step_that_is_not_finite_is_named() -> None:
    with pytest.raises(NonFiniteValueError, match="step 2"):
        ascend(lambda x: torch.log(3.5 - x).sum(dim=1) * -1, torch.tensor([[3.0]]), steps=5, step_size=0.2)
