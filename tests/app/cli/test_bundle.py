"""`forethought bundle`: a folder becomes a zip that predicts on its own."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dvn.training import TrainedClassifier
from tests.app.cli.conftest import Invoke
from tests.synthetic import texts_of

TEXTS = [text for text, _ in texts_of(20, seed=7)]


def test_a_bundle_predicts_what_the_classifier_does(invoke: Invoke, classifier: Path, tmp_path: Path) -> None:
    result = invoke("bundle", classifier, "--out", tmp_path / "made.zip", "--json")
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    assert made["bytes"] == (tmp_path / "made.zip").stat().st_size
    zipfile.ZipFile(tmp_path / "made.zip").extractall(tmp_path)
    given = [argument for text in TEXTS for argument in ("--text", text)]
    command = [sys.executable, tmp_path / "made-classifier" / "predict.py", *given]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    rows = list(csv.reader(io.StringIO(done.stdout)))[1:]
    expected = TrainedClassifier.load(classifier).predict(TEXTS)
    assert [label for label, _ in rows] == list(expected.labels)
    assert [float(share) for _, share in rows] == pytest.approx(expected.confidences.tolist(), abs=2e-6)


def test_its_card_has_the_scores_of_the_training(invoke: Invoke, classifier: Path, place: Path) -> None:
    assert invoke("bundle", classifier).exit_code == 0
    with zipfile.ZipFile(place / "made.zip") as archive:
        card = archive.read("made-classifier/MODEL_CARD.md").decode()
    test = json.loads((classifier / "report.json").read_text())["test"]
    assert f"| accuracy | {test['accuracy']:.1%} |" in card
    assert "200 labelled texts" in card


@pytest.mark.parametrize(
    ("out", "said"),
    [("folder", "it is no ordinary file"), ("made/x.zip", "it would lie inside the classifier")],
)
def test_a_place_that_cannot_be_written_is_refused(
    out: str, said: str, invoke: Invoke, classifier: Path, place: Path
) -> None:
    (place / "folder").mkdir()
    target = classifier.parent / out if out.startswith("made") else place / out
    result = invoke("bundle", classifier, "--out", target)
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_a_folder_without_a_classifier_is_refused_and_nothing_is_written(invoke: Invoke, place: Path) -> None:
    (place / "empty").mkdir()
    result = invoke("bundle", "empty")
    assert result.exit_code == 2
    assert "classifier.json cannot be read; train it again." in result.stderr
    assert not (place / "empty.zip").exists()
