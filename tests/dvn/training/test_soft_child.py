"""Soft children trained on a small task: repeatable, blind to the test part until the end, and learning."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dvn.architecture import Relaxation, get_space
from dvn.architecture.soft_ffnn import Mixture
from dvn.training import TaskFeatures, soft_child
from dvn.training.outcome import DivergedError, NoTrainingRowsError
from dvn.training.soft_child import soft_seconds, text_vectors, train_soft

RELAXATION = Relaxation(get_space("relaxed_ffnn"))
TABLES = ("glove", "use_table")


def point(seed: int = 0) -> np.ndarray:
    """A point of the interior but for its modules: two tables, which are quick to load."""
    theta = torch.randn(RELAXATION.width, generator=torch.Generator().manual_seed(seed))
    u = RELAXATION.softmax(theta).numpy()
    block = RELAXATION.blocks["embedding"]
    choices = RELAXATION.space.by_name["embedding"].choices
    u[block] = [0.5 * (choice in TABLES) for choice in choices]
    return u


def test_a_soft_child_learns_its_task(features: TaskFeatures) -> None:
    outcome = train_soft(features, point(), epochs=20)
    assert outcome.validation_accuracy > 0.7
    assert outcome.test_accuracy > 0.7
    assert outcome.seconds > 0


def test_steps_and_numbers_repeat_under_one_seed(features: TaskFeatures) -> None:
    told: list[tuple[int, int]] = []
    first = train_soft(features, point(), epochs=2, watch=lambda *at: told.append(at))
    steps = 2 * -(-len(features.split.train) // 100)
    assert (first.steps, told[-1]) == (steps, (steps, steps))
    second = train_soft(features, point(), epochs=2)
    assert replace(first, seconds=0) == replace(second, seconds=0)


def test_labels_of_the_test_part_change_only_the_test_score(features: TaskFeatures) -> None:
    labels = list(features.dataset.labels)
    for row in features.split.test:
        labels[row] = features.dataset.classes[0]
    changed = replace(features.dataset, labels=tuple(labels))
    other = TaskFeatures(changed, features.split)
    first, second = (train_soft(each, point(), epochs=8) for each in (features, other))
    assert first.validation_accuracy == second.validation_accuracy
    assert first.test_accuracy != second.test_accuracy


def test_a_loss_that_is_no_number_is_told(features: TaskFeatures) -> None:
    broken = point()
    broken[RELAXATION.blocks["base_1"]] = np.nan
    with pytest.raises(DivergedError):
        train_soft(features, broken, epochs=1)


def test_an_empty_part_is_told(features: TaskFeatures) -> None:
    nothing = np.empty(0, dtype=np.int64)
    broken = TaskFeatures(features.dataset, replace(features.split, test=nothing))
    with pytest.raises(NoTrainingRowsError):
        train_soft(broken, point())


def test_the_cost_of_a_training_is_foretold_within_reason(features: TaskFeatures) -> None:
    assert 0.2 < soft_seconds(features, point()) / train_soft(features, point()).seconds < 5


def test_a_module_with_no_weight_is_not_loaded(
    features: TaskFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def vectors(found: TaskFeatures, module: str) -> np.ndarray:
        asked.append(module)
        return text_vectors(found, module)

    monkeypatch.setattr(soft_child, "text_vectors", vectors)
    train_soft(features, point(), epochs=1)
    assert sorted(asked) == sorted(TABLES)
    assert Mixture.of(point()).gamma.sum() == pytest.approx(1.0)
