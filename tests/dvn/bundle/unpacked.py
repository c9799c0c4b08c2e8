"""Classifiers of every kind of input, trained in a moment, and their bundles unpacked into folders."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from dvn.architecture import Architecture, Choice, get_space
from dvn.bundle import Bundle, CardFacts, make_bundle, write_zip
from dvn.training import Budget, TaskFeatures, TrainedClassifier, train
from tests.dvn.factories import make_architecture

CHILDREN: Mapping[str, Mapping[str, Choice]] = {
    "words alone": {"table": "none", "ngrams": "words"},
    "word pairs alone": {"table": "none", "ngrams": "word_pairs"},
    "characters alone": {"table": "none", "ngrams": "characters"},
    "short characters alone": {"table": "none", "ngrams": "short_characters"},
    "pairs and characters alone": {"table": "none", "ngrams": "pairs_and_characters"},
    "a linear layer over a tuned table": {
        "table": "glove", "ngrams": "none", "tune_table": True, "hidden_layers": 0,
    },
    "one normalised layer over a frozen table": {
        "table": "wordllama", "ngrams": "none", "normalisation": "layer", "activation": "tanh",
    },
    "two layers over a tuned table": {
        "table": "use_table", "ngrams": "none", "tune_table": True, "hidden_layers": 2,
        "normalisation": "batch", "activation": "gelu", "dropout": 0.4,
    },
    "three layers over a frozen table": {
        "table": "minilm_table", "ngrams": "none", "hidden_layers": 3, "normalisation": "layer",
    },
    "the encoder in numpy": {"encoder": "use", "table": "none", "ngrams": "none"},
    "the encoder with its own table and n-grams": {
        "encoder": "use", "table": "use_table", "ngrams": "short_characters", "normalisation": "batch",
    },
    "the encoder in ONNX, another's table and n-grams": {
        "encoder": "minilm", "table": "wordllama", "tune_table": True, "ngrams": "pairs_and_characters",
    },
}  # fmt: skip


def saved_and_loaded(features: TaskFeatures, architecture: Architecture, folder: Path) -> TrainedClassifier:
    """A trained classifier as the service has it: saved, and loaded again."""
    budget = Budget(max_steps=100)
    trained = train(features.dataset, features.split, architecture, features=features, budget=budget)
    trained.classifier.save(folder)
    return TrainedClassifier.load(folder)


def child_of(features: TaskFeatures, name: str, folder: Path) -> TrainedClassifier:
    return saved_and_loaded(features, make_architecture(**CHILDREN[name]), folder)


def papers_network() -> Architecture:
    gates = {f"gate_{layer}": layer <= 2 for layer in range(1, 8)}
    bases = {"base_1": "tanh_16", "base_2": "relu_8"}
    return get_space("relaxed_ffnn").parse({"embedding": "use_table", **bases, **gates})


def zipped(bundle: Bundle) -> bytes:
    stream = io.BytesIO()
    write_zip(bundle, "classifier", stream)
    return stream.getvalue()


def unpacked(classifier: TrainedClassifier, folder: Path, facts: CardFacts | None = None) -> Path:
    """Where `predict.py` and all it needs are."""
    content = zipped(make_bundle(classifier, facts or CardFacts()))
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    return folder / "classifier"
