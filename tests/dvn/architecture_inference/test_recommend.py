"""A recommendation keeps the laws of Algorithm 2 on a real checkpoint, and says what it rests on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import dvn.training
from dvn.architecture import Architecture, Choice, get_space
from dvn.architecture_inference import (
    Climbed,
    Costs,
    Question,
    Recommendation,
    answer,
    climb,
    describe,
    recommend,
    seconds_of_inputs,
)
from dvn.architecture_inference.climb import KNOWN_STARTS
from dvn.architecture_inference.ranking import score_all
from dvn.metafeatures import describe_task
from dvn.training.cost import TextVolume, text_volume
from dvn.value_network import Checkpoint

Dataset = tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def found(checkpoint: Checkpoint, question: Question, dataset: Dataset) -> Recommendation:
    return recommend(*dataset, checkpoint, question=question)


def climbed(
    checkpoint: Checkpoint, dataset: Dataset, question: Question, volume: TextVolume | None = None
) -> Climbed:
    inputs = seconds_of_inputs(get_space(checkpoint.space), volume or text_volume(dataset[0]))
    return climb(Costs(checkpoint, checkpoint.describe(describe_task(*dataset)), inputs), question)


def hashes(recommendation: Recommendation) -> list[str]:
    return [ranked.architecture.hash for ranked in recommendation.architectures]


def numbers(recommendation: Recommendation) -> np.ndarray:
    return np.array(
        [
            (
                ranked.expected_accuracy,
                ranked.low,
                ranked.high,
                ranked.seconds,
                ranked.bytes,
                ranked.milliseconds,
            )
            for ranked in recommendation.architectures
        ]
    )


def assert_same(first: Recommendation, second: Recommendation) -> None:
    assert hashes(first) == hashes(second)
    np.testing.assert_allclose(numbers(first), numbers(second), rtol=1e-6)
    assert first.outside_experience == second.outside_experience
    assert first.nearest == second.nearest


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_winner_is_never_below_a_rounded_start(
    checkpoint: Checkpoint, dataset: Dataset, seed: int
) -> None:
    """The starts are drawn here as the paper does: the best known, then random ones."""
    question = Question(starts=14, top=1, seed=seed, max_seconds=1e6)
    generator = np.random.default_rng(seed)
    known = list(checkpoint.best_on_average)[:KNOWN_STARTS]
    drawn = [get_space(checkpoint.space).sample(generator) for _ in range(14 - len(known))]
    task = checkpoint.describe(describe_task(*dataset))
    winner = recommend(*dataset, checkpoint, question=question).architectures[0].architecture
    rescored = checkpoint.predict([winner, *known, *drawn], task).careful_accuracies
    assert rescored[0] >= rescored[1:].max() - 1e-6


def test_every_rounded_start_is_a_candidate(checkpoint: Checkpoint, dataset: Dataset) -> None:
    question = Question(starts=14, seed=3, max_seconds=1e6)
    generator = np.random.default_rng(3)
    known = list(checkpoint.best_on_average)[:KNOWN_STARTS]
    drawn = [get_space(checkpoint.space).sample(generator) for _ in range(14 - len(known))]
    found = climbed(checkpoint, dataset, question)
    assert found.drawn == drawn
    assert {*known, *drawn} <= set(found.candidates)


def test_climbing_finds_more_than_the_starts(checkpoint: Checkpoint, dataset: Dataset) -> None:
    question = Question(starts=14, max_seconds=1e6)
    found = climbed(checkpoint, dataset, question)
    assert len(found.candidates) > question.starts
    assert np.isfinite(found.gap)


def test_the_ranks_are_sorted_by_what_is_expected_less_caution(
    checkpoint: Checkpoint, dataset: Dataset, found: Recommendation
) -> None:
    task = checkpoint.describe(describe_task(*dataset))
    ranked = [ranked.architecture for ranked in found.architectures]
    asked = checkpoint.predict(ranked, task, reference=checkpoint.best_on_average[0])
    assert asked.careful.tolist() == sorted(asked.careful.tolist(), reverse=True)
    assert [ranked.rank for ranked in found.architectures] == [1, 2, 3, 4, 5]


def test_the_architectures_are_different_and_allowed(checkpoint: Checkpoint, found: Recommendation) -> None:
    assert len(set(hashes(found))) == 5
    space = get_space(checkpoint.space)
    for ranked in found.architectures:
        assert space.parse(ranked.architecture.decisions) == ranked.architecture


def test_ranks_read_different_inputs_as_far_as_there_are_any(
    checkpoint: Checkpoint, dataset: Dataset, question: Question
) -> None:
    every = recommend(*dataset, checkpoint, question=replace(question, top=1_000)).architectures
    few = recommend(*dataset, checkpoint, question=replace(question, top=5)).architectures
    read = [inputs_of(one.architecture) for one in few]
    assert len(set(read)) == min(5, len({inputs_of(one.architecture) for one in every}))
    assert few[0] == every[0]
    for one in few:  # Each is the best of those that read the same.
        best = next(other for other in every if inputs_of(other.architecture) == inputs_of(one.architecture))
        assert one.architecture == best.architecture or len(set(read)) < 5


def inputs_of(architecture: Architecture) -> tuple[Choice | None, ...]:
    return tuple(architecture.decisions.get(name) for name in ("encoder", "table", "ngrams"))


def test_intervals_hold_the_expected_accuracy(found: Recommendation) -> None:
    for ranked in found.architectures:
        assert 0 < ranked.low <= ranked.expected_accuracy <= ranked.high < 1
        assert ranked.seconds > 0
        assert ranked.bytes > 0
        assert ranked.milliseconds > 0


def test_the_answer_names_what_it_rests_on(checkpoint: Checkpoint, found: Recommendation) -> None:
    assert (found.checkpoint, found.rows, found.classes) == (checkpoint.id, 100, 3)
    assert found.known_as is None
    assert len(found.nearest) == 3
    assert set(found.nearest) <= set(checkpoint.landmarks.names)
    parts = sum(value for name, value in found.seconds.items() if name != "total")
    assert parts == pytest.approx(found.seconds["total"], abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_neither_row_order_nor_label_names_nor_their_numbering_matter(
    checkpoint: Checkpoint, question: Question, dataset: Dataset, found: Recommendation, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(dataset[0]))
    classes = sorted(set(dataset[1]))
    names = dict(zip(classes, generator.permutation(["z", "10", "été"]).tolist(), strict=True))
    texts, labels = [dataset[0][i] for i in order], [names[dataset[1][i]] for i in order]
    assert_same(found, recommend(texts, labels, checkpoint, question=question))


def test_one_text_with_several_labels_may_stand_in_any_order(
    checkpoint: Checkpoint, question: Question, dataset: Dataset
) -> None:
    texts = [*dataset[0], *dataset[0][:10]]
    labels = [*dataset[1], *dataset[1][1:11]]
    backwards = recommend(texts[::-1], labels[::-1], checkpoint, question=question)
    assert_same(recommend(texts, labels, checkpoint, question=question), backwards)


def test_the_same_seed_repeats_the_answer(
    checkpoint: Checkpoint, question: Question, dataset: Dataset, found: Recommendation
) -> None:
    again = recommend(*dataset, checkpoint, question=question)
    assert hashes(found) == hashes(again)
    assert np.array_equal(numbers(found), numbers(again))


def test_another_seed_draws_other_starts(checkpoint: Checkpoint, dataset: Dataset) -> None:
    first, second = (
        climbed(checkpoint, dataset, Question(starts=14, seed=seed)).candidates for seed in (0, 1)
    )
    assert {a.hash for a in first} != {a.hash for a in second}


@pytest.mark.parametrize("top", [1, 3])
def test_as_many_are_recommended_as_are_asked_for(
    checkpoint: Checkpoint, question: Question, dataset: Dataset, found: Recommendation, top: int
) -> None:
    asked = recommend(*dataset, checkpoint, question=replace(question, top=top))
    assert hashes(asked) == hashes(found)[:top]


@pytest.mark.parametrize("max_seconds", [1.5, 3.0, 60.0])
def test_every_recommended_architecture_keeps_the_limit(
    checkpoint: Checkpoint, question: Question, dataset: Dataset, max_seconds: float
) -> None:
    asked = recommend(*dataset, checkpoint, question=replace(question, max_seconds=max_seconds))
    assert asked.within_budget
    assert asked.architectures
    assert max(ranked.seconds for ranked in asked.architectures) <= max_seconds


def test_where_nothing_keeps_the_limit_the_quickest_lead_and_the_answer_says_so(
    checkpoint: Checkpoint, question: Question, dataset: Dataset
) -> None:
    asked = recommend(*dataset, checkpoint, question=replace(question, max_seconds=1e-6))
    seconds = [ranked.seconds for ranked in asked.architectures]
    assert not asked.within_budget
    assert len(seconds) == question.top
    assert seconds == sorted(seconds)


def test_inputs_that_alone_take_too_long_are_never_climbed_to(
    checkpoint: Checkpoint, question: Question, dataset: Dataset
) -> None:
    """A hundred thousand long texts take an encoder minutes, a table seconds."""
    large = climbed(checkpoint, dataset, question, TextVolume(100_000, np.array([500])))
    assert {architecture.decisions["encoder"] for architecture in large.candidates} == {"none"}
    usual = climbed(checkpoint, dataset, question)
    assert {architecture.decisions["encoder"] for architecture in usual.candidates} != {"none"}


def test_a_task_like_those_known_is_inside_the_experience(found: Recommendation) -> None:
    assert not found.outside_experience


@pytest.mark.parametrize("max_seconds", [60.0, 1.5])
def test_outside_the_experience_the_best_on_average_lead(
    checkpoint: Checkpoint, question: Question, max_seconds: float
) -> None:
    """Random letters in a script that no known task has."""
    generator = np.random.default_rng(0)
    texts = ["".join(chr(0x0E01 + i) for i in generator.integers(0, 46, 40)) for _ in range(120)]
    asked = recommend(texts, ["a", "b"] * 60, checkpoint, question=replace(question, max_seconds=max_seconds))
    assert asked.outside_experience
    assert asked.architectures[0].seconds <= max_seconds
    first = asked.architectures[0].architecture
    assert first in checkpoint.best_on_average
    if max_seconds == 60.0:
        assert first == checkpoint.best_on_average[0]


def test_a_known_file_is_named(checkpoint: Checkpoint, question: Question, dataset: Dataset) -> None:
    known = checkpoint.landmarks.content_hashes[2]
    asked = recommend(*dataset, checkpoint, question=question, content_hash=known)
    assert asked.known_as == checkpoint.landmarks.names[2]
    unknown = recommend(*dataset, checkpoint, question=question, content_hash="f" * 64)
    assert unknown.known_as is None


def test_nothing_is_trained(
    checkpoint: Checkpoint, question: Question, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a recommendation trains nothing")

    for kind in (torch.optim.Optimizer, torch.optim.AdamW, torch.optim.SGD, torch.optim.Adagrad):
        monkeypatch.setattr(kind, "__init__", refuse)
        monkeypatch.setattr(kind, "step", refuse)
    monkeypatch.setattr(dvn.training, "train", refuse)
    monkeypatch.setattr("dvn.training.trainer.train", refuse)
    before = {name: weight.clone() for name, weight in checkpoint.network.state_dict().items()}
    recommend(*dataset, checkpoint, question=question)
    after = checkpoint.network.state_dict()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    assert not any(weight.requires_grad for weight in checkpoint.network.parameters())


def test_no_global_random_state_is_read(checkpoint: Checkpoint, question: Question, dataset: Dataset) -> None:
    state = torch.random.get_rng_state()
    recommend(*dataset, checkpoint, question=question)
    assert torch.equal(state, torch.random.get_rng_state())


def test_with_boundless_caution_the_best_on_average_leads_though_more_is_expected_of_another(
    checkpoint: Checkpoint, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Question(starts=14, max_seconds=1e6)
    described = describe(*dataset, checkpoint)
    candidates = [
        answer(described, checkpoint, question).architectures[0].architecture,
        checkpoint.best_on_average[0],
    ]

    def order(caution: float) -> list[int]:
        monkeypatch.setattr("dvn.value_network.checkpoint.CAUTION", caution)
        costs = described.costs(checkpoint)
        return score_all(costs, candidates, question, default_first=False).order(0)

    assert order(0.0) == [0, 1]
    assert order(100.0) == [1, 0]
