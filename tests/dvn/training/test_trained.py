"""Classifiers: saved, loaded, damaged, asked for nothing."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dvn.architecture import Choice, get_space
from dvn.embeddings import get_module
from dvn.training import Budget, TaskFeatures, Trained, TrainedClassifier, UnusableClassifierError, train
from dvn.training.temperature import tempered
from tests.dvn.factories import make_architecture, make_dataset

CHILDREN: dict[str, dict[str, Choice]] = {
    "words": {"table": "none"},
    "frozen table": {"ngrams": "none", "normalisation": "batch", "dropout": 0.4},
    "tuned table and characters": {"tune_table": True, "ngrams": "characters"},
    "table and words": {"table": "glove"},
}
NEW_TEXTS = ["a film about nothing", "", "battery 😀", "ünïque wörds", "train ticket", "battery 😀"]


def trained_on(features: TaskFeatures, choices: dict[str, Choice]) -> Trained:
    architecture, budget = make_architecture(**choices), Budget(max_steps=60)
    return train(features.dataset, features.split, architecture, features=features, budget=budget)


@pytest.fixture(params=CHILDREN)
def run(request: pytest.FixtureRequest, features: TaskFeatures) -> Trained:
    return trained_on(features, CHILDREN[request.param])


@pytest.fixture
def folder(features: TaskFeatures, tmp_path: Path) -> Path:
    """A saved classifier with every kind of file."""
    trained_on(features, CHILDREN["table and words"]).classifier.save(tmp_path / "saved")
    return tmp_path / "saved"


def test_a_loaded_classifier_predicts_as_it_did(run: Trained, features: TaskFeatures, tmp_path: Path) -> None:
    """Table rows are kept in half precision, which moves probabilities by less than a hundredth."""
    run.classifier.save(tmp_path)
    loaded = TrainedClassifier.load(tmp_path)
    assert (loaded.labels, loaded.architecture) == (run.classifier.labels, run.classifier.architecture)
    texts = [*features.dataset.texts, *NEW_TEXTS]
    before, after = run.classifier.predict(texts), loaded.predict(texts)
    np.testing.assert_allclose(after.probabilities, before.probabilities, atol=1e-2)
    clear = np.sort(before.probabilities, axis=1)[:, -2:] @ [-1.0, 1.0] > 0.02
    assert clear.mean() > 0.9
    assert np.array(after.labels)[clear].tolist() == np.array(before.labels)[clear].tolist()


def test_saving_what_was_loaded_changes_nothing_more(run: Trained, tmp_path: Path) -> None:
    run.classifier.save(tmp_path / "one")
    loaded = TrainedClassifier.load(tmp_path / "one")
    loaded.save(tmp_path / "two")
    for file in sorted((tmp_path / "one").iterdir()):
        assert (tmp_path / "two" / file.name).read_bytes() == file.read_bytes()


def test_predictions_are_those_of_the_run(run: Trained, features: TaskFeatures) -> None:
    texts = [features.dataset.texts[row] for row in features.split.validation]
    predicted = run.classifier.predict(texts)
    assert run.classifier.temperature == run.outcome.temperature != 1.0
    expected = tempered(run.outcome.validation_probabilities, run.outcome.temperature)
    np.testing.assert_allclose(predicted.probabilities, expected, atol=1e-5)


def test_the_temperature_moves_probabilities_and_no_label(run: Trained, features: TaskFeatures) -> None:
    texts = features.dataset.texts
    cold, hot = (replace(run.classifier, temperature=value).predict(texts) for value in (0.5, 4.0))
    assert cold.labels == hot.labels
    assert cold.confidences.mean() > hot.confidences.mean()


def test_an_older_classifier_predicts_at_temperature_one(folder: Path) -> None:
    stripped("temperature")(folder)
    assert TrainedClassifier.load(folder).temperature == 1.0


def test_predictions_keep_the_order_of_the_texts(run: Trained) -> None:
    forward, backward = run.classifier.predict(NEW_TEXTS), run.classifier.predict(NEW_TEXTS[::-1])
    np.testing.assert_allclose(forward.probabilities, backward.probabilities[::-1], atol=1e-5)
    np.testing.assert_allclose(forward.probabilities[2], forward.probabilities[5], rtol=1e-5)
    assert forward.confidences.tolist() == forward.probabilities.max(axis=1).tolist()
    places = [run.classifier.labels.index(label) for label in forward.labels]
    assert places == forward.probabilities.argmax(axis=1).tolist()


def test_no_texts_have_no_predictions(run: Trained, tmp_path: Path) -> None:
    run.classifier.save(tmp_path)
    for classifier in (run.classifier, TrainedClassifier.load(tmp_path)):
        nothing = classifier.predict([])
        assert nothing.labels == ()
        assert nothing.probabilities.shape == (0, 3)
        assert nothing.confidences.shape == (0,)


def test_a_bundle_is_as_large_as_its_cost_says(run: Trained, tmp_path: Path) -> None:
    run.classifier.save(tmp_path)
    real = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert run.outcome.cost.bundle_bytes == pytest.approx(real, rel=0.2)


def test_costs_are_positive(run: Trained) -> None:
    cost = run.outcome.cost
    assert min(cost.embed_seconds, cost.train_seconds, cost.predict_milliseconds) > 0
    assert min(cost.peak_bytes, cost.parameters, cost.bundle_bytes) > 0


def test_a_classifier_over_an_encoder_is_loaded_without_it_and_counts_its_bytes(tmp_path: Path) -> None:
    features = TaskFeatures(*make_dataset(30))
    run = trained_on(features, {"encoder": "use", "table": "none", "ngrams": "none"})
    run.classifier.save(tmp_path)
    loaded = TrainedClassifier.load(tmp_path)
    before, after = (one.predict(NEW_TEXTS[:3]) for one in (run.classifier, loaded))
    np.testing.assert_allclose(after.probabilities, before.probabilities, atol=1e-5)
    real = sum(file.stat().st_size for file in tmp_path.iterdir()) + get_module("use").bytes
    assert run.outcome.cost.bundle_bytes == pytest.approx(real, rel=0.2)


def test_the_papers_network_comes_back_too(features: TaskFeatures, tmp_path: Path) -> None:
    gates = {f"gate_{i}": i <= 2 for i in range(1, 8)}
    architecture = get_space("relaxed_ffnn").parse(
        {"embedding": "use_table", "base_1": "tanh_16", "base_2": "relu_8", **gates}
    )
    run = train(features.dataset, features.split, architecture, features=features)
    run.classifier.save(tmp_path)
    before, after = run.classifier.predict(NEW_TEXTS), TrainedClassifier.load(tmp_path).predict(NEW_TEXTS)
    np.testing.assert_allclose(after.probabilities, before.probabilities, atol=1e-2)


def changed(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        manifest = json.loads((folder / "classifier.json").read_text())
        (folder / "classifier.json").write_text(json.dumps({**manifest, **values}))

    return change


def flipped(name: str) -> Callable[[Path], None]:
    def flip(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[-1] ^= 1
        (folder / name).write_bytes(content)

    return flip


def stripped(key: str) -> Callable[[Path], None]:
    def strip(folder: Path) -> None:
        manifest = json.loads((folder / "classifier.json").read_text())
        del manifest[key]
        (folder / "classifier.json").write_text(json.dumps(manifest))

    return strip


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (lambda folder: shutil.rmtree(folder), r"classifier\.json cannot be read"),
    "no manifest": (lambda folder: (folder / "classifier.json").unlink(), r"classifier\.json cannot be read"),
    "no weights": (lambda f: (f / "weights.safetensors").unlink(), r"weights\.safetensors cannot be read"),
    "no n-grams": (lambda folder: (folder / "ngrams.json").unlink(), r"ngrams\.json cannot be read"),
    "damaged weights": (flipped("weights.safetensors"), r"weights\.safetensors is damaged"),
    "damaged n-grams": (flipped("ngrams.json"), r"ngrams\.json is damaged"),
    "half a manifest": (lambda f: (f / "classifier.json").write_text('{"format": 1,'), r"is not JSON"),
    "bytes": (lambda f: (f / "classifier.json").write_bytes(b"\xff\xfe\x00\x81"), r"is not JSON"),
    "a list": (lambda folder: (folder / "classifier.json").write_text("[]"), r"its format is None, not 1"),
    "another format": (changed(format=99), r"its format is 99, not 1"),
    "no labels": (stripped("labels"), r"classifier\.json lacks labels"),
    "no temperature": (changed(temperature="warm"), r"its temperature is 'warm', no positive number"),
    "a frozen temperature": (changed(temperature=0), r"its temperature is 0, no positive number"),
    "another module version": (changed(modules={"glove": "0"}), r"needs version 0 of the module glove"),
    "an unknown module": (changed(modules={"elmo": "1"}), r"no embedding module 'elmo'"),
    "an unknown space": (changed(architecture={"space": "x"}), r"no space 'x'"),
    "another space version": (changed(architecture={"space": "wide_deep", "version": 0}), r"no space"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_unusable_folder_is_refused_in_a_sentence(damage: str, folder: Path) -> None:
    damaging, reason = DAMAGES[damage]
    damaging(folder)
    with pytest.raises(UnusableClassifierError, match=reason) as caught:
        TrainedClassifier.load(folder)
    assert str(caught.value).startswith(f"The classifier in {folder} cannot be loaded: ")
    assert str(caught.value).endswith("; train it again.")
