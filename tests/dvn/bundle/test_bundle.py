"""What a bundle holds: the same bytes each time, true checksums, every licence, and no text."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import onnx
import pytest

from dvn.bundle import Bundle, CardFacts, Measured, make_bundle
from dvn.embeddings import MODULES
from dvn.embeddings.licences import LICENCES
from dvn.training import TaskFeatures, TrainedClassifier
from tests.dvn.bundle.unpacked import CHILDREN, child_of, zipped

FACTS = CardFacts(
    name="tick|ets\n2026",
    text_column="message",
    rows=240,
    class_counts={"class 0": 80, "class 1": 80},
    languages=("en",),
    test_rows=48,
    scores=(Measured("accuracy", 0.9, 0.8, 0.95), Measured("macro-F1", 0.85)),
    trained_on="26 November 2026",
)


@pytest.fixture(scope="module")
def classifier(features: TaskFeatures, tmp_path_factory: pytest.TempPathFactory) -> TrainedClassifier:
    return child_of(
        features, "the encoder with its own table and n-grams", tmp_path_factory.mktemp("classifier")
    )


@pytest.fixture(scope="module")
def bundle(classifier: TrainedClassifier) -> Bundle:
    return make_bundle(classifier, FACTS)


def test_the_same_classifier_makes_the_same_bytes(bundle: Bundle, classifier: TrainedClassifier) -> None:
    again = make_bundle(classifier, FACTS)
    assert again.fingerprint == bundle.fingerprint
    assert zipped(again) == zipped(bundle)


def test_another_fact_makes_another_fingerprint(bundle: Bundle, classifier: TrainedClassifier) -> None:
    assert make_bundle(classifier, CardFacts()).fingerprint != bundle.fingerprint


def test_the_manifest_knows_every_file(bundle: Bundle) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(bundle))) as archive:
        contents = {name.removeprefix("classifier/"): archive.read(name) for name in archive.namelist()}
    manifest = json.loads(contents.pop("manifest.json"))
    assert manifest["sha256"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
    }
    assert sum(map(len, contents.values())) + len(bundle.files["manifest.json"]) == bundle.bytes  # type: ignore[arg-type]


def test_every_entry_lies_in_one_folder_in_order(bundle: Bundle) -> None:
    names = zipfile.ZipFile(io.BytesIO(zipped(bundle))).namelist()
    assert names == sorted(names)
    assert {name.split("/")[0] for name in names} == {"classifier"}


def test_the_graph_is_valid_and_has_the_inputs_of_its_architecture(bundle: Bundle) -> None:
    model = onnx.load_from_string(bundle.files["model.onnx"])
    onnx.checker.check_model(model, full_check=True)
    names = [value.name for value in model.graph.input]
    assert names == ["vectors", "token_rows", "token_weights", "ngram_rows", "ngram_weights"]
    assert [value.name for value in model.graph.output] == ["probabilities"]


def test_no_text_of_the_dataset_is_in_the_bundle(bundle: Bundle, features: TaskFeatures) -> None:
    own = [content for content in bundle.files.values() if isinstance(content, bytes)]
    assert not any(text.encode() in content for text in features.dataset.texts for content in own)


def test_the_card_tells_data_scores_network_and_limits(bundle: Bundle) -> None:
    card = bundle.files["MODEL_CARD.md"]
    assert isinstance(card, bytes)
    words = card.decode()
    assert "# Text classifier: tick\\|ets 2026\n" in words
    for told in (
        "240 labelled texts", "| class 0 | 80 |", "| class 2 | not stored |", "Languages: en.", "26 November",
        "| accuracy | 90.0% | 80.0% to 95.0% |", "| macro-F1 | 85.0% |  |", "48 test texts",
        "| encoder | use |", "at the temperature", '--column "message"', "LICENSES/apache-2.0.txt",
    ):  # fmt: skip
        assert told in words


def test_a_card_without_facts_says_that_nothing_was_stored(classifier: TrainedClassifier) -> None:
    card = make_bundle(classifier, CardFacts()).files["MODEL_CARD.md"]
    assert isinstance(card, bytes)
    assert "None were stored with it." in card.decode()


@pytest.mark.parametrize("name", CHILDREN)
def test_each_module_brings_its_licences(name: str, features: TaskFeatures, tmp_path: Path) -> None:
    chosen = CHILDREN[name]
    bundle = make_bundle(child_of(features, name, tmp_path), CardFacts())
    modules = {str(chosen.get(part)) for part in ("encoder", "table")} & set(MODULES)
    files = {file for file in bundle.files if file.startswith("LICENSES/")}
    expected = {f"LICENSES/{licence.file}" for module in modules for licence in LICENCES[module]}
    assert files == (expected | {"LICENSES/NOTICE.txt"} if modules else set())


def test_a_bundle_names_only_the_libraries_that_it_needs(features: TaskFeatures, tmp_path: Path) -> None:
    wanted = {
        "words alone": {"numpy", "onnxruntime"},
        "the encoder in numpy": {"numpy", "onnxruntime", "sentencepiece"},
        "one normalised layer over a frozen table": {"numpy", "onnxruntime", "tokenizers"},
    }
    for number, (name, libraries) in enumerate(wanted.items()):
        bundle = make_bundle(child_of(features, name, tmp_path / str(number)), CardFacts())
        lines = bundle.files["requirements.txt"]
        assert isinstance(lines, bytes)
        assert {line.split("==")[0] for line in lines.decode().splitlines()} == libraries
