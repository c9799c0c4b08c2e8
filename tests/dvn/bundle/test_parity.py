"""A bundle's `predict.py` says what the service says, for every kind of input."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dvn.bundle import TOLERANCE, make_bundle
from dvn.bundle.card import CardFacts
from dvn.bundle.graph import build_graph
from dvn.bundle.predict import Classifier
from dvn.training import TaskFeatures, TrainedClassifier
from tests.dvn.bundle.nasty import nasty_texts
from tests.dvn.bundle.unpacked import CHILDREN, child_of, papers_network, saved_and_loaded, unpacked
from tests.dvn.factories import make_architecture, split_by_place


def refuse_another_answer(classifier: TrainedClassifier, folder: Path, texts: list[str]) -> None:
    labels, probabilities = Classifier(unpacked(classifier, folder)).predict(texts)
    expected = classifier.predict(texts)
    np.testing.assert_allclose(probabilities, expected.probabilities, atol=TOLERANCE / 10, rtol=0)
    best = np.sort(expected.probabilities, axis=1)
    clear = best[:, -1] - best[:, -2] > 2 * TOLERANCE
    assert clear.mean() > 0.9
    assert np.array(labels)[clear].tolist() == np.array(expected.labels)[clear].tolist()


@pytest.mark.parametrize("name", [name for name in CHILDREN if "ONNX" not in name])
def test_a_bundle_predicts_as_the_service_does(name: str, features: TaskFeatures, tmp_path: Path) -> None:
    classifier = child_of(features, name, tmp_path / "saved")
    refuse_another_answer(classifier, tmp_path, [*nasty_texts(900), *features.dataset.texts[:100]])


def test_an_encoder_in_onnx_predicts_as_the_service_does(features: TaskFeatures, tmp_path: Path) -> None:
    """Fewer texts, since this encoder reads a hundred a second."""
    name = "the encoder in ONNX, another's table and n-grams"
    classifier = child_of(features, name, tmp_path / "saved")
    refuse_another_answer(classifier, tmp_path, [*nasty_texts(150), *features.dataset.texts[:50]])


def test_the_papers_network_predicts_as_the_service_does(features: TaskFeatures, tmp_path: Path) -> None:
    classifier = saved_and_loaded(features, papers_network(), tmp_path / "saved")
    refuse_another_answer(classifier, tmp_path, nasty_texts(1_000))


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_the_temperature_of_a_classifier_is_the_bundles(
    temperature: float, features: TaskFeatures, tmp_path: Path
) -> None:
    classifier = child_of(features, "word pairs alone", tmp_path / "saved")
    refuse_another_answer(replace(classifier, temperature=temperature), tmp_path, nasty_texts(300))


def test_texts_without_any_ngram_still_make_a_bundle(tmp_path: Path) -> None:
    silent = TaskFeatures(*split_by_place(["", " "] * 20, ["yes", "no"] * 20))
    architecture = make_architecture(table="none", ngrams="words")
    classifier = saved_and_loaded(silent, architecture, tmp_path / "saved")
    _, probabilities = Classifier(unpacked(classifier, tmp_path)).predict(["anything", ""])
    np.testing.assert_allclose(probabilities, classifier.predict(["anything", ""]).probabilities, atol=1e-6)


def test_no_texts_have_no_predictions(features: TaskFeatures, tmp_path: Path) -> None:
    for number, name in enumerate(("words alone", "the encoder in numpy")):
        classifier = child_of(features, name, tmp_path / f"saved {number}")
        labels, probabilities = Classifier(unpacked(classifier, tmp_path / str(number))).predict([])
        assert (labels, probabilities.shape) == ([], (0, 3))


def test_a_graph_is_the_same_to_the_byte_each_time(features: TaskFeatures, tmp_path: Path) -> None:
    classifier = child_of(features, "two layers over a tuned table", tmp_path)
    assert build_graph(classifier) == build_graph(TrainedClassifier.load(tmp_path))


def test_a_saved_table_stays_in_half_precision(features: TaskFeatures, tmp_path: Path) -> None:
    """What is saved is rounded already, so that the graph need not hold twice the bytes."""
    classifier = child_of(features, "two layers over a tuned table", tmp_path)
    assert classifier.pipeline.table is not None
    graph = make_bundle(classifier, CardFacts()).files["model.onnx"]
    assert isinstance(graph, bytes)
    vectors = classifier.pipeline.table.vectors
    assert vectors.size * 2 < len(graph) < vectors.size * 2.5
