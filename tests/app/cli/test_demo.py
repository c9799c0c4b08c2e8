"""`forethought demo`: a first file, without one's own."""

import json
from pathlib import Path

from dvn.data.demo_rows import demo_csv
from dvn.data.read_csv import read_dataset
from tests.app.cli.conftest import Invoke


def test_the_file_is_a_dataset_that_can_be_read(invoke: Invoke, place: Path) -> None:
    result = invoke("demo", "--out", "demo.csv", "--json")
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    assert (place / "demo.csv").read_bytes() == demo_csv()
    dataset = read_dataset(place / "demo.csv")
    assert (dataset.text_column, dataset.label_column) == (made["text"], made["label"])
    assert len(dataset.classes) == 6


def test_the_next_step_is_said(invoke: Invoke, place: Path) -> None:
    result = invoke("demo", "--rows", "300", "--seed", "2")
    assert f"Next: forethought recommend {place / 'demo_messages.csv'}" in result.stdout
    assert (place / "demo_messages.csv").read_bytes() == demo_csv(rows=300, seed=2)


def test_a_place_that_cannot_be_written_is_refused(invoke: Invoke, place: Path) -> None:
    result = invoke("demo", "--out", place)
    assert result.exit_code == 2
    assert "it is no ordinary file; choose another place with --out." in result.stderr
