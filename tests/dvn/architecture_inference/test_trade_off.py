"""The slider and the limits: laws that every task and every seed must see kept."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import floats, integers

from dvn.architecture import get_space
from dvn.architecture_inference import (
    PREFERENCE_STEPS,
    Costs,
    DescribedTask,
    FrontPoint,
    Question,
    RankedArchitecture,
    answer,
    describe,
    price_at,
    recommend,
)
from dvn.architecture_inference.costs import BYTES, MILLISECONDS, SECONDS, size_and_speed
from dvn.architecture_inference.objective import Objective
from dvn.architecture_inference.terms import CostTerm
from dvn.value_network import Checkpoint

Dataset = tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def described(checkpoint: Checkpoint, dataset: Dataset) -> DescribedTask:
    return describe(*dataset, checkpoint)


@pytest.fixture(scope="module")
def costs(checkpoint: Checkpoint, described: DescribedTask) -> Costs:
    return described.costs(checkpoint)


def size_of(ranked: RankedArchitecture | FrontPoint) -> float:
    return float(size_and_speed(np.array([[ranked.seconds, ranked.milliseconds, ranked.bytes]]))[0])


def another(described: DescribedTask, seed: int) -> DescribedTask:
    """A task of the same size with features drawn anew; half of them outside of all experience."""
    drawn = np.random.default_rng(seed).normal(size=len(described.z)).astype(np.float32)
    return replace(described, z=drawn, outside_experience=bool(seed % 2))


@settings(max_examples=8, deadline=None)
@given(seed=integers(0, 10_000), step=integers(0, PREFERENCE_STEPS))
def test_the_winner_never_costs_more_where_small_is_preferred_more(
    checkpoint: Checkpoint, described: DescribedTask, seed: int, step: int
) -> None:
    question = Question(starts=10, seed=seed, prefer_small=step / PREFERENCE_STEPS)
    found = answer(another(described, seed), checkpoint, question)
    sizes = [size_of(point) for point in found.front]
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(sizes))
    first = found.architectures[0]
    assert found.front[step].hash == first.architecture.hash
    assert size_of(first) == pytest.approx(sizes[step])


def test_small_is_preferred_for_something(checkpoint: Checkpoint, described: DescribedTask) -> None:
    """On this task the far end of the slider is smaller and faster by a factor, and less accurate."""
    first, last = (
        answer(described, checkpoint, Question(starts=14, prefer_small=share)).architectures[0]
        for share in (0.0, 1.0)
    )
    assert size_of(last) < size_of(first) or first.bytes == last.bytes
    assert last.expected_accuracy <= first.expected_accuracy


def test_without_a_preference_the_answer_is_that_of_zero(
    checkpoint: Checkpoint, described: DescribedTask
) -> None:
    usual = answer(described, checkpoint, Question(starts=14))
    at_zero = answer(described, checkpoint, Question(starts=14, prefer_small=0.0, max_bytes=1e15))
    assert usual.architectures == at_zero.architectures
    expected = [ranked.expected_accuracy for ranked in usual.architectures]
    assert expected == sorted(expected, reverse=True)


def test_another_position_of_the_slider_has_the_same_front(
    checkpoint: Checkpoint, described: DescribedTask
) -> None:
    one, other = (answer(described, checkpoint, Question(starts=10, prefer_small=at)) for at in (0.0, 0.65))
    assert one.front == other.front
    assert [point.step for point in one.front] == list(range(PREFERENCE_STEPS + 1))
    assert other.front[13].hash == other.architectures[0].architecture.hash


@settings(max_examples=8, deadline=None)
@given(
    seed=integers(0, 10_000),
    megabytes=floats(0.2, 60),
    milliseconds=floats(0.01, 20),
    prefer=floats(0, 1),
)
def test_no_ranked_architecture_breaks_a_limit_unless_none_fits(
    checkpoint: Checkpoint,
    described: DescribedTask,
    seed: int,
    megabytes: float,
    milliseconds: float,
    prefer: float,
) -> None:
    asked = Question(
        starts=12,
        seed=seed,
        max_seconds=30.0,
        max_bytes=megabytes * 1e6,
        max_milliseconds=milliseconds,
        prefer_small=prefer,
    )
    found = answer(another(described, seed), checkpoint, asked)
    keeps = [
        one.seconds <= 30.0 and one.bytes <= megabytes * 1e6 and one.milliseconds <= milliseconds
        for one in found.architectures
    ]
    assert found.architectures
    assert all(keeps) if found.within_budget else not any(keeps)


def test_a_limit_is_climbed_to_and_not_only_filtered_by(
    checkpoint: Checkpoint, described: DescribedTask, costs: Costs
) -> None:
    """With the limit just above the least that any architecture costs, one is found."""
    generator = np.random.default_rng(5)
    drawn = [get_space(checkpoint.space).sample(generator) for _ in range(4_000)]
    least = float(np.quantile(costs.of(drawn)[:, BYTES], 0.002))
    found = answer(described, checkpoint, Question(starts=10, max_bytes=least))
    assert found.within_budget
    assert all(one.bytes <= least for one in found.architectures)


def test_the_costs_of_a_vertex_are_those_of_its_architecture(
    checkpoint: Checkpoint, described: DescribedTask, costs: Costs
) -> None:
    architecture = checkpoint.best_on_average[0]
    predicted = checkpoint.predict([architecture], costs.task)
    own = costs.of([architecture])[0]
    inputs = sum(
        costs.inputs.get(str(architecture.decisions[name]), 0.0) for name in ("encoder", "table", "ngrams")
    )
    assert own[SECONDS] == pytest.approx(predicted.train_seconds[0] + inputs, rel=1e-5)
    assert own[MILLISECONDS] == pytest.approx(predicted.predict_milliseconds[0], rel=1e-5)
    assert own[BYTES] == pytest.approx(predicted.bundle_bytes[0], rel=1e-5)


def test_what_is_climbed_falls_with_the_price_by_the_cost(checkpoint: Checkpoint, costs: Costs) -> None:
    theta = torch.randn(6, checkpoint.relaxation.width, generator=torch.Generator().manual_seed(0))
    question = Question(max_seconds=1e9)
    free, dear = (
        Objective(checkpoint, costs.task, (CostTerm(costs, question, torch.full((6,), price)),))(theta)
        for price in (0.0, 2.0)
    )
    u = checkpoint.relaxation.softmax(theta)
    logs = costs.logs(u, checkpoint.relaxation.weighted(u))
    torch.testing.assert_close(free - dear, 2.0 * logs[:, MILLISECONDS:].mean(dim=1), rtol=1e-4, atol=1e-4)
    plain = Objective(checkpoint, costs.task)(theta)
    torch.testing.assert_close(free, plain)


def test_the_price_is_ten_points_a_factor_of_ten_at_the_end_and_nothing_at_the_start() -> None:
    assert price_at(0) == 0.0
    assert price_at(PREFERENCE_STEPS) == pytest.approx(0.1)
    assert Question(prefer_small=0.33).step == Question(prefer_small=0.35).step == 7


def test_a_described_task_answers_as_its_texts_do(
    checkpoint: Checkpoint, dataset: Dataset, described: DescribedTask
) -> None:
    question = Question(starts=14, prefer_small=0.4, max_milliseconds=2.0)
    whole = recommend(*dataset, checkpoint, question=question)
    assert whole.architectures == answer(described, checkpoint, question).architectures
