"""Left-out tasks predicted repeat by repeat, and Table 4's answers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from dvn.architecture import Architecture
from dvn.evaluation.map_of_tasks import task_map
from dvn.evaluation.paper_figures import ACCURACIES, PAPER_NAMES, R2, SPEARMAN
from dvn.evaluation.predictors import Contender
from dvn.evaluation.reproduction import TooFewTasksError, judge_by_tasks, judge_left_out, kept_without
from dvn.evaluation.rivals import Fitted, Rival, layer_rival, of_contender, paper_rival, rivals
from dvn.evaluation.zero_trial import infer, trials
from dvn.value_network import Experience
from dvn.value_network.paper_network import PaperOptions
from tests.dvn.experiences import poisoned
from tests.dvn.ffnn_experience import ffnn_experience, truth

QUICK = PaperOptions(iterations=5, runs_in_batch=8, samples_in_batch=16)
EXPERIENCE = ffnn_experience(4, runs=15, twice=3)


def watched(seen: list[tuple[str, ...]]) -> Rival:
    """A rival that knows the truth, and notes which tasks it may know."""

    def fit(known: Experience, seeds: Sequence[int]) -> list[Fitted]:
        seen.append(tuple(task.name for task in known.tasks))
        assert all(run.seed == 0 for run in known.runs)
        return [Fitted(lambda _, these: np.array([truth(each) for each in these])) for _ in seeds]

    return Rival("oracle", True, fit)


def test_left_out_is_left_out_and_a_task_alone_is_left_out_once() -> None:
    seen: list[tuple[str, ...]] = []
    scores = judge_left_out(EXPERIENCE, [watched(seen)], repeats=2)
    assert len(scores) == 4 * 2 * 2
    assert all(score.spearman == pytest.approx(1.0) for score in scores)
    # Two tasks are alone, two share a family: they are left out alone, and then together, once.
    assert len(seen) == 2 + 2 + 1
    assert ("task 0", "task 1") in seen
    assert {score.left_out for score in scores} == {"task", "family"}


def test_no_test_score_and_no_second_seed_is_read() -> None:
    for rival in (paper_rival(QUICK), layer_rival(reads_task=True)):
        one, other = (judge_left_out(each, [rival], repeats=1) for each in (EXPERIENCE, poisoned(EXPERIENCE)))
        assert one == other


def test_one_family_is_too_few() -> None:
    with pytest.raises(TooFewTasksError):
        judge_left_out(EXPERIENCE.of_tasks([2, 3]), [watched([])], repeats=1)


def test_more_tasks_are_known_one_by_one() -> None:
    seen: list[tuple[str, ...]] = []
    pairs = judge_by_tasks(EXPERIENCE, watched(seen), "task 3", orders=3)
    assert [number for number, _ in pairs] == [1, 2] * 3
    assert {score.repeat for _, score in pairs} == {0, 1, 2}
    assert not any({"task 2", "task 3"} & set(known) for known in seen)


def test_a_contender_joins_with_a_line() -> None:
    def ranked(_: object, these: Sequence[Architecture]) -> np.ndarray:
        return np.array([truth(each) for each in these])

    rival = of_contender(lambda seed: Contender("told", lambda known: ranked))
    assert all(
        score.spearman == pytest.approx(1.0) for score in judge_left_out(EXPERIENCE, [rival], repeats=1)
    )


def test_every_rival_comes_without_and_with_the_task() -> None:
    assert sorted({rival.name for rival in rivals()}) == [
        "as in the paper", "process on layer summaries", "value network",
    ]  # fmt: skip
    assert sum(rival.reads_task for rival in rivals()) == 3


def test_what_is_inferred_is_not_below_its_starts_and_prunes_well() -> None:
    known = kept_without(EXPERIENCE, 0, "task")
    (fitted,) = layer_rival(reads_task=True).fit(known, [0])
    assert fitted.value is not None
    value = fitted.value(EXPERIENCE.tasks[0])
    short, long = (infer(known.space, value, seed=3, starts=4, steps=steps) for steps in (0, 60))
    assert long.value > short.value
    assert long.pruned_value >= short.pruned_value
    assert truth(long.pruned) > np.mean([run.validation_accuracy for run in EXPERIENCE.runs])
    assert long.u.shape == (104,)
    assert torch.from_numpy(long.u).min() >= 0


def test_trials_are_chosen_by_validation_and_judged_by_test() -> None:
    first = EXPERIENCE.runs[0]
    lucky = replace(first, validation_accuracy=0.99, test_accuracy=0.123)
    found = trials(replace(EXPERIENCE, runs=(lucky, *EXPERIENCE.runs[1:])), 0)
    assert (found.best, found.trained) == (0.123, 15)
    assert found.first_ten.mean < 0.99


def test_batches_of_one_task_lie_together_on_the_map() -> None:
    found = task_map(EXPERIENCE, 0, batches=3, options=QUICK)
    assert {name: points.shape for name, points in found.views.items()} == {"PCA": (12, 2), "t-SNE": (12, 2)}
    assert found.of_task.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert found.measures["share of the variance that lies between tasks"] > 0.3


def test_the_papers_figures_are_whole() -> None:
    assert set(SPEARMAN) == set(R2) == set(ACCURACIES) == set(PAPER_NAMES)
    # The means that the paper's tables have: 0.708 and 0.693, 0.646.
    assert np.mean([pair.with_meta.mean for pair in SPEARMAN.values()]) == pytest.approx(0.708, abs=5e-4)
    assert np.mean([pair.without.mean for pair in SPEARMAN.values()]) == pytest.approx(0.693, abs=5e-4)
    assert np.mean([pair.with_meta.mean for pair in R2.values()]) == pytest.approx(0.646, abs=5e-4)
