"""Shared by the tests of the commands: an empty folder to work in, and files to give them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.synthetic import csv_of, texts_of

Invoke = Callable[..., Result]

WORDS = json.dumps(
    {
        "encoder": "none", "table": "none", "ngrams": "words", "wide_rate": 0.3, "wide_l1": 0.0,
        "class_weight": "none", "steps": 250,
    }
)  # fmt: skip
"""An architecture that needs no embedding module and trains in a moment."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder; no data folder and no experience are near."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FORETHOUGHT_DATA", str(tmp_path / "no-data"))
    monkeypatch.setenv("FORETHOUGHT_EXPERIENCE", str(tmp_path / "no-experience"))
    return folder


@pytest.fixture
def invoke(place: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs a command in this process; the hook that it sets is undone afterwards."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


@pytest.fixture
def tickets_csv(tmp_path: Path) -> Path:
    """A table that can be learned: 200 texts in 4 classes."""
    path = tmp_path / "tickets.csv"
    path.write_bytes(csv_of(texts_of(200)))
    return path


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of the command line's own, trained once."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "tickets.csv").write_bytes(csv_of(texts_of(200)))
    arguments = ["train", str(folder / "tickets.csv"), "--architecture", WORDS, "--out", str(folder / "made")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return folder / "made"
