"""Runs report, stop when they are told to or must, and fail with a reason."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from dvn.architecture import Architecture
from dvn.training import (
    Budget,
    DivergedError,
    Progress,
    TaskFeatures,
    TrainingCancelledError,
    Watch,
    trainer,
)
from dvn.training.features import ScaledEncoder
from dvn.training.outcome import NoTrainingRowsError
from dvn.training.plan import Plan
from dvn.training.plan import plan as real_plan
from tests.dvn.factories import make_architecture, make_texts, split_by_place

LONG = make_architecture(steps=4_000, tune_table=True, hidden_layers=3, hidden_size=256)


def run(
    features: TaskFeatures,
    architecture: Architecture,
    *,
    budget: Budget | None = None,
    watch: Watch | None = None,
) -> trainer.Trained:
    return trainer.train(
        features.dataset, features.split, architecture, features=features, budget=budget, watch=watch
    )


@pytest.fixture
def every_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "WATCH_SECONDS", 0.0)


@pytest.mark.usefixtures("every_step_is_told")
def test_a_watcher_sees_every_phase_in_order(features: TaskFeatures) -> None:
    told: list[Progress] = []
    outcome = run(
        features, make_architecture(), budget=Budget(max_steps=16), watch=lambda p: told.append(p) is None
    ).outcome
    assert [p.phase for p in told] == ["features", *["training"] * 16, "evaluating"]
    assert [p.step for p in told] == [0, *range(1, 17), 16]
    assert [p.seconds for p in told] == sorted(p.seconds for p in told)
    seen = [(p.step, p.validation_score) for p in told if p.validation_score is not None]
    assert seen == [(point.step, point.value) for point in outcome.curve[:-1]]


@pytest.mark.usefixtures("every_step_is_told")
@pytest.mark.parametrize("last", [0, 1, 7, 30])
def test_cancelling_stops_at_that_very_step_and_leaves_nothing_running(
    last: int, features: TaskFeatures
) -> None:
    threads, workers, steps = threading.active_count(), torch.get_num_threads(), []

    def watch(progress: Progress) -> bool:
        steps.append(progress.step)
        return progress.step < last

    with pytest.raises(TrainingCancelledError, match=f"cancelled at step {last} of "):
        run(features, LONG, watch=watch)
    assert steps[-1] == last
    assert threading.active_count() == threads
    assert torch.get_num_threads() == workers


def test_a_watcher_can_cancel_before_the_test_part_is_measured(features: TaskFeatures) -> None:
    with pytest.raises(TrainingCancelledError):
        run(
            features,
            make_architecture(),
            budget=Budget(max_steps=3),
            watch=lambda p: p.phase != "evaluating",
        )


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 16])
def test_the_budget_of_steps_holds_and_the_curve_climbs_its_steps_once(
    steps: int, features: TaskFeatures
) -> None:
    outcome = run(features, make_architecture(), budget=Budget(max_steps=steps)).outcome
    marks = [point.step for point in outcome.curve]
    assert (outcome.steps, outcome.stopped_by) == (steps, "steps")
    assert marks == sorted(set(marks))
    assert marks[-1] == steps
    assert outcome.curve[-1].value == outcome.metrics["validation", "accuracy"]
    seconds = [point.seconds for point in outcome.curve]
    assert seconds == sorted(seconds)


def test_the_budget_never_lengthens_a_run(features: TaskFeatures) -> None:
    architecture = make_architecture(steps=1)
    outcome = run(features, architecture, budget=Budget(max_steps=10**9)).outcome
    assert outcome.steps == architecture.decisions["steps"]


def test_the_budget_of_seconds_holds_and_keeps_what_was_learned(features: TaskFeatures) -> None:
    run(features, LONG, budget=Budget(max_steps=1))  # Features and compiled loops are not what is timed.
    begun = time.perf_counter()
    trained = run(features, LONG, budget=Budget(max_seconds=0.3))
    assert time.perf_counter() - begun < 3.0
    assert trained.outcome.stopped_by == "seconds"
    assert 0 < trained.outcome.steps < 4_000
    assert trained.outcome.curve[-1].step == trained.outcome.steps


def test_no_time_at_all_gives_the_classifier_that_knows_only_the_classes(features: TaskFeatures) -> None:
    outcome = run(features, make_architecture(table="none"), budget=Budget(max_seconds=0.0)).outcome
    assert (outcome.steps, outcome.stopped_by) == (0, "seconds")
    assert [point.step for point in outcome.curve] == [0]
    np.testing.assert_allclose(outcome.validation_probabilities.sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("choices", [{}, {"ngrams": "none"}, {"tune_table": True}])
def test_a_learning_rate_without_measure_ends_as_diverged(
    choices: dict[str, str], features: TaskFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wild(architecture: Architecture, *, train_rows: int) -> Plan:
        return replace(real_plan(architecture, train_rows=train_rows), deep_rate=1e30, table_rate=1e30)

    monkeypatch.setattr(trainer, "plan", wild)
    with pytest.raises(
        DivergedError, match=r"diverged: the loss stopped being a finite number by step \d+ of 50"
    ):
        run(features, make_architecture(**choices), budget=Budget(max_steps=50))


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_a_vector_that_is_no_number_ends_as_diverged(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, split = split_by_place(*make_texts(30))
    vectors = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    vectors[getattr(split, part)[2]] = np.nan

    def encoded(self: TaskFeatures, module: str) -> tuple[ScaledEncoder, np.ndarray]:
        return ScaledEncoder(module, 1.0), vectors

    monkeypatch.setattr(TaskFeatures, "encoded", encoded)
    architecture = make_architecture(encoder="use", table="none")
    with pytest.raises(DivergedError):
        trainer.train(dataset, split, architecture, budget=Budget(max_steps=5))


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_an_empty_part_is_refused_by_name(part: str, features: TaskFeatures) -> None:
    nothing = np.zeros(0, dtype=np.int64)
    split = replace(features.split, **{part: nothing})
    with pytest.raises(NoTrainingRowsError, match=f"The {part} part of this dataset has 0 rows"):
        trainer.train(features.dataset, split, make_architecture())
