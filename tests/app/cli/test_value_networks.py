"""fit, evaluate and checkpoints from the command line, on a tiny snapshot."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from app.cli import value_networks
from app.settings import load_settings
from dvn.evaluation.track_record import read_track_record
from dvn.value_network import Checkpoint, FitOptions
from tests.dvn.experiences import SPACE, two_kinds, write_experience


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("snapshot")
    write_experience(folder, two_kinds(3, runs=6, shared=3))
    return folder


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe that takes no time, and nothing shipped."""
    monkeypatch.setattr(value_networks, "FitOptions", partial(FitOptions, members=1, iterations=2))
    monkeypatch.setattr(
        value_networks, "load_settings", partial(load_settings, experience=tmp_path / "experience")
    )


def ran(command: click.Command, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=pytest.fail)


def test_a_fitted_checkpoint_is_listed_with_its_snapshot(snapshot: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    fitted = document(ran(value_networks.fit, "--snapshot", snapshot, "--data", data, "--json"))
    assert (fitted["space"], fitted["tasks"], fitted["runs"]) == (SPACE, 3, 18)
    assert fitted["calibration"]["tasks"] == 3
    assert Checkpoint.load(Path(fitted["folder"])).id == fitted["checkpoint"]
    (listed,) = document(ran(value_networks.list_checkpoints, "--data", data, "--json"))["checkpoints"]
    assert (listed["id"], listed["tasks"], listed["shipped"]) == (fitted["checkpoint"], 3, False)
    assert fitted["snapshot_hash"].startswith(listed["snapshot"])
    assert Path(listed["folder"]) == Path(fitted["folder"])


def test_a_seed_has_its_own_checkpoint_and_out_chooses_the_folder(snapshot: Path, tmp_path: Path) -> None:
    ids = set()
    for seed in (0, 1):
        folder = tmp_path / "out" / str(seed)
        found = ran(value_networks.fit, "--snapshot", snapshot, "--seed", seed, "--out", folder)
        assert found.exit_code == 0, found.stderr
        assert str(folder) in found.stdout
        assert "Fitting to 18 runs on 3 tasks." in found.stderr
        ids.add(Checkpoint.load(folder).id)
    assert len(ids) == 2


def test_a_value_network_is_fitted_to_the_metric_that_is_asked_for(snapshot: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    options = ("--snapshot", snapshot, "--data", data, "--json")
    by_accuracy = document(ran(value_networks.fit, *options))
    by_f1 = document(ran(value_networks.fit, *options, "--metric", "macro_f1"))
    assert Checkpoint.load(Path(by_f1["folder"])).metric == by_f1["metric"] == "macro_f1"
    assert by_f1["checkpoint"] != by_accuracy["checkpoint"]
    listed = document(ran(value_networks.list_checkpoints, "--data", data, "--json"))["checkpoints"]
    assert {one["id"]: one["metric"] for one in listed} == {
        by_accuracy["checkpoint"]: "accuracy",
        by_f1["checkpoint"]: "macro_f1",
    }


def test_without_any_checkpoint_the_list_is_empty(tmp_path: Path) -> None:
    found = ran(value_networks.list_checkpoints, "--data", tmp_path / "data")
    assert (found.exit_code, found.stdout) == (0, "nothing\n")


@pytest.mark.parametrize("command", [value_networks.fit, value_networks.evaluate])
def test_without_a_snapshot_there_is_a_sentence_and_exit_code_1(
    command: click.Command, tmp_path: Path
) -> None:
    found = ran(command, "--data", tmp_path / "data", "--json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "tasks.parquet is missing or damaged; `forethought export` writes a whole one." in found.stderr


@pytest.mark.parametrize("command", [value_networks.fit, value_networks.evaluate])
def test_a_space_without_runs_is_refused_in_a_sentence(
    command: click.Command, snapshot: Path, tmp_path: Path
) -> None:
    found = ran(command, "--snapshot", snapshot, "--space", "relaxed_ffnn", "--data", tmp_path / "data")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "`forethought" in found.stderr


@pytest.mark.parametrize("arguments", [("--processes", 0), ("--snapshot", "nowhere"), ("--space", "nowhere")])
def test_bad_options_are_exit_code_2(arguments: tuple[str, object]) -> None:
    assert ran(value_networks.evaluate, *arguments).exit_code == 2


def test_the_evaluation_prints_its_table_from_processes_of_its_own(snapshot: Path, tmp_path: Path) -> None:
    options = ("--snapshot", snapshot, "--processes", 1, "--data", tmp_path / "data", "--json")
    result = ran(value_networks.evaluate, *options)
    found = document(result)
    assert "3 of 3 families" in result.stderr
    assert (found["space"], found["tasks"], found["runs"]) == (SPACE, 3, 18)
    lines = {line["contender"]: line for line in found["summary"]}
    assert {"value network", "best on average", "nearest task", "random architecture"} <= lines.keys()
    assert all(line["tasks"] == 3 for line in lines.values())
    assert len(found["scores"]) == 3 * len(lines)


def test_a_track_record_speaks_for_the_checkpoint_of_its_snapshot(snapshot: Path, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "record.json"
    fitted = document(ran(value_networks.fit, "--snapshot", snapshot, "--data", data, "--json"))
    options = ("--snapshot", snapshot, "--processes", 1, "--data", data, "--track-record", file)
    printed = ran(value_networks.evaluate, *options)
    assert (printed.exit_code, "coverage" in printed.stdout) == (0, True)
    result = ran(value_networks.evaluate, *options, "--json")
    found = document(result)
    assert "3 of 3 folds" in result.stderr
    assert (found["file"], found["checkpoint"]) == (str(file), fitted["checkpoint"])
    record = read_track_record(file)
    assert len(record.tasks) == found["summary"][0]["tasks"] == 3
    assert record.runs == 18
    assert record.command == f"forethought evaluate --space {SPACE} --seed 0 --track-record FILE"


def test_the_card_of_a_checkpoint_is_printed_and_another_id_is_refused(
    snapshot: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    fitted = document(ran(value_networks.fit, "--snapshot", snapshot, "--data", data, "--json"))
    printed = ran(value_networks.list_checkpoints, "--card", fitted["checkpoint"], "--data", data)
    assert printed.exit_code == 0
    assert printed.stdout.startswith(f"# Value network {fitted['checkpoint']}\n")
    assert "3 tasks of 3 families" in printed.stdout
    refused = ran(value_networks.list_checkpoints, "--card", "unknown", "--data", data)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert fitted["checkpoint"] in refused.stderr
