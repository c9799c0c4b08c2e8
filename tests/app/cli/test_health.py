"""`forethought health`: what is found in a file, and what is left after fixes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.synthetic import csv_of, texts_of


@pytest.fixture
def sick_file(tmp_path: Path) -> Path:
    path = tmp_path / "sick.csv"
    path.write_bytes(csv_of([*texts_of(60, seed=300), ("?!?", "refund"), ("cafÃ© au lait please", "praise")]))
    return path


def kinds(file: Path, *options: str) -> set[str]:
    found = CliRunner().invoke(main, ["health", str(file), "--json", *options])
    assert found.exit_code == 0, found.output
    return {one["kind"] for one in json.loads(found.stdout)["findings"]}


def test_findings_are_told_with_the_fix_that_mends_them(sick_file: Path) -> None:
    found = CliRunner().invoke(main, ["health", str(sick_file)])
    assert found.exit_code == 0
    assert "--fix drop-blank  Removes 1 row." in found.stdout


def test_a_fix_leaves_the_other_findings(sick_file: Path) -> None:
    assert {"blank_texts", "broken_letters"} <= kinds(sick_file)
    left = kinds(sick_file, "--fix", "drop-blank")
    assert "blank_texts" not in left
    assert "broken_letters" in left


def test_rival_fixes_are_bad_input(sick_file: Path) -> None:
    rivals = ["--fix", "drop-conflicts", "--fix", "majority-label"]
    assert CliRunner().invoke(main, ["health", str(sick_file), *rivals]).exit_code == 2
