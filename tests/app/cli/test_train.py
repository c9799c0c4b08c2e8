"""`forethought train`: a folder with a classifier, or nothing at all."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import learning
from app.cli.learning import progress_words
from app.settings import load_settings
from dvn.architecture import get_space
from dvn.training import Progress, TrainedClassifier
from tests.app.cli.conftest import WORDS, Invoke
from tests.synthetic import TOPICS, csv_of, texts_of


def train(invoke: Invoke, file: Path, *arguments: object) -> dict[str, Any]:
    result = invoke("train", file, "--json", "--architecture", WORDS, *arguments)
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_classifier_lies_beside_and_is_named_after_the_file(
    invoke: Invoke, place: Path, tickets_csv: Path
) -> None:
    found = train(invoke, tickets_csv)
    assert found["classifier"] == str(place / "tickets.classifier")
    assert [path.name for path in place.iterdir()] == ["tickets.classifier"]
    labels = TrainedClassifier.load(place / "tickets.classifier").labels
    assert labels == ("account", "delivery", "praise", "refund")


def test_the_document_holds_scores_and_seconds(invoke: Invoke, tickets_csv: Path) -> None:
    found = train(invoke, tickets_csv)
    assert found["architecture"]["decisions"] == json.loads(WORDS)
    assert 0.5 < found["validation"]["accuracy"] <= 1
    assert 0.5 < found["test"]["accuracy"] <= 1
    assert 0 < found["test"]["macro_f1"] <= 1
    assert found["test"]["rows"] == 20
    accuracy = found["assessment"]["accuracy"]
    assert accuracy["value"] == pytest.approx(found["test"]["accuracy"])
    assert accuracy["low"] < accuracy["value"] <= accuracy["high"]
    assert {one["label"] for one in found["assessment"]["classes"]} == set(TOPICS)
    assert found["seconds"].keys() == {"embed", "train"}
    dataset = {name: found["dataset"][name] for name in ("rows", "classes", "text", "label")}
    assert dataset == {"rows": 200, "classes": 4, "text": "text", "label": "label"}


def test_a_person_reads_intervals(invoke: Invoke, tickets_csv: Path) -> None:
    shown = invoke("train", tickets_csv, "--architecture", WORDS).stdout
    assert re.search(r"Test accuracy \d+\.\d% \(\d+\.\d% to \d+\.\d%\), macro-F1", shown)


def test_the_report_stays_with_the_classifier(invoke: Invoke, tickets_csv: Path) -> None:
    found = train(invoke, tickets_csv)
    assert json.loads((Path(found["classifier"]) / "report.json").read_text()) == found


def test_the_same_seed_gives_the_same_classifier(invoke: Invoke, place: Path, tickets_csv: Path) -> None:
    train(invoke, tickets_csv, "--out", "a", "--seed", 3)
    train(invoke, tickets_csv, "--out", "b", "--seed", 3)
    weights = [(place / name / "weights.safetensors").read_bytes() for name in "ab"]
    assert weights[0] == weights[1]


def test_an_older_classifier_is_replaced(invoke: Invoke, place: Path, tickets_csv: Path) -> None:
    train(invoke, tickets_csv, "--out", "made")
    (place / "made" / "leftover").touch()
    train(invoke, tickets_csv, "--out", "made", "--seed", 1)
    assert not (place / "made" / "leftover").exists()
    assert TrainedClassifier.load(place / "made")


def test_folders_above_are_made(invoke: Invoke, place: Path, tickets_csv: Path) -> None:
    train(invoke, tickets_csv, "--out", "models/today")
    assert TrainedClassifier.load(place / "models" / "today")


@pytest.mark.parametrize("out", ["notes", "notes/important.txt"])
def test_what_is_no_classifier_is_never_overwritten(
    out: str, invoke: Invoke, place: Path, tickets_csv: Path
) -> None:
    (place / "notes").mkdir()
    (place / "notes" / "important.txt").write_text("precious")
    result = invoke("train", tickets_csv, "--architecture", WORDS, "--out", out)
    assert result.exit_code == 2
    assert "--out" in result.stderr
    assert (place / "notes" / "important.txt").read_text() == "precious"
    assert [path.name for path in place.rglob("*")] == ["notes", "important.txt"]


def test_a_place_below_a_file_is_refused_before_training(
    invoke: Invoke, place: Path, tickets_csv: Path
) -> None:
    (place / "file").write_text("no folder")
    result = invoke("train", tickets_csv, "--architecture", WORDS, "--out", "file/below")
    assert result.exit_code == 2
    assert "no folder" in result.stderr


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ("{", "no JSON"),
        ("[1]", "no object"),
        ("@nowhere.json", "cannot be read"),
        ('{"encoder": "bert"}', "cannot be 'bert'"),
        ('{"colour": "red"}', "no decision 'colour'"),
        ('{"encoder": "none"}', "is missing"),
        ('{"decisions": 3}', "missing"),
        ('{"space": "outer", "decisions": {}}', "no space 'outer'"),
        ('{"space": "wide_deep", "version": 999, "decisions": {}}', "wide_deep 999"),
        (
            '{"encoder": "none", "table": "none", "ngrams": "none", "class_weight": "none", "steps": 250}',
            "cannot have",
        ),
    ],
)
def test_an_architecture_that_is_none_ends_with_2(
    architecture: str, words: str, invoke: Invoke, place: Path, tickets_csv: Path
) -> None:
    result = invoke("train", tickets_csv, "--architecture", architecture)
    assert result.exit_code == 2
    assert words in result.stderr
    assert list(place.iterdir()) == []


def test_an_architecture_may_come_from_a_file_as_it_was_answered(
    invoke: Invoke, place: Path, tickets_csv: Path
) -> None:
    found = train(invoke, tickets_csv)
    (place / "chosen.json").write_text(json.dumps(found["architecture"]))
    again = invoke("train", tickets_csv, "--json", "--architecture", "@chosen.json", "--out", "again")
    assert json.loads(again.stdout)["architecture"] == found["architecture"]


def test_bare_decisions_tell_their_space() -> None:
    chosen = get_space("relaxed_ffnn").sample(np.random.default_rng(0))
    assert learning.described_architecture(dict(chosen.decisions), "wide_deep") == chosen


@pytest.mark.parametrize(("rare", "classes"), [("merge", 5), ("drop", 4), ("keep", 5)])
def test_small_classes_are_treated_as_chosen(rare: str, classes: int, invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "rare.csv"
    file.write_bytes(csv_of([*texts_of(80), ("one of a kind", "odd")]))
    found = train(invoke, file, "--rare", rare)
    assert found["dataset"]["classes"] == classes
    assert any("odd" in message for message in found["messages"])


def test_a_time_limit_ends_the_training_and_is_said(invoke: Invoke, tickets_csv: Path) -> None:
    result = invoke("train", tickets_csv, "--architecture", WORDS, "--max-seconds", "0.000001")
    assert result.exit_code == 0
    assert "time limit" in result.stdout


def test_a_stopped_training_leaves_nothing_behind(
    invoke: Invoke, place: Path, tickets_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TrainedClassifier, "save", lambda classifier, folder: stop(folder))
    result = invoke("train", tickets_csv, "--architecture", WORDS)
    assert result.exit_code == 1
    assert "Stopped" in result.stderr
    assert result.stdout == ""
    assert list(place.iterdir()) == []


def test_vectors_are_cached_in_a_data_folder_that_is_there_and_none_is_made(tmp_path: Path) -> None:
    assert learning.vector_cache(load_settings(data=tmp_path / "none")) is None
    assert not (tmp_path / "none").exists()
    assert learning.vector_cache(load_settings(data=tmp_path)) is not None


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("features", 0, 500, 0.0), "vectors"),
        (Progress("training", 100, 500, 2.0), "step 100 of 500, about 8 s left"),
        (Progress("training", 250, 500, 2.0, 0.875), "87.5%"),
        (Progress("evaluating", 500, 500, 4.0), "test texts"),
    ],
)
def test_progress_is_told_in_words(progress: Progress, words: str) -> None:
    assert words in progress_words(progress)


def test_a_metric_is_carried_to_trainer_report_and_card(
    invoke: Invoke, place: Path, tickets_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets: list[str] = []
    known = learning.train

    def noting(*args: Any, **kwargs: Any) -> Any:
        budgets.append(kwargs["budget"].metric)
        return known(*args, **kwargs)

    monkeypatch.setattr(learning, "train", noting)
    plain = train(invoke, tickets_csv, "--out", "plain")
    found = train(invoke, tickets_csv, "--out", "by-f1", "--metric", "macro_f1", "--max-seconds", 50)
    assert [plain["metric"], found["metric"]] == budgets == ["accuracy", "macro_f1"]
    for folder, is_named in (("plain", False), ("by-f1", True)):
        assert invoke("bundle", place / folder).exit_code == 0
        with zipfile.ZipFile(place / f"{folder}.zip") as packed:
            card = packed.read(f"{folder}-classifier/MODEL_CARD.md").decode()
        assert ("the best by\nmacro-F1 on them was kept" in card) == is_named


def test_the_metric_of_a_training_is_named_with_its_progress() -> None:
    progress = Progress("training", 5, 10, 1.0, 0.5)
    assert "50.0% macro-F1 on the validation texts" in progress_words(progress, "macro_f1")
