"""Experience becomes tensors: scores normalised within each task, padding that nobody reads."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dvn.value_network import Experience
from dvn.value_network.observations import EmptyExperienceError, Standardiser, observe, padded
from tests.dvn.experiences import architectures, description, known_run, known_task, poisoned


def test_scores_are_normalised_within_each_task(experience: Experience) -> None:
    for runs in observe(experience).runs:
        assert float(runs.scores.mean()) == pytest.approx(0, abs=1e-5)
        assert float(runs.scores.std(unbiased=False)) == pytest.approx(1, abs=1e-4)


def test_a_harder_task_with_the_same_order_has_the_same_scores(experience: Experience) -> None:
    harder = tuple(
        replace(run, validation_accuracy=0.5 * run.validation_accuracy - 0.1) if run.task == 2 else run
        for run in experience.runs
    )
    usual, shifted = observe(experience).runs[2], observe(replace(experience, runs=harder)).runs[2]
    torch.testing.assert_close(usual.scores, shifted.scores, atol=1e-5, rtol=0)
    assert shifted.level == pytest.approx(0.5 * usual.level - 0.1)
    assert shifted.spread == pytest.approx(0.5 * usual.spread)


def test_equal_scores_are_all_zero(experience: Experience) -> None:
    level = tuple(replace(run, validation_accuracy=0.3) for run in experience.runs)
    for runs in observe(replace(experience, runs=level)).runs:
        torch.testing.assert_close(runs.scores, torch.zeros_like(runs.scores), atol=1e-6, rtol=0)


def test_equal_costs_are_no_difference(experience: Experience) -> None:
    level = tuple(replace(run, own_seconds=0.5, bundle_bytes=1e6) for run in experience.runs)
    observed = observe(replace(experience, runs=level))
    assert max(float(runs.costs.abs().max()) for runs in observed.runs) < 1e-6


def test_no_test_score_is_read(experience: Experience) -> None:
    first, second = observe(experience), observe(poisoned(experience))
    for usual, other in zip(first.runs, second.runs, strict=True):
        assert torch.equal(usual.scores, other.scores)
        assert (usual.level, usual.spread) == (other.level, other.spread)


def test_samples_of_different_sizes_are_padded_with_no_class() -> None:
    generator = np.random.default_rng(0)
    vectors, classes = padded([description(0, generator, samples=n) for n in (5, 12)])
    assert vectors.shape[:2] == classes.shape == (2, 12)
    assert (classes[0, 5:] == -1).all()
    assert (classes[0, :5] >= 0).all()


def test_a_feature_that_never_changes_stays_at_zero() -> None:
    standardise = Standardiser.of(np.array([[1.0, 7.0], [3.0, 7.0]], dtype=np.float32))
    np.testing.assert_allclose(standardise(np.array([2.0, 9.0], dtype=np.float32)), [0.0, 0.0])


def test_standardised_features_stay_within_four_deviations() -> None:
    standardise = Standardiser.of(np.array([[-1.0], [1.0]], dtype=np.float32))
    assert standardise(np.array([[1e6], [-1e6]], dtype=np.float32)).ravel().tolist() == [4.0, -4.0]


def test_experience_without_a_run_is_refused_in_a_sentence() -> None:
    task = known_task(0, description(0, np.random.default_rng(0)))
    with pytest.raises(
        EmptyExperienceError, match="wide_deep has no finished run yet; `forethought populate"
    ):
        observe(Experience("wide_deep", (task,), (), "0" * 64))


def test_one_run_is_enough_to_observe() -> None:
    task = known_task(0, description(0, np.random.default_rng(0)))
    run = known_run(0, architectures(1)[0], 0.8)
    observed = observe(Experience("wide_deep", (task,), (run,), "0" * 64))
    assert observed.runs[0].scores.tolist() == [0.0]
    assert all(torch.isfinite(runs.costs).all() for runs in observed.runs)
