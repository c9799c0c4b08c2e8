"""What decisions are worth, and how choices without a value network stand."""

from dataclasses import replace

import numpy as np
import pytest

from dvn.architecture import get_space
from dvn.architecture_inference import Costs, DescribedTask, Question, Recommendation, Rule, answer, describe
from dvn.architecture_inference.worth import worth_of
from dvn.value_network import Checkpoint
from dvn.value_network.simple_choices import SimpleChoices

Dataset = tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def described(checkpoint: Checkpoint, dataset: Dataset) -> DescribedTask:
    return describe(*dataset, checkpoint)


@pytest.fixture(scope="module")
def found(checkpoint: Checkpoint, described: DescribedTask) -> Recommendation:
    return answer(described, checkpoint, Question(starts=14))


@pytest.fixture(scope="module")
def costs(checkpoint: Checkpoint, described: DescribedTask) -> Costs:
    return described.costs(checkpoint)


def expected(costs: Costs, *architectures: object) -> np.ndarray:
    predicted = costs.checkpoint.predict(architectures, costs.task)
    return costs.checkpoint.interval(predicted.accuracies, predicted.doubt)[0]


def test_every_decision_that_exists_has_its_worth_and_the_most_valuable_comes_first(
    found: Recommendation,
) -> None:
    first = found.architectures[0].architecture
    assert {worth.decision for worth in found.worth} == set(first.decisions)
    gains = [worth.gain for worth in found.worth]
    assert gains == sorted(gains, reverse=True)
    for worth in found.worth:
        assert worth.value == first.decisions[worth.decision]
        assert worth.other != worth.value


def test_a_worth_is_the_fall_to_the_best_other_value(costs: Costs, found: Recommendation) -> None:
    """Of a decision on which no other depends, by asking about each value."""
    first, space = found.architectures[0].architecture, get_space("wide_deep")
    worth = next(worth for worth in found.worth if worth.decision == "steps")
    others = [
        space.parse({**first.decisions, "steps": steps})
        for steps in space.by_name["steps"].choices
        if steps != first.decisions["steps"]
    ]
    reached = expected(costs, first)[0]
    assert worth.gain == pytest.approx(reached - expected(costs, *others).max(), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_inputs_are_weighed_against_having_none_unless_nothing_would_be_left(costs: Costs, seed: int) -> None:
    architecture = get_space("wide_deep").sample(np.random.default_rng(seed))
    used = [name for name in ("encoder", "table", "ngrams") if architecture.decisions[name] != "none"]
    whole = [worth.decision for worth in worth_of(costs, architecture) if worth.is_whole]
    assert sorted(whole) == sorted(used if len(used) > 1 else [])


def test_the_simple_rules_stand_with_what_is_expected_of_their_choice(
    checkpoint: Checkpoint, costs: Costs, found: Recommendation
) -> None:
    rules = {one.rule: one for one in found.standing}
    assert set(rules) == set(Rule)
    default = rules[Rule.best_on_average]
    assert default.architecture == checkpoint.best_on_average[0]
    for rule, one in rules.items():
        if rule is not Rule.random:
            assert one.architecture is not None
            assert one.expected_accuracy == pytest.approx(expected(costs, one.architecture)[0])
    assert rules[Rule.portfolio].expected_accuracy >= min(expected(costs, *checkpoint.choices.portfolio))
    named = checkpoint.landmarks.names.index(found.nearest[0])
    assert rules[Rule.nearest_task].architecture == checkpoint.choices.by_task[named]
    assert found.architectures[0].expected_accuracy >= max(
        one.expected_accuracy for rule, one in rules.items() if rule is Rule.best_on_average
    )


def test_a_checkpoint_of_before_names_no_simple_choices(
    checkpoint: Checkpoint, described: DescribedTask
) -> None:
    old = replace(checkpoint, choices=SimpleChoices())
    rules = [one.rule for one in answer(described, old, Question(starts=14)).standing]
    assert sorted(rules) == [Rule.best_on_average, Rule.random]
