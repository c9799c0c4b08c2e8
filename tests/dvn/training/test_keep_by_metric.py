"""A run keeps the step that was best by the metric it was asked for; by accuracy it stays what it was."""

import numpy as np
import pytest

from dvn.architecture import Choice
from dvn.data.dataset import Dataset
from dvn.data.split import split_dataset
from dvn.training import NOT_LAST, Budget, MetricName, Progress, TaskFeatures, Trained, train
from dvn.training.best_so_far import BestSoFar
from dvn.training.child import Child
from tests.dvn.factories import make_architecture, make_texts, weights_digest

OTHERS: tuple[MetricName, ...] = ("macro_f1", "balanced_accuracy")
CHILDREN: dict[str, dict[str, Choice]] = {
    "words": {"table": "none", "wide_rate": 3.0},
    "tuned table": {"tune_table": True, "ngrams": "none", "normalisation": "batch", "deep_rate": 0.01},
}


@pytest.fixture(scope="module")
def noisy() -> TaskFeatures:
    """A task with one large class and two small ones, and many labels wrong, so that runs get worse again."""
    texts, labels = make_texts(600, classes=3)
    generator = np.random.default_rng(0)
    drawn = [
        f"class {generator.choice(3, p=[0.8, 0.1, 0.1])}" if generator.random() < 0.3 else label
        for label in labels
    ]
    kept = [row for row, label in enumerate(labels) if label == "class 0" or generator.random() < 0.3]
    dataset = Dataset(tuple(texts[row] for row in kept), tuple(drawn[row] for row in kept))
    return TaskFeatures(*split_dataset(dataset, seed=0))


def run(features: TaskFeatures, child: str, budget: Budget | None = None, *, seed: int = 0) -> Trained:
    architecture = make_architecture(**CHILDREN[child], steps=250)
    return train(features.dataset, features.split, architecture, features=features, budget=budget, seed=seed)


def curve(trained: Trained, metric: str) -> dict[int, float]:
    return {p.step: p.value for p in trained.outcome.curve if p.metric == f"validation_{metric}"}


@pytest.mark.parametrize("metric", OTHERS)
def test_the_kept_step_is_the_best_by_the_metric(noisy: TaskFeatures, metric: MetricName) -> None:
    stopped = set()
    for child in CHILDREN:
        for seed in range(4):
            trained = run(noisy, child, Budget(metric=metric), seed=seed)
            outcome, values = trained.outcome, curve(trained, metric)
            best = max(values.values())
            assert outcome.steps == max(step for step, value in values.items() if value == best)
            assert outcome.metrics["validation", metric] == pytest.approx(best)
            assert (outcome.stopped_by == "score") == (outcome.steps < max(values))
            stopped.add(outcome.stopped_by)
    assert stopped == {"steps", "score"}, "the task shows only one of the two endings"


@pytest.mark.parametrize("child", CHILDREN)
def test_by_accuracy_a_run_keeps_no_state_aside(
    noisy: TaskFeatures, child: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: BestSoFar, child: Child, step: int, score: float) -> None:
        pytest.fail("a run by accuracy that goes to its end has no use for an earlier state")

    monkeypatch.setattr(BestSoFar, "consider", refused)
    trained = run(noisy, child)
    assert trained.outcome.stopped_by == "steps"
    assert {point.metric for point in trained.outcome.curve} == {"validation_accuracy"}


@pytest.mark.parametrize("child", CHILDREN)
def test_every_metric_walks_the_same_path(
    noisy: TaskFeatures, child: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the last state made the best by decree, nothing differs from a run by accuracy, to the bit."""
    consider = BestSoFar.consider

    def last_is_best(self: BestSoFar, child: Child, step: int, score: float) -> None:
        consider(self, child, step, float(step))

    plain = run(noisy, child)
    monkeypatch.setattr(BestSoFar, "consider", last_is_best)
    for metric in OTHERS:
        other = run(noisy, child, Budget(metric=metric))
        assert weights_digest(other.classifier) == weights_digest(plain.classifier)
        np.testing.assert_array_equal(other.outcome.test_probabilities, plain.outcome.test_probabilities)
        assert dict(other.outcome.metrics) == dict(plain.outcome.metrics)
        assert curve(other, "accuracy") == curve(plain, "accuracy")
        assert (other.outcome.steps, other.outcome.stopped_by) == (plain.outcome.steps, "steps")


def test_a_run_that_is_ended_early_goes_back_to_its_best_by_the_metric(noisy: TaskFeatures) -> None:
    looks: list[Progress] = []

    def watch(progress: Progress) -> bool:
        looks.extend([progress] if progress.validation_score is not None else [])
        return True

    budget = Budget(metric="macro_f1", is_enough=lambda: len(looks) >= 3)
    architecture = make_architecture(**CHILDREN["words"], steps=250)
    trained = train(noisy.dataset, noisy.split, architecture, features=noisy, budget=budget, watch=watch)
    values = curve(trained, "macro_f1")
    assert trained.outcome.stopped_by == "wish"
    assert [look.validation_score for look in looks[:3]] == list(values.values())[:3]
    assert trained.outcome.metrics["validation", "macro_f1"] == pytest.approx(max(values.values()))


def test_a_run_whose_seconds_are_over_at_once_keeps_a_state_all_the_same(noisy: TaskFeatures) -> None:
    trained = run(noisy, "words", Budget(metric="macro_f1", max_seconds=0.0))
    assert trained.outcome.stopped_by not in NOT_LAST
    assert trained.outcome.steps == max(curve(trained, "macro_f1"))
