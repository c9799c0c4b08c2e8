"""Paired comparisons by hand, and intervals that draw families."""

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import wilcoxon

from dvn.evaluation import TaskScore, compare_all
from dvn.evaluation.paired import family_interval


def scores(contender: str, accuracies: Mapping[str, float], families: str = "") -> list[TaskScore]:
    return [
        TaskScore(contender, task, families or task, 0.0, accuracy, 0.0, 1.0)
        for task, accuracy in accuracies.items()
    ]


def test_wins_are_counted_where_the_two_differ() -> None:
    ours = scores("ours", {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6})
    theirs = scores("theirs", {"a": 0.8, "b": 0.8, "c": 0.6, "d": 0.7})
    (found,) = compare_all([*ours, *theirs], "theirs")
    assert (found.contender, found.against, found.tasks, found.differ) == ("ours", "theirs", 4, 3)
    assert found.win_rate == pytest.approx(2 / 3)
    assert found.points == pytest.approx(2.5)
    assert found.low <= found.points <= found.high


def test_the_test_is_wilcoxons() -> None:
    gaps = np.array([0.01, 0.03, -0.02, 0.05, 0.04, 0.06])
    ours = scores("ours", {str(place): 0.5 + gap for place, gap in enumerate(gaps)})
    (found,) = compare_all([*ours, *scores("theirs", {str(place): 0.5 for place in range(6)})], "theirs")
    assert found.p == pytest.approx(float(wilcoxon(gaps).pvalue))


def test_equal_contenders_have_no_win_rate_and_no_evidence() -> None:
    (found,) = compare_all([*scores("ours", {"a": 0.5}), *scores("theirs", {"a": 0.5})], "theirs")
    assert np.isnan(found.win_rate)
    assert (found.differ, found.p, found.points) == (0, 1.0, 0.0)


def test_only_tasks_that_both_were_judged_on_count() -> None:
    found = compare_all(
        [*scores("ours", {"a": 0.9, "b": 0.1}), *scores("theirs", {"a": 0.8}), *scores("none", {"z": 1.0})],
        "theirs",
    )
    assert [(one.contender, one.tasks) for one in found] == [("ours", 1)]


def test_a_rival_that_was_not_judged_is_compared_with_nothing() -> None:
    assert compare_all(scores("ours", {"a": 0.9}), "theirs") == []


def test_tasks_of_one_family_are_one_witness() -> None:
    """Twenty tasks of two families are as uncertain as two."""
    gaps = np.array([1.0] * 10 + [-1.0] * 10)
    low, high = family_interval(gaps, ["first"] * 10 + ["second"] * 10)
    assert (low, high) == (-1.0, 1.0)
    apart = family_interval(gaps, [str(place) for place in range(20)])
    assert -0.6 < apart[0] < 0 < apart[1] < 0.6
