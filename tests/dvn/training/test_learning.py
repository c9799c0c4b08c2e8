"""Every kind of child learns what can be learned, and odd texts do not stop it."""

import numpy as np
import pytest

from dvn.architecture import Choice, get_space
from dvn.training import Budget, Outcome, TaskFeatures, train
from tests.dvn.factories import make_architecture, make_dataset, split_by_place

NO_TABLE: dict[str, Choice] = {"table": "none"}
NO_NGRAMS: dict[str, Choice] = {"ngrams": "none"}
CHILDREN: dict[str, dict[str, Choice]] = {
    "only words": NO_TABLE,
    "only word pairs": {**NO_TABLE, "ngrams": "word_pairs"},
    "only characters": {**NO_TABLE, "ngrams": "characters"},
    "only a table": {**NO_NGRAMS, "deep_rate": 0.01},
    "only a linear table": {**NO_NGRAMS, "hidden_layers": 0, "deep_rate": 0.01},
    "only a tuned table": {**NO_NGRAMS, "tune_table": True},
    "a tuned table and words": {"tune_table": True, "dropout": 0.2, "deep_l2": 0.01},
    "layer normalisation": {"normalisation": "layer", "activation": "gelu", "hidden_layers": 2},
    "batch normalisation": {"normalisation": "batch", "activation": "tanh", "hidden_layers": 3},
    "balanced classes": {"class_weight": "balanced"},
    "other table": {"table": "glove", "class_weight": "root"},
}
ODD_TEXTS = {
    "empty": [""] * 30,
    "one word": ["good", "bad"] * 15,
    "one is very long": ["good film", "bad film"] * 14 + ["good " * 50_000, "bad " + "x" * 200_000],
    "emoji": ["😀🎉", "😡👎"] * 15,
    "signs": ["...", "§§ %%"] * 15,
    "NUL": ["a\x00b", "c\x00d"] * 15,
}


def outcome_of(features: TaskFeatures, steps: int = 150, **choices: Choice) -> Outcome:
    architecture = make_architecture(steps=steps, **choices)
    budget = Budget(max_steps=steps)
    return train(features.dataset, features.split, architecture, features=features, budget=budget).outcome


@pytest.mark.parametrize("name", CHILDREN)
def test_a_child_learns_a_separable_task(name: str, features: TaskFeatures) -> None:
    outcome = outcome_of(features, **CHILDREN[name])
    assert outcome.metrics["validation", "accuracy"] > 0.9
    assert outcome.metrics["test", "accuracy"] > 0.9
    assert outcome.metrics["test", "macro_f1"] > 0.9


def test_an_encoder_alone_learns_a_separable_task() -> None:
    features = TaskFeatures(*make_dataset(60))
    outcome = outcome_of(features, encoder="use", hidden_layers=0, deep_rate=0.01, **NO_TABLE, **NO_NGRAMS)
    assert outcome.metrics["validation", "accuracy"] > 0.8
    assert outcome.cost.embed_seconds > 0.0


@pytest.mark.parametrize("layers", [0, 2])
def test_the_papers_network_trains_for_its_epochs(layers: int, features: TaskFeatures) -> None:
    values: dict[str, Choice] = {"embedding": "use_table"} | {f"gate_{i}": i <= layers for i in range(1, 8)}
    values |= {f"base_{i}": "tanh_256" for i in range(1, layers + 1)}
    architecture = get_space("relaxed_ffnn").parse(values)
    outcome = train(features.dataset, features.split, architecture, features=features).outcome
    assert outcome.steps == 20 * -(-len(features.split.train) // 100)
    first, last = outcome.curve[0].value, outcome.curve[-1].value
    assert last >= first
    assert last > 0.4


@pytest.mark.parametrize("language", ["russian", "arabic", "thai", "chinese"])
@pytest.mark.parametrize("ngrams", ["words", "characters"])
def test_other_scripts_are_learned(language: str, ngrams: str) -> None:
    features = TaskFeatures(*make_dataset(120, language=language))
    assert outcome_of(features, ngrams=ngrams).metrics["test", "accuracy"] > 0.9


@pytest.mark.parametrize("kind", ODD_TEXTS)
@pytest.mark.parametrize("ngrams", ["word_pairs", "characters"])
@pytest.mark.parametrize("tune", [False, True])
def test_odd_texts_train_to_finite_probabilities(kind: str, ngrams: str, *, tune: bool) -> None:
    dataset, split = split_by_place(ODD_TEXTS[kind], ["a", "b"] * 15)
    architecture = make_architecture(ngrams=ngrams, tune_table=tune)
    trained = train(dataset, split, architecture, budget=Budget(max_steps=10))
    assert np.isfinite(trained.outcome.validation_probabilities).all()
    assert len(trained.classifier.predict(dataset.texts).labels) == 30


@pytest.mark.parametrize("normalisation", ["none", "layer", "batch"])
def test_two_rows_of_each_class_are_enough(normalisation: str) -> None:
    """A batch is larger than this training part, which then is the batch."""
    dataset, split = split_by_place(
        ["good film", "bad film", "so good", "so bad", "good", "bad", "?"], "ababaab"
    )
    assert len(split.train) == 4
    architecture = make_architecture(normalisation=normalisation)
    outcome = train(dataset, split, architecture, budget=Budget(max_steps=60)).outcome
    assert outcome.validation_probabilities[0].argmax() == 0
    assert outcome.steps == 60


@pytest.mark.parametrize(("class_weight", "finds_rare"), [("none", False), ("balanced", True)])
def test_class_weights_help_the_rare_class(class_weight: str, *, finds_rare: bool) -> None:
    """The same sign stands on every rare text and on a fifth of the common ones."""
    rows = range(250)
    labels = ["rare" if row % 25 == 0 else "common" for row in rows]
    texts = [f"sign {row}" if row % 25 == 0 or row % 5 == 1 else f"plain {row}" for row in rows]
    dataset, split = split_by_place(texts, labels)
    weighted = make_architecture(class_weight=class_weight, table="none")
    outcome = train(dataset, split, weighted, budget=Budget(max_steps=100)).outcome
    rare = dataset.classes.index("rare")
    assert bool(outcome.test_confusion[rare, rare] > 0) is finds_rare
