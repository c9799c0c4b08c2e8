"""The value form on made-up experience: what it must learn, and what must not matter to it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from dvn.architecture import Architecture
from dvn.value_network import Checkpoint, Experience, FitOptions
from dvn.value_network.fit_form import fit_form
from dvn.value_network.make_checkpoint import uncalibrated
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

OPTIONS = FitOptions(tune_steps=20)


def state(experience: Experience, options: FitOptions = QUICK) -> dict[str, torch.Tensor]:
    return dict(fit_form(experience, options).form.state_dict())


def scores(checkpoint: Checkpoint, experience: Experience, place: int, asked: list) -> np.ndarray:
    return checkpoint.predict(asked, checkpoint.describe(experience.tasks[place].description)).scores


def test_no_test_score_is_read(experience: Experience) -> None:
    usual, blind = state(experience), state(poisoned(experience))
    assert all(torch.equal(usual[name], blind[name]) for name in usual)


def test_validation_scores_are_read(experience: Experience) -> None:
    turned = tuple(replace(run, validation_accuracy=1 - run.validation_accuracy) for run in experience.runs)
    assert not torch.equal(state(experience)["linear"], state(replace(experience, runs=turned))["linear"])


def test_fitting_reads_no_global_random_state(experience: Experience) -> None:
    before = torch.random.get_rng_state()
    state(experience)
    assert torch.equal(before, torch.random.get_rng_state())


def test_another_task_changes_the_ranking_and_the_ranking_is_right() -> None:
    """On tasks of two kinds with opposite preferences, none of which was seen."""
    checkpoint, unseen = uncalibrated(two_kinds(12), OPTIONS), two_kinds(2, runs=40, seed=9)
    asked = architectures(30, seed=77)
    first, second = (scores(checkpoint, unseen, place, asked) for place in range(2))
    for kind, found in enumerate((first, second)):
        assert spearmanr(found, [truth(one, kind) for one in asked]).statistic > 0.7
        best = asked[int(found.argmax())]
        assert truth(best, kind) > 0.75 > truth(best, 1 - kind)
    assert spearmanr(first, second).statistic < 0


def test_without_meta_features_every_task_has_the_same_ranking(experience: Experience) -> None:
    blind, asked = uncalibrated(experience, replace(QUICK, groups=())), architectures(10, seed=77)
    assert np.array_equal(*(scores(blind, experience, place, asked) for place in range(2)))


def test_landmarkers_are_read_where_their_group_is(experience: Experience) -> None:
    def with_level(level: float) -> Experience:
        tasks = [
            replace(task, description=replace(task.description, landmarkers={"static_best": level * place}))
            for place, task in enumerate(experience.tasks)
        ]
        return replace(experience, tasks=tuple(tasks))

    known = with_level(1.0)
    read, unread = (fit_form(known, replace(QUICK, groups=groups)) for groups in (("static",), ("handmade",)))
    assert read.features.names == ("static_best",)
    assert "static_best" not in unread.features.names
    assert fit_form(known, replace(QUICK, groups=("encoders",))).features.names == ()


def test_the_predicted_costs_follow_those_measured() -> None:
    known = two_kinds(12, runs=48)
    checkpoint, asked = uncalibrated(known, OPTIONS), architectures(40, seed=5)
    found = checkpoint.predict(asked, checkpoint.describe(known.tasks[0].description))
    measured = [known_run(0, one, 0.5).own_seconds for one in asked]
    np.testing.assert_allclose(found.train_seconds, measured, rtol=0.05)
    assert np.isfinite(found.predict_milliseconds).all()


def test_an_accuracy_is_predicted_on_the_tasks_own_level() -> None:
    known = two_kinds(12)
    easier = tuple(
        replace(run, validation_accuracy=run.validation_accuracy + 0.15 * (run.task % 2))
        for run in known.runs
    )
    checkpoint, asked = uncalibrated(replace(known, runs=easier), OPTIONS), architectures(30, seed=3)
    for kind in range(2):
        found = checkpoint.predict(asked, checkpoint.describe(known.tasks[kind].description))
        best = int(found.scores.argmax())
        assert found.accuracies[best] == pytest.approx(truth(asked[best], kind) + 0.15 * kind, abs=0.06)


@pytest.mark.parametrize("accuracies", [(0.8, 0.8), (0.0, 1.0)], ids=["equal", "hopeless and perfect"])
@pytest.mark.parametrize("runs", [1, 2, 7])
def test_scores_without_a_spread_leave_every_number_finite(runs: int, accuracies: tuple[float, ...]) -> None:
    tasks = tuple(known_task(i, description(i, np.random.default_rng(i))) for i in range(2))
    recorded = tuple(
        known_run(task, drawn, accuracies[task]) for task in range(2) for drawn in architectures(runs)
    )
    checkpoint = uncalibrated(Experience("wide_deep", tasks, recorded, "0" * 64), QUICK)
    assert all(torch.isfinite(tensor).all() for tensor in checkpoint.network.state_dict().values())
    found = checkpoint.predict(architectures(4), checkpoint.describe(tasks[1].description))
    assert ((found.accuracies > 0) & (found.accuracies < 1)).all()


def test_what_two_inputs_cost_adds_up() -> None:
    """Bytes of an encoder and of n-grams are summed, which no sum of logarithms is."""

    def size(one: Architecture) -> float:
        encoder = {"none": 0.0, "use": 34e6, "minilm": 24e6}[str(one.decisions["encoder"])]
        return (
            encoder
            + (1e5 if one.decisions["table"] == "none" else 2e6)
            + (0.0 if one.decisions["ngrams"] == "none" else 6e6)
        )

    known = two_kinds(12, runs=48)
    runs = tuple(replace(run, bundle_bytes=size(run.architecture)) for run in known.runs)
    checkpoint, asked = uncalibrated(replace(known, runs=runs), OPTIONS), architectures(40, seed=5)
    found = checkpoint.predict(asked, checkpoint.describe(known.tasks[0].description)).bundle_bytes
    np.testing.assert_allclose(found, [size(one) for one in asked], rtol=0.15)
