"""Regret, catch-up and rank correlation by hand, and families that never leak."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from dvn.architecture import Architecture
from dvn.evaluation import TaskScore, judge_families, judge_family, leave_one_family_out, summarise
from dvn.evaluation.leave_one_family_out import (
    RANDOM,
    TooFewFamiliesError,
    random_trainings_to_match,
    rank_correlation,
)
from dvn.evaluation.limits import LIMITS
from dvn.evaluation.predictors import Contender, Predictor
from dvn.value_network import Experience, KnownRun, KnownTask
from tests.dvn.experiences import QUICK, architectures, description, known_run, known_task, two_kinds
from tests.dvn.factories import make_architecture

# The package has a function of the same name.
MODULE = import_module("dvn.evaluation.leave_one_family_out")
FOUR = architectures(4)
VALIDATION, TEST = (0.90, 0.80, 0.70, 0.60), (0.88, 0.82, 0.84, 0.60)


def four_runs(task: int = 0) -> list[KnownRun]:
    """The first two architectures are shared, the last two the task's own."""
    return [
        known_run(task, architecture, validation, test=test, is_shared=place < 2)
        for place, (architecture, validation, test) in enumerate(zip(FOUR, VALIDATION, TEST, strict=True))
    ]


def two_tasks() -> Experience:
    tasks = tuple(known_task(i, description(i, np.random.default_rng(i))) for i in range(2))
    return Experience("wide_deep", tasks, (*four_runs(0), *four_runs(1)), "0" * 64)


def saying(*scores: float) -> Contender:
    """A contender that gives the four architectures these scores."""
    known = dict(zip(FOUR, scores, strict=True))
    return Contender("oracle", lambda _: lambda _, asked: np.array([known[one] for one in asked]))


def judged_by(contender: Contender, monkeypatch: pytest.MonkeyPatch) -> dict[str, TaskScore]:
    monkeypatch.setattr(MODULE, "contenders", lambda _: (contender,))
    return {score.contender: score for score in judge_family(two_tasks(), "family 0", QUICK)}


