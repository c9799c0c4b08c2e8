"""Algorithm 1: repeatable, blind to test scores, and better than before."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch.optim.optimizer import register_optimizer_step_post_hook

from dvn.evaluation.predictors import Predictor, fit_network
from dvn.value_network import Experience
from dvn.value_network.fit import fit
from dvn.value_network.network import ValueNetwork
from dvn.value_network.observations import observe
from tests.dvn.experiences import (
    QUICK,
    architectures,
    description,
    known_run,
    known_task,
    poisoned,
    truth,
    two_kinds,
)

LONGER = replace(QUICK, iterations=150, runs_in_batch=16)


def weights(network: ValueNetwork) -> dict[str, torch.Tensor]:
    return dict(network.state_dict())


def assert_finite(network: ValueNetwork) -> None:
    assert all(torch.isfinite(weight).all() for weight in weights(network).values())


def rank_correlations(predict: Predictor, experience: Experience) -> list[float]:
    """Of predicted and true validation scores, for each task."""
    found = []
    for place, task in enumerate(experience.tasks):
        runs = [run for run in experience.runs if run.task == place]
        predicted = predict(task, [run.architecture for run in runs])
        found.append(float(spearmanr(predicted, [run.validation_accuracy for run in runs]).statistic))
    return found


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(experience: Experience) -> None:
    observations = observe(experience)
    first, second = (weights(fit(observations, QUICK)) for _ in range(2))
    other = weights(fit(observations, replace(QUICK, seed=1)))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["trunk_in.weight"], other["trunk_in.weight"])


def test_fitting_reads_no_global_random_state(experience: Experience) -> None:
    observations = observe(experience)
    state = torch.random.get_rng_state()
    fit(observations, replace(QUICK, iterations=2))
    assert torch.equal(state, torch.random.get_rng_state())


def test_members_differ(experience: Experience) -> None:
    weight = weights(fit(observe(experience), QUICK))["trunk_in.weight"]
    assert not torch.allclose(weight[0], weight[1])


def test_no_test_score_is_read(experience: Experience) -> None:
    usual, blind = (weights(fit(observe(known), QUICK)) for known in (experience, poisoned(experience)))
    assert all(torch.equal(usual[name], blind[name]) for name in usual)


def test_validation_scores_are_read(experience: Experience) -> None:
    turned = tuple(replace(run, validation_accuracy=1 - run.validation_accuracy) for run in experience.runs)
    first, second = (
        weights(fit(observe(known), QUICK)) for known in (experience, replace(experience, runs=turned))
    )
    assert not torch.equal(first["trunk_in.weight"], second["trunk_in.weight"])


def test_fitting_improves_the_ranking(experience: Experience) -> None:
    before, after = (
        np.mean(rank_correlations(fit_network(experience, options), experience))
        for options in (replace(LONGER, iterations=1), LONGER)
    )
    assert after > max(0.6, before + 0.3)


def test_each_outer_iteration_takes_two_steps_on_one_batch_of_runs(
    experience: Experience, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kOuterIters = 1 and kInnerIters = 2, each inner step with another batch of samples."""
    steps, runs, samples = [], [], []
    score, describe = ValueNetwork.score, ValueNetwork.describe

    def scoring(self: ValueNetwork, u: torch.Tensor, z: torch.Tensor) -> object:
        runs.append(u)
        return score(self, u, z)

    def describing(self: ValueNetwork, batch: object, handmade: torch.Tensor) -> object:
        samples.append(batch.vectors)  # type: ignore[attr-defined]  # a SampleBatch here
        return describe(self, batch, handmade)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(ValueNetwork, "score", scoring)
    monkeypatch.setattr(ValueNetwork, "describe", describing)
    hook = register_optimizer_step_post_hook(lambda *_: steps.append(1))
    fit(observe(experience), replace(QUICK, iterations=5))
    hook.remove()
    assert len(steps) == len(runs) == len(samples) == 5 * 1 * 2
    for first in range(0, 10, 2):
        assert torch.equal(runs[first], runs[first + 1])
        assert not torch.equal(samples[first], samples[first + 1])
    assert not torch.equal(runs[1], runs[2])


@pytest.mark.parametrize("iterations", [1, 2, 5, 7, 8])
def test_a_fit_may_be_as_short_as_one_iteration(experience: Experience, iterations: int) -> None:
    assert_finite(fit(observe(experience), replace(QUICK, iterations=iterations)))


def test_the_watcher_is_told_where_the_fitting_is(experience: Experience) -> None:
    told: list[tuple[int, int]] = []
    fit(observe(experience), replace(QUICK, iterations=60), watch=lambda *at: told.append(at))
    assert told == [(0, 60), (50, 60)]


@pytest.mark.parametrize(
    "halves", [(True, True), (True, False), (False, True)], ids=["both", "sample", "handmade"]
)
def test_another_task_changes_the_ranking_and_the_ranking_is_right(halves: tuple[bool, bool]) -> None:
    """On tasks of two kinds with opposite preferences, none of which was seen."""
    options = replace(
        LONGER,
        members=3,
        iterations=300,
        samples_in_batch=64,
        reads_sample=halves[0],
        reads_handmade=halves[1],
    )
    predict = fit_network(two_kinds(12), options)
    unseen = two_kinds(2, runs=40, seed=9)
    assert min(rank_correlations(predict, unseen)) > 0.5
    asked = architectures(30, seed=77)
    first, second = (predict(task, asked) for task in unseen.tasks)
    assert truth(asked[int(first.argmax())], 0) > 0.75 > truth(asked[int(first.argmax())], 1)
    assert truth(asked[int(second.argmax())], 1) > 0.75 > truth(asked[int(second.argmax())], 0)
    assert spearmanr(first, second).statistic < 0


def test_without_meta_features_every_task_has_the_same_ranking(experience: Experience) -> None:
    blind = fit_network(experience, replace(QUICK, reads_sample=False, reads_handmade=False))
    asked = architectures(10, seed=77)
    first, second = (blind(task, asked) for task in experience.tasks[:2])
    assert np.array_equal(first, second)


@pytest.mark.parametrize("runs", [1, 2, 7])
def test_few_runs_of_equal_score_leave_every_weight_finite(runs: int) -> None:
    tasks = tuple(known_task(i, description(i, np.random.default_rng(i))) for i in range(2))
    recorded = tuple(known_run(task, drawn, 0.8) for task in range(2) for drawn in architectures(runs))
    assert_finite(fit(observe(Experience("wide_deep", tasks, recorded, "0" * 64)), QUICK))
