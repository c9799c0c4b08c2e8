"""Decision 5 of the design: the test part is measured once, at the end, and nothing else may read it."""

import numpy as np
import pytest

from dvn.architecture import Choice
from dvn.data.dataset import Dataset
from dvn.data.split import Split
from dvn.training import Budget, TaskFeatures, Trained, train, trainer
from dvn.training.child import Child, Inputs
from tests.dvn.factories import make_architecture, make_dataset, weights_digest

CHILDREN: dict[str, dict[str, Choice]] = {
    "frozen table and words": {"dropout": 0.2, "class_weight": "balanced"},
    "tuned table and characters": {"tune_table": True, "ngrams": "characters"},
    "normalised table": {"normalisation": "batch", "ngrams": "none", "table": "glove"},
}


def run(dataset: Dataset, split: Split, choices: dict[str, Choice]) -> Trained:
    return train(dataset, split, make_architecture(**choices), budget=Budget(max_steps=20))


def everything_but_the_test(run: Trained) -> list[object]:
    outcome = run.outcome
    return [
        weights_digest(run.classifier),
        [(point.step, point.metric, point.value) for point in outcome.curve],
        outcome.validation_probabilities.tobytes(),
        {key: value for key, value in outcome.metrics.items() if key[0] != "test"},
        (outcome.steps, outcome.stopped_by, outcome.test_rows),
        (outcome.cost.parameters, outcome.cost.bundle_bytes),
    ]


@pytest.fixture(scope="module")
def task() -> tuple[Dataset, Split]:
    return make_dataset(160, classes=3)


@pytest.mark.parametrize("child", CHILDREN)
def test_false_test_labels_change_only_the_test_metrics(child: str, task: tuple[Dataset, Split]) -> None:
    dataset, split = task
    labels = list(dataset.labels)
    for row in split.test:  # One class for all, so that counts of the classes are poisoned too.
        labels[row] = dataset.classes[0]
    poisoned = Dataset(dataset.texts, tuple(labels))
    assert poisoned.classes == dataset.classes
    honest, misled = run(dataset, split, CHILDREN[child]), run(poisoned, split, CHILDREN[child])
    assert everything_but_the_test(honest) == everything_but_the_test(misled)
    assert honest.outcome.metrics["test", "accuracy"] > 0.5 > misled.outcome.metrics["test", "accuracy"]


@pytest.mark.parametrize("child", CHILDREN)
def test_other_test_texts_change_only_the_test_metrics(child: str, task: tuple[Dataset, Split]) -> None:
    dataset, split = task
    held = set(split.test.tolist())
    texts = tuple(f"another text {row} ünïque" if row in held else t for row, t in enumerate(dataset.texts))
    swapped = Dataset(texts, dataset.labels)
    first, second = run(dataset, split, CHILDREN[child]), run(swapped, split, CHILDREN[child])
    assert everything_but_the_test(first) == everything_but_the_test(second)


def test_the_test_part_is_predicted_once_and_last(
    task: tuple[Dataset, Split], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, split = task
    read: list[str] = []
    part_of, probabilities = trainer.Pipeline.part, Child.probabilities

    def part(self: trainer.Pipeline, inputs: Inputs, rows: np.ndarray) -> Inputs:
        read.append("validation" if rows is split.validation else "test" if rows is split.test else "other")
        return part_of(self, inputs, rows)

    def counted(self: Child, inputs: Inputs) -> np.ndarray:
        read.append("predicted")
        return probabilities(self, inputs)

    monkeypatch.setattr(trainer.Pipeline, "part", part)
    monkeypatch.setattr(Child, "probabilities", counted)
    run(dataset, split, {})
    assert read[-2:] == ["test", "predicted"]
    assert read.count("test") == 1
    assert set(read[:-2]) == {"validation", "predicted"}


def test_what_features_fit_comes_from_train_alone(task: tuple[Dataset, Split]) -> None:
    dataset, split = task
    held = {*split.validation.tolist(), *split.test.tolist()}
    texts = tuple(f"zyzzyva {row} quux" if row in held else t for row, t in enumerate(dataset.texts))
    seen, unseen = (TaskFeatures(Dataset(some, dataset.labels), split) for some in (dataset.texts, texts))
    for kind in ("words", "word_pairs", "characters"):
        one, other = seen.ngrams(kind)[0], unseen.ngrams(kind)[0]
        assert one.vocabulary == other.vocabulary
        np.testing.assert_array_equal(one.idf, other.idf)
    for module in ("use_table", "glove"):
        table, same = seen.counted(module)[0], unseen.counted(module)[0]
        np.testing.assert_array_equal(table.rows, same.rows)
        np.testing.assert_array_equal(table.vectors, same.vectors)
    assert "zyzzyva" not in unseen.ngrams("words")[0].vocabulary
