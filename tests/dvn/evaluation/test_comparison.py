"""Two experiences judged on the same families, none of which either side may know."""

from dataclasses import replace

import numpy as np
import pytest

from dvn.evaluation import comparison
from dvn.evaluation.comparison import TaskPair, compare, verdict
from dvn.value_network import Experience, FitOptions
from tests.dvn.experiences import poisoned, two_kinds, without_sample

OPTIONS = FitOptions(members=2, iterations=60, runs_in_batch=16, samples_in_batch=16)


@pytest.fixture(scope="module")
def wise() -> Experience:
    return two_kinds(10, runs=20, shared=8)


def misled(experience: Experience, tasks: set[int]) -> Experience:
    """The same runs with the scores of some tasks turned round."""
    runs = (
        replace(run, validation_accuracy=1.4 - run.validation_accuracy) if run.task in tasks else run
        for run in experience.runs
    )
    return replace(experience, runs=tuple(runs))


def test_more_of_both_kinds_is_better_than_one_kind_alone(wise: Experience) -> None:
    one_kind = wise.of_tasks([0, 2])
    found = verdict(compare(one_kind, wise, OPTIONS))
    assert found.is_better
    assert (found.families, found.tasks) == (10, 10)
    assert found.new_regret < found.old_regret
    assert found.new_spearman > found.old_spearman
    assert found.better > found.worse


def test_runs_that_mislead_are_not_better(wise: Experience) -> None:
    worse = misled(wise, {4, 5, 6, 7, 8, 9})
    found = verdict(compare(wise.of_tasks([0, 1, 2, 3]), worse, OPTIONS))
    assert not found.is_better


def test_what_is_the_same_is_not_better(wise: Experience) -> None:
    found = verdict(compare(wise, wise, OPTIONS))
    assert (found.old_regret, found.old_spearman) == (found.new_regret, found.new_spearman)
    assert not found.is_better


def test_no_side_ever_learns_from_the_family_it_is_judged_on(
    wise: Experience, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[set[str]] = []
    real = comparison.uncalibrated

    def noted(part: Experience, options: FitOptions) -> object:
        fitted.append({task.family for task in part.tasks})
        return real(part, replace(options, iterations=1))

    monkeypatch.setattr(comparison, "uncalibrated", noted)
    one_family = replace(wise, tasks=tuple(replace(t, family=f"f{i // 2}") for i, t in enumerate(wise.tasks)))
    pairs = compare(one_family.of_tasks([0, 1, 2, 4]), one_family, OPTIONS)
    judged = [{pair.family for pair in pairs[2 * n : 2 * n + 2]} for n in range(5)]
    for number, families in enumerate(judged):
        old, new = fitted[2 * number : 2 * number + 2]
        assert len(families) == 1
        assert not families & (old | new)
        assert new | families == {f"f{i}" for i in range(5)}


def test_no_test_score_is_read(wise: Experience) -> None:
    old = wise.of_tasks([0, 1, 2])
    quick = replace(OPTIONS, iterations=5)
    assert compare(poisoned(old), poisoned(wise), quick) == compare(old, wise, quick)


def test_tasks_without_sample_or_with_few_runs_do_not_judge(wise: Experience) -> None:
    bare = without_sample(wise, 0)
    few = replace(bare, runs=tuple(r for i, r in enumerate(bare.runs) if r.task != 1 or i % 20 < 9))
    pairs = compare(few, few, replace(OPTIONS, iterations=2))
    assert {pair.task for pair in pairs} == {f"task {number}" for number in range(2, 10)}


@pytest.mark.parametrize(
    ("regrets", "correlations", "is_better"),
    [
        ((0.02, 0.01), (0.5, 0.6), True),
        ((0.02, 0.02), (0.5, 0.6), True),
        ((0.02, 0.01), (0.5, 0.5), True),
        ((0.02, 0.02), (0.5, 0.5), False),
        ((0.02, 0.03), (0.5, 0.9), False),
        ((0.02, 0.01), (0.5, 0.4), False),
    ],
)
def test_neither_figure_may_get_worse(
    regrets: tuple[float, float], correlations: tuple[float, float], is_better: bool
) -> None:
    assert verdict([TaskPair("task", "family", *regrets, *correlations)]).is_better is is_better


def test_a_family_of_many_tasks_weighs_as_one() -> None:
    crowd = [TaskPair(f"size {n}", "crowd", 0.0, 0.1, 0.5, 0.5) for n in range(9)]
    found = verdict([*crowd, TaskPair("alone", "alone", 0.3, 0.0, 0.5, 0.6)])
    assert np.isclose(found.old_regret, 0.15)
    assert np.isclose(found.new_regret, 0.05)
    assert found.is_better


def test_with_no_family_to_judge_nothing_is_better(wise: Experience) -> None:
    alone = wise.of_tasks([0])
    assert not verdict(compare(alone, alone, OPTIONS)).is_better
