"""What each contender knows of a task never seen."""

from dataclasses import replace

import numpy as np
import pytest

from dvn.evaluation.predictors import Predictor, contenders
from dvn.value_network import Experience
from tests.dvn.experiences import (
    QUICK,
    architectures,
    description,
    known_run,
    known_task,
    poisoned,
    two_kinds,
)

SHARED = architectures(3)
OWN = architectures(2, seed=50)


@pytest.fixture(scope="module")
def known() -> Experience:
    """Task 0 likes the first architecture, task 1 the last; each is of another kind."""
    tasks = tuple(known_task(kind, description(kind, np.random.default_rng(kind))) for kind in range(2))
    scores = ((0.9, 0.8, 0.6), (0.5, 0.8, 0.9))
    runs = [
        known_run(task, architecture, score)
        for task, of_task in enumerate(scores)
        for architecture, score in zip(SHARED, of_task, strict=True)
    ]
    runs += [known_run(task, OWN[task], 0.99, is_shared=False) for task in range(2)]
    return Experience("wide_deep", tasks, tuple(runs), "0" * 64)


def fitted(name: str, known: Experience) -> Predictor:
    (contender,) = [one for one in contenders(QUICK) if one.name == name]
    return contender.fit(known)


@pytest.mark.parametrize(("kind", "winner"), [(0, 0), (1, 2)])
def test_the_nearest_task_lends_its_scores(known: Experience, kind: int, winner: int) -> None:
    task = known_task(9, description(kind, np.random.default_rng(99)))
    scores = fitted("nearest task", known)(task, SHARED)
    assert int(np.argmax(scores)) == winner
    assert scores.tolist() == [
        run.validation_accuracy for run in known.runs if run.task == kind and run.is_shared
    ]


def test_best_on_average_says_the_same_of_every_task(known: Experience) -> None:
    predict = fitted("best on average", known)
    first, second = (predict(task, SHARED) for task in known.tasks)
    assert np.array_equal(first, second)
    assert int(np.argmax(first)) == 1


@pytest.mark.parametrize("name", ["nearest task", "best on average"])
def test_what_was_never_shared_is_below_all_others(known: Experience, name: str) -> None:
    scores = fitted(name, known)(known.tasks[0], [OWN[0], *SHARED])
    assert scores[0] == -np.inf
    assert np.isfinite(scores[1:]).all()


def test_only_the_value_network_with_meta_features_tells_tasks_apart() -> None:
    experience, asked = two_kinds(4, runs=8, shared=4), architectures(12, seed=8)
    for name, differs in (("value network", True), ("no meta-features", False)):
        predict = fitted(name, experience)
        first, second = (predict(task, asked) for task in experience.tasks[:2])
        assert (not np.array_equal(first, second)) == differs
        assert np.isfinite(first).all()


@pytest.mark.parametrize("name", ["value network", "no meta-features", "best on average", "nearest task"])
def test_no_contender_reads_a_test_score(known: Experience, name: str) -> None:
    task = replace(known.tasks[0], name="unseen")
    usual, blind = (fitted(name, one)(task, SHARED) for one in (known, poisoned(known)))
    assert np.array_equal(usual, blind)