def test_regret_is_what_the_best_by_validation_tests_better(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged_by(saying(0.1, 0.9, 0.3, 0.2), monkeypatch)["oracle"]
    assert (found.task, found.family) == ("task 0", "family 0")
    assert found.test_accuracy == 0.82
    assert found.regret == pytest.approx(0.88 - 0.82)
    # Squared differences of rank add up to 12: 1 - 6 * 12 / (4 * 15).
    assert found.spearman == pytest.approx(-0.2)
    assert found.catch_up == 1


def test_a_climbed_run_is_neither_chosen_nor_the_best_to_compare_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks = two_tasks()
    climbed = tuple(
        replace(run, is_climbed=True) if run.architecture == FOUR[0] else run for run in tasks.runs
    )
    monkeypatch.setattr(MODULE, "contenders", lambda _: (saying(9, 1, 2, 3),))
    scores = judge_family(replace(tasks, runs=climbed), "family 0", QUICK)
    found = next(score for score in scores if score.contender == "oracle")
    assert (found.test_accuracy, found.regret) == (0.60, pytest.approx(0.82 - 0.60))


def test_the_right_order_has_no_regret_and_full_correlation(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged_by(saying(4, 3, 2, 1), monkeypatch)["oracle"]
    assert (found.test_accuracy, found.regret, found.spearman) == (0.88, 0.0, pytest.approx(1.0))
    assert 2 <= found.catch_up <= 3


def test_the_reverse_order_has_full_regret(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged_by(saying(1, 2, 3, 4), monkeypatch)["oracle"]
    assert (found.regret, found.spearman) == (pytest.approx(0.28), pytest.approx(-1.0))


def test_an_architecture_without_a_score_is_neither_chosen_nor_ranked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = judged_by(saying(-np.inf, 3, 2, 1), monkeypatch)["oracle"]
    assert (found.test_accuracy, found.spearman) == (0.82, pytest.approx(1.0))


def test_a_random_architecture_is_the_mean_of_the_tasks_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged_by(saying(4, 3, 2, 1), monkeypatch)[RANDOM]
    assert found.test_accuracy == pytest.approx((0.84 + 0.60) / 2)
    assert found.regret == pytest.approx(0.88 - 0.72)
    assert found.spearman == 0.0


def test_without_runs_of_its_own_a_task_takes_the_mean_of_the_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    experience = two_tasks()
    shared = replace(experience, runs=tuple(replace(run, is_shared=True) for run in experience.runs))
    monkeypatch.setattr(MODULE, "contenders", lambda _: ())
    (found,) = judge_family(shared, "family 0", QUICK)
    assert found.test_accuracy == pytest.approx(np.mean(TEST))


def test_under_a_limit_both_the_choice_and_the_best_keep_it() -> None:
    """The best architecture is too large: neither may it be chosen, nor is anything compared with it."""
    tasks = two_tasks()
    runs = tuple(replace(run, bundle_bytes=6e6 if run.architecture == FOUR[0] else 1e6) for run in tasks.runs)
    scores = judge_families(
        replace(tasks, runs=runs), frozenset({"family 0"}), [saying(9, 1, 2, 3)], LIMITS["5 MB"]
    )
    found = next(score for score in scores if score.contender == "oracle")
    assert (found.test_accuracy, found.regret) == (0.60, pytest.approx(0.82 - 0.60))


@pytest.mark.parametrize(
    ("name", "costs", "is_allowed"),
    [
        ("5 MB", {"bundle_bytes": 4.9e6}, True),
        ("5 MB", {"bundle_bytes": 5.1e6}, False),
        ("1 ms", {"predict_milliseconds": 0.9}, True),
        ("1 ms", {"predict_milliseconds": 1.1}, False),
        ("1 ms", {}, False),  # Not measured.
        ("none", {"bundle_bytes": 1e12}, True),
    ],
)
def test_a_limit_allows_what_was_measured_within_it(
    name: str, costs: dict[str, float], is_allowed: bool
) -> None:
    assert LIMITS[name].allows(replace(four_runs()[0], **costs)) == is_allowed


@pytest.mark.parametrize(("encoder", "is_allowed"), [("none", True), ("use", False), ("minilm", False)])
def test_without_a_transformer_no_sentence_encoder_is_allowed(encoder: str, is_allowed: bool) -> None:
    run = known_run(0, make_architecture(encoder=encoder), 0.9)
    assert LIMITS["no transformer"].allows(run) == is_allowed


def test_the_first_training_catches_up_with_what_all_reach() -> None:
    assert random_trainings_to_match(four_runs(), 0.60) == 1


def test_two_of_three_trainings_are_needed_to_meet_the_one_that_matches() -> None:
    assert random_trainings_to_match(four_runs()[:3], 0.88) == 2


def test_what_no_run_reaches_takes_one_more_than_there_are() -> None:
    assert random_trainings_to_match(four_runs(), 0.95) == 5


def test_the_best_by_validation_so_far_is_what_counts() -> None:
    """The run that tests at 0.99 never leads by validation unless it comes first: half of the orders."""
    runs = [known_run(0, FOUR[0], 0.9, test=0.5), known_run(0, FOUR[1], 0.1, test=0.99)]
    assert 1 <= random_trainings_to_match(runs, 0.99) <= 3
    assert random_trainings_to_match([runs[0], replace(runs[0]), runs[1]], 0.99) == 4


@pytest.mark.parametrize(
    ("predicted", "truth"),
    [((1.0, 2.0), (0.1, 0.2)), ((1.0, 1.0, 1.0), (0.1, 0.2, 0.3)), ((1.0, 2.0, 3.0), (0.2, 0.2, 0.2))],
    ids=["two", "equal predictions", "equal scores"],
)
def test_what_cannot_be_ranked_has_no_correlation(
    predicted: tuple[float, ...], truth: tuple[float, ...]
) -> None:
    assert np.isnan(rank_correlation(np.array(predicted), np.array(truth)))


def test_no_contender_is_fitted_on_the_family_it_is_judged_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tasks of one family leave together, with their runs."""
    experience = two_kinds(5, runs=4, shared=2)
    twin = replace(experience.tasks[3], family="family 1")
    experience = replace(experience, tasks=(*experience.tasks[:3], twin, experience.tasks[4]))
    fitted: list[Experience] = []
    asked: list[tuple[str, frozenset[str]]] = []

    def fit(known: Experience) -> Predictor:
        fitted.append(known)
        families = frozenset(task.family for task in known.tasks)

        def predict(task: KnownTask, architectures: Sequence[Architecture]) -> np.ndarray:
            asked.append((task.family, families))
            return np.arange(len(architectures), dtype=np.float64)

        return predict

    monkeypatch.setattr(MODULE, "contenders", lambda _: (Contender("recorder", fit),))
    with ThreadPoolExecutor(1) as executor:
        scores = leave_one_family_out(experience, QUICK, executor=executor)
    assert len(asked) == 5
    assert all(family not in families for family, families in asked)
    assert sorted(len(known.tasks) for known in fitted) == [3, 4, 4, 4]
    for known in fitted:
        assert {run.task for run in known.runs} == set(range(len(known.tasks)))
        assert len(known.runs) == 4 * len(known.tasks)
    assert [score.contender for score in scores].count(RANDOM) == 5


def test_every_contender_is_judged_on_every_task() -> None:
    experience = two_kinds(3, runs=6, shared=3)
    done: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1) as executor:
        scores = leave_one_family_out(
            experience,
            replace(QUICK, iterations=2),
            executor=executor,
            watch=lambda *at: done.append(at),
        )
    assert done == [(1, 3), (2, 3), (3, 3)]
    names = {score.contender for score in scores}
    assert {RANDOM, "value network", "no meta-features", "best on average", "nearest task"} <= names
    assert {(score.contender, score.task) for score in scores} == {
        (name, task.name) for name in names for task in experience.tasks
    }
    best = {
        task: max(s.test_accuracy + s.regret for s in scores if s.task == task)
        for task in ("task 0", "task 1")
    }
    for score in scores:
        if score.task in best:
            assert score.test_accuracy + score.regret == pytest.approx(best[score.task])


@pytest.mark.parametrize("tasks", [0, 2])
def test_one_family_cannot_be_left_out(tasks: int) -> None:
    experience = two_kinds(2, runs=2, shared=1)
    alone = tuple(replace(task, family="only") for task in experience.tasks)
    known = replace(experience, tasks=alone).of_tasks(list(range(tasks)))
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(TooFewFamiliesError, match="takes tasks of at least two"),
    ):
        leave_one_family_out(known, QUICK, executor=executor)


def scored(contender: str, spearman: float, test: float, regret: float, catch_up: float) -> TaskScore:
    return TaskScore(contender, "task", "family", spearman, test, regret, catch_up)


def test_a_summary_is_of_means_and_a_median_the_most_accurate_first() -> None:
    lines = summarise(
        [
            scored("low", 0.2, 0.5, 0.10, 1),
            scored("high", 0.4, 0.9, 0.01, 10),
            scored("low", 0.4, 0.7, 0.20, 2),
            scored("low", float("nan"), 0.6, 0.30, 90),
            scored("high", float("nan"), 0.7, 0.03, 20),
        ]
    )
    assert [line.contender for line in lines] == ["high", "low"]
    high, low = lines
    assert (high.tasks, low.tasks) == (2, 3)
    assert (high.spearman, low.spearman) == (pytest.approx(0.4), pytest.approx(0.3))
    assert (high.test_accuracy, low.test_accuracy) == (pytest.approx(0.8), pytest.approx(0.6))
    assert (high.regret_points, low.regret_points) == (pytest.approx(2), pytest.approx(20))
    assert (high.catch_up, low.catch_up) == (15, 2)


def test_a_contender_that_ranked_nothing_has_no_mean_correlation() -> None:
    (line,) = summarise([scored("blind", float("nan"), 0.5, 0.1, 1)])
    assert np.isnan(line.spearman)
