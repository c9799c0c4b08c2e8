"""A researcher's way on the command line, each step a process of its own: fit, look, judge, reproduce."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.settings import PROJECT_ROOT
from dvn.evaluation.paper_figures import PAPER_NAMES
from dvn.evaluation.track_record import read_track_record
from dvn.value_network import Checkpoint
from tests.dvn.experiences import two_kinds, write_experience
from tests.dvn.ffnn_experience import ffnn_experience, named


def test_a_snapshot_becomes_a_value_network_that_is_judged(tmp_path: Path) -> None:
    """No server and no database: a folder with runs is all that is needed."""
    write_experience(tmp_path / "snapshot", two_kinds(3, runs=6, shared=3))
    fitted = said(tmp_path, "fit", "--snapshot", "snapshot", "--data", "data", "--json")
    assert Checkpoint.load(Path(fitted["folder"])).id == fitted["checkpoint"]
    [listed] = said(tmp_path, "checkpoints", "--data", "data", "--json")["checkpoints"]
    assert listed["id"] == fitted["checkpoint"]
    card = ran(tmp_path, "checkpoints", "--data", "data", "--card", fitted["checkpoint"])
    assert card.startswith("# ")
    options = ("--snapshot", "snapshot", "--data", "data", "--track-record", "record.json", "--json")
    assert said(tmp_path, "evaluate", *options)
    assert len(read_track_record(tmp_path / "record.json").tasks) == 3


def test_the_papers_figure_of_the_space_is_drawn_from_a_snapshot(tmp_path: Path) -> None:
    tasks = dict(enumerate(list(PAPER_NAMES)[:4]))
    runs = named(ffnn_experience(4, runs=15, twice=12, noise=0.01), tasks)
    write_experience(tmp_path / "snapshot", runs)
    options = ("--snapshot", "snapshot", "--out", "figures", "--orders", "2", "--rival", "layers", "--json")
    rows = said(tmp_path, "reproduce", "figure-tasks", *options)["sections"]["process on layer summaries"]
    assert [row["training tasks"] for row in rows] == ["1", "2", "3"]
    assert (tmp_path / "figures" / "figure_tasks_spearman.svg").exists()


def ran(place: Path, *arguments: str) -> str:
    """What a command prints; it must end well."""
    ours = {"FORETHOUGHT_EXPERIENCE": str(place / "no-experience"), "PYTHONPATH": str(PROJECT_ROOT)}
    command = [sys.executable, "-m", "app.cli", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=place, env={**os.environ, **ours}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def said(place: Path, *arguments: str) -> Any:
    return json.loads(ran(place, *arguments))
