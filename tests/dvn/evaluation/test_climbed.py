"""What a task is told to train comes from value networks that know none of its family."""

from dataclasses import replace

import pytest

from dvn.architecture_inference import Question
from dvn.evaluation.climbed import climbed_architectures
from dvn.training.cost import TextVolume, text_volume
from dvn.value_network import Experience
from tests.dvn.experiences import QUICK, two_kinds

FEW = Question(top=3, starts=8)
VOLUME = text_volume(["a short text"] * 200)


@pytest.fixture(scope="module")
def experience() -> Experience:
    return two_kinds(6)


def volumes(*places: int) -> dict[int, TextVolume]:
    return dict.fromkeys(places, VOLUME)


def test_each_task_asked_for_gets_what_its_kind_prefers(experience: Experience) -> None:
    told: list[tuple[int, int]] = []
    found = climbed_architectures(
        experience, volumes(0, 3), FEW, options=QUICK, watch=lambda *done: told.append(done)
    )
    assert sorted(found) == [0, 3]
    assert [len(architectures) for architectures in found.values()] == [3, 3]
    assert found[0][0].decisions["encoder"] != "none"
    assert found[3][0].decisions["encoder"] == "none"
    assert told[-1] == (6, 6)


def test_what_a_family_ran_itself_changes_nothing_for_it(experience: Experience) -> None:
    turned = [
        replace(run, validation_accuracy=1.0 - run.validation_accuracy) if run.task in (0, 2) else run
        for run in experience.runs
    ]
    twins = tuple(
        replace(task, family="twins") if place in (0, 2) else task
        for place, task in enumerate(experience.tasks)
    )
    whole = replace(experience, tasks=twins)
    asked = volumes(0)
    assert climbed_architectures(whole, asked, FEW, options=QUICK) == climbed_architectures(
        replace(whole, runs=tuple(turned)), asked, FEW, options=QUICK
    )
