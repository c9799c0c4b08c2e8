"""A training that is ended early keeps the best so far."""

import numpy as np
import pytest

from dvn.architecture import Choice
from dvn.training import Budget, Progress, TaskFeatures, Trained, train
from dvn.training.best_so_far import BestSoFar
from dvn.training.child import Child
from tests.dvn.factories import make_architecture

CHILDREN: dict[str, dict[str, Choice]] = {
    "words": {"table": "none"},
    "tuned table": {"tune_table": True, "ngrams": "none", "normalisation": "batch"},
}


def ended_after(
    features: TaskFeatures, looks: int, choices: dict[str, Choice]
) -> tuple[Trained, list[Progress]]:
    """A training that is told so many looks at the validation texts after its beginning that it is enough."""
    seen: list[Progress] = []

    def watch(progress: Progress) -> bool:
        seen.append(progress)
        return True

    def is_enough() -> bool:
        return sum(one.validation_score is not None for one in seen) >= looks

    architecture, budget = make_architecture(**choices), Budget(is_enough=is_enough)
    return train(
        features.dataset, features.split, architecture, features=features, budget=budget, watch=watch
    ), seen


@pytest.mark.parametrize("child", CHILDREN)
def test_it_ends_early_and_says_so(features: TaskFeatures, child: str) -> None:
    trained, _ = ended_after(features, 2, CHILDREN[child])
    planned = int(trained.classifier.architecture.decisions["steps"])
    assert trained.outcome.stopped_by == "wish"
    assert 0 < trained.outcome.steps < planned
    kept = trained.outcome.metrics["validation", "accuracy"]
    assert kept == pytest.approx(max(point.value for point in trained.outcome.curve))


@pytest.mark.parametrize("child", CHILDREN)
def test_an_earlier_state_comes_back_if_it_was_better(
    features: TaskFeatures, child: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first state is made the best by decree: its predictions are then those of the classifier."""
    states: list[np.ndarray] = []
    consider = BestSoFar.consider
    rows = features.split.validation

    def first_is_best(self: BestSoFar, child: Child, step: int, accuracy: float) -> None:
        states.append(child.bias.copy())
        consider(self, child, step, 2.0 if len(states) == 1 else accuracy)

    monkeypatch.setattr(BestSoFar, "consider", first_is_best)
    trained, _ = ended_after(features, 3, CHILDREN[child])
    assert len(states) >= 3
    np.testing.assert_array_equal(trained.classifier.child.bias, states[0])
    assert trained.outcome.steps == trained.outcome.curve[0].step
    texts = [features.dataset.texts[row] for row in rows]
    right = np.mean(
        np.array(trained.classifier.predict(texts).labels) == np.array(features.dataset.labels)[rows]
    )
    assert right == pytest.approx(trained.outcome.metrics["validation", "accuracy"])
    assert right == pytest.approx(trained.outcome.curve[0].value, abs=0.02)


def test_it_looks_at_the_validation_texts_first(features: TaskFeatures) -> None:
    trained, seen = ended_after(features, 0, CHILDREN["words"])
    assert any(one.validation_score is not None for one in seen)
    assert trained.outcome.stopped_by == "wish"


def test_a_budget_that_never_has_enough_changes_nothing(features: TaskFeatures) -> None:
    architecture = make_architecture(table="none")
    one, other = (
        train(features.dataset, features.split, architecture, features=features, budget=budget)
        for budget in (Budget(), Budget(is_enough=lambda: False))
    )
    assert one.outcome.stopped_by == other.outcome.stopped_by == "steps"
    np.testing.assert_array_equal(one.outcome.test_probabilities, other.outcome.test_probabilities)
