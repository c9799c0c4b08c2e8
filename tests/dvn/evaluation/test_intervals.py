"""Coverage and width of intervals, and limits on what may be chosen, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dvn.evaluation import TaskScore, deal_families, judge_families
from dvn.evaluation.contender import Contender
from dvn.evaluation.intervals import clopper_pearson, constant_width, report_intervals
from dvn.evaluation.limits import LIMITS, CostLimit
from dvn.evaluation.simple_rules import fit_best_on_average
from dvn.value_network.calibration import angle, of_angle, unit
from tests.dvn.experiences import architectures, known_run, two_kinds


def judged(number: int, spread: float) -> list[tuple[float, float, float]]:
    """True accuracies about predicted ones, each as far off as its own doubt says, on average."""
    generator = np.random.default_rng(0)
    predicted = generator.uniform(0.3, 0.9, number)
    doubt = np.exp(generator.normal(-1.0, spread, number))
    truth = of_angle(angle(predicted) + unit(predicted, doubt) * generator.normal(size=number))
    return list(zip(truth, predicted, doubt, strict=True))


def test_intervals_cover_the_share_that_they_aim_at() -> None:
    found = report_intervals(judged(2_000, 0.5), np.arange(2_000) % 10)
    assert found.nominal == 0.9
    assert found.covered == pytest.approx(0.9, abs=0.02)
    assert found.low < found.covered < found.high
    assert (found.tasks, found.error_points) == (2_000, pytest.approx(8, abs=4))


def test_a_doubt_that_tells_tasks_apart_saves_width() -> None:
    told = report_intervals(judged(1_000, 1.0), np.arange(1_000) % 5)
    blind = [(truth, said, 1.0) for truth, said, _ in judged(1_000, 1.0)]
    assert told.saved > 0.1
    assert told.width_points < report_intervals(blind, np.arange(1_000) % 5).width_points


def test_a_task_never_calibrates_its_own_interval() -> None:
    """One fold is far off; its own tasks do not widen its intervals, only those of the others."""
    rows = [(0.6 + 0.02 * (place % 3), 0.6, 1.0) for place in range(60)]
    rows[0] = (0.99, 0.6, 1.0)
    found = report_intervals(rows, np.array([0] + [1 + place % 3 for place in range(59)]))
    assert found.covered <= 59 / 60


def test_the_constant_width_covers_as_many() -> None:
    assert constant_width(np.array([0.1, 0.2, 0.3, 0.4]), 0.75) == pytest.approx(0.6)


@pytest.mark.parametrize(("hits", "ends"), [(0, (0.0, 0.3085)), (10, (0.6915, 1.0)), (9, (0.5550, 0.9975))])
def test_the_binomial_interval_is_exact(hits: int, ends: tuple[float, float]) -> None:
    assert clopper_pearson(hits, 10) == pytest.approx(ends, abs=1e-4)


def test_limits_are_on_what_was_measured() -> None:
    (plain,) = [one for one in architectures(40) if one.decisions["encoder"] == "none"][:1]
    (encoded,) = [one for one in architectures(40) if one.decisions["encoder"] != "none"][:1]
    small = replace(known_run(0, plain, 0.5), bundle_bytes=4e6, predict_milliseconds=0.5)
    assert all(limit.allows(small) for limit in LIMITS.values())
    assert not LIMITS["no transformer"].allows(replace(small, architecture=encoded))
    assert not LIMITS["5 MB"].allows(replace(small, bundle_bytes=6e6))
    assert not LIMITS["1 ms"].allows(replace(small, predict_milliseconds=1.5))
    assert not LIMITS["1 ms"].allows(replace(small, predict_milliseconds=float("nan")))


def test_under_a_limit_only_what_keeps_it_is_chosen_and_is_the_measure() -> None:
    known = two_kinds(4, runs=16, shared=12)
    judge = [Contender("best", fit_best_on_average)]
    limit = CostLimit(has_encoder=False)
    found: list[TaskScore] = judge_families(known, frozenset({"family 0"}), judge, limit)
    allowed = [run for run in known.runs if run.task == 0 and limit.allows(run)]
    assert {score.contender for score in found} == {"best", "random architecture"}
    (best,) = [score for score in found if score.contender == "best"]
    assert best.test_accuracy in {run.test_accuracy for run in allowed}
    top = max(allowed, key=lambda run: run.validation_accuracy).test_accuracy
    assert best.regret == pytest.approx(top - best.test_accuracy)
    assert judge_families(known, frozenset({"family 0"}), judge, CostLimit(most_megabytes=0.1)) == []


def test_every_family_is_dealt_into_one_fold() -> None:
    known = two_kinds(7, runs=2, shared=1)
    dealt = deal_families(known, 3)
    assert sorted(len(families) for families in dealt) == [2, 2, 3]
    assert frozenset.union(*dealt) == {task.family for task in known.tasks}
    assert dealt == deal_families(known, 3)
