"""`forethought recommend`: ranked architectures in the pinned form; and what `train` makes of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import recommending
from app.experiments.checkpoints import UnknownFamilyError
from app.settings import Settings
from dvn.value_network import Checkpoint
from tests.app.cli.conftest import Invoke
from tests.synthetic import csv_of, texts_of


@pytest.fixture
def experienced(place: Path, small_experience: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands find a small value network."""
    monkeypatch.setenv("FORETHOUGHT_EXPERIENCE", str(small_experience))
    return place


def recommend(invoke: Invoke, file: Path, *arguments: object) -> dict[str, Any]:
    result = invoke("recommend", file, "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_document_has_the_pinned_form(invoke: Invoke, experienced: Path, tickets_csv: Path) -> None:
    found = recommend(invoke, tickets_csv)
    assert found["dataset"] == {"rows": 200, "classes": 4, "text": "text", "label": "label"}
    assert isinstance(found["checkpoint"], str)
    assert found["seconds"] > 0
    ranked = found["architectures"]
    assert [one["rank"] for one in ranked] == [1, 2, 3, 4, 5]
    assert len({one["hash"] for one in ranked}) == 5
    for one in ranked:
        assert one["space"] == "wide_deep"
        assert 0 <= one["low"] <= one["expected_accuracy"] <= one["high"] <= 1
        assert 0 < one["seconds"] <= 60
        assert one["bytes"] > 0


def test_the_answer_repeats_and_the_number_can_be_chosen(
    invoke: Invoke, experienced: Path, tickets_csv: Path
) -> None:
    three = recommend(invoke, tickets_csv, "--top", 3, "--seed", 1)["architectures"]
    assert three == recommend(invoke, tickets_csv, "--seed", 1)["architectures"][:3]


def test_limits_a_preference_and_a_metric_can_be_asked_for(
    invoke: Invoke, experienced: Path, tickets_csv: Path
) -> None:
    free = recommend(invoke, tickets_csv)
    assert free["metric"] == "accuracy"
    assert [point["prefer_small"] for point in free["front"]] == [step / 20 for step in range(21)]
    assert free["worth"]
    assert free["standing"]
    most = sorted(one["bytes"] for one in free["architectures"])[1]
    kept = recommend(
        invoke, tickets_csv, "--max-megabytes", most / 1e6, "--prefer-small", 0.3, "--max-milliseconds", 50
    )
    assert kept["within_budget"]
    assert all(one["bytes"] <= most for one in kept["architectures"])
    assert all(one["milliseconds"] <= 50 for one in kept["architectures"])
    by_f1 = recommend(invoke, tickets_csv, "--metric", "macro_f1")
    assert (by_f1["metric"], by_f1["checkpoint"] == free["checkpoint"]) == ("macro_f1", False)
    shown = invoke("recommend", tickets_csv, "--metric", "balanced_accuracy")
    assert "What is expected is balanced accuracy" in shown.stdout
    assert "ms a text" in shown.stdout
    assert invoke("recommend", tickets_csv, "--prefer-small", 2).exit_code == 2


def test_columns_can_be_chosen(invoke: Invoke, experienced: Path, tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    rows = [(text, text[::-1], label, "ab"[row % 2]) for row, (text, label) in enumerate(texts_of(60))]
    file.write_bytes(csv_of(rows, header=("text", "body", "label", "mood")))
    dataset = recommend(invoke, file, "--text", "body", "--label", "mood")["dataset"]
    assert dataset == {"rows": 60, "classes": 2, "text": "body", "label": "mood"}


def test_rows_left_out_are_told_apart_from_the_answer(
    invoke: Invoke, experienced: Path, tmp_path: Path
) -> None:
    file = tmp_path / "holes.csv"
    file.write_bytes(csv_of([*texts_of(60), ("", "praise")]))
    result = invoke("recommend", file, "--json")
    assert "1 row left out" in result.stderr
    assert json.loads(result.stdout)["dataset"]["rows"] == 60


def test_nothing_is_left_behind(invoke: Invoke, experienced: Path, tickets_csv: Path) -> None:
    recommend(invoke, tickets_csv)
    assert list(experienced.iterdir()) == []


def test_a_person_reads_a_table(invoke: Invoke, experienced: Path, tickets_csv: Path) -> None:
    shown = invoke("recommend", tickets_csv, "--top", 2).stdout
    assert "200 rows of 4 classes" in shown
    assert "between" in shown


def test_without_an_architecture_the_first_recommended_is_trained(
    invoke: Invoke, experienced: Path, tickets_csv: Path
) -> None:
    first = recommend(invoke, tickets_csv, "--max-seconds", 30)["architectures"][0]
    result = invoke("train", tickets_csv, "--json", "--max-seconds", 30)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["architecture"]["hash"] == first["hash"]
    assert found["recommended"]["expected_accuracy"] == first["expected_accuracy"]


def test_a_family_can_be_unknown_to_the_answer(
    invoke: Invoke, experienced: Path, tickets_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def without(settings: Settings, family: str, space: str, *_: object, **__: object) -> Checkpoint:
        asked.append((family, space))
        if family != "movies":
            raise UnknownFamilyError(family, ["movies"])
        return Checkpoint.load(settings.experience / space / "checkpoint")

    monkeypatch.setattr(recommending, "checkpoint_without", without)
    recommend(invoke, tickets_csv, "--without-family", "movies")
    assert asked == [("movies", "wide_deep")]
    result = invoke("recommend", tickets_csv, "--without-family", "opera")
    assert result.exit_code == 2
    assert "'opera'" in result.stderr
