"""Ascents are kept for the other positions of their slider, and for nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.recommendations import warm_answers
from app.recommendations.warm_answers import WarmAnswers
from dvn.architecture_inference import Climbed, Costs, DescribedTask, Question, answer, climb, describe
from dvn.value_network import Checkpoint
from tests.synthetic import texts_of

QUESTION = Question(starts=9, top=3)


@pytest.fixture(scope="module")
def checkpoint(small_experience: Path) -> Checkpoint:
    return Checkpoint.load(small_experience / "wide_deep" / "checkpoint")


@pytest.fixture(scope="module")
def described(checkpoint: Checkpoint) -> DescribedTask:
    texts, labels = zip(*texts_of(80, seed=140), strict=True)
    return describe(texts, labels, checkpoint)


@pytest.fixture
def climbs(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """The questions that were climbed for."""
    asked: list[Question] = []

    def counted(costs: Costs, question: Question) -> Climbed:
        asked.append(question)
        return climb(costs, question)

    monkeypatch.setattr(warm_answers, "climb", counted)
    return asked


def test_every_position_of_the_slider_is_answered_from_one_ascent_as_if_it_were_alone(
    checkpoint: Checkpoint, described: DescribedTask, climbs: list[Question]
) -> None:
    answers = WarmAnswers()
    for prefer_small, top in ((0.0, 3), (0.5, 3), (1.0, 5)):
        question = replace(QUESTION, prefer_small=prefer_small, top=top)
        found = answers.answer(described, checkpoint, question)
        alone = answer(described, checkpoint, question)
        assert found.architectures == alone.architectures
        assert found.front == alone.front
        assert found.worth == alone.worth
    assert len(climbs) == 1


@pytest.mark.parametrize(
    "changed", [{"max_bytes": 5e6}, {"max_milliseconds": 1.0}, {"max_seconds": 9.0}, {"seed": 3}]
)
def test_another_limit_or_seed_is_another_ascent(
    checkpoint: Checkpoint, described: DescribedTask, climbs: list[Question], changed: dict[str, float]
) -> None:
    answers = WarmAnswers()
    answers.answer(described, checkpoint, QUESTION)
    answers.answer(described, checkpoint, replace(QUESTION, **changed))
    assert len(climbs) == 2


def test_another_task_is_another_ascent_and_the_oldest_are_forgotten(
    checkpoint: Checkpoint,
    described: DescribedTask,
    climbs: list[Question],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warm_answers, "MOST_KEPT", 2)
    answers = WarmAnswers()
    tasks = [replace(described, z=described.z + shift) for shift in (0.0, 0.1, 0.2)]
    for task in (*tasks, tasks[2], tasks[0]):
        answers.answer(task, checkpoint, QUESTION)
    assert len(climbs) == 4
