"""The experience from the command line: filled, stopped in the middle, continued, carried elsewhere."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, select

from app.cli import main
from app.cli.experience import ProgressTeller
from app.db.session import transaction
from app.experiments.populate import PopulateProgress, populating_alone
from app.experiments.tables import RunRow
from app.experiments.training_process import GivenUpTask
from app.settings import PROJECT_ROOT
from tests.app.experiments.conftest import no_wider, write_csv

CHEAP = """
import sys, time
from pathlib import Path
from app.cli import main
from app.experiments import service
from tests.app.experiments.conftest import no_wider

record, left, told = service.record, int(sys.argv[1]), Path(sys.argv[2])

def record_some(session, ended):
    global left
    if left == 0:
        told.touch()
        time.sleep(3600)
    left -= 1
    return record(session, ended)

service.distinct_architectures, service.record = no_wider, record_some
main(sys.argv[3:])
"""
"""The command with cheap architectures; having recorded some runs it tells so and waits."""

RUNS = 12
Captured = pytest.CaptureFixture[str]
WAIT_SECONDS = 300.0
"""For a process to say something: seconds on an idle machine, minutes on a busy one."""


@pytest.fixture
def environment(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # The command sets its own.
    return {"FORETHOUGHT_DATA": str(tmp_path / "data"), "FORETHOUGHT_DATABASE_URL": database_url}


def run(environment: Mapping[str, str], *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env=dict(environment))


def answer(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def recorded(engine: Engine) -> dict[int, object]:
    with transaction(engine) as session:
        rows = session.execute(select(RunRow.id, RunRow.ended_at).order_by(RunRow.id))
        return {row.id: row.ended_at for row in rows}


@contextmanager
def populating(environment: Mapping[str, str], records: int, told: Path) -> Iterator[subprocess.Popen[str]]:
    """A populate in a process group of its own, as a terminal makes it; killed at the latest here."""
    words = ["populate", "--shared", str(RUNS), "--random", "0", "--processes", "1", "--json"]
    with subprocess.Popen(
        [sys.executable, "-c", CHEAP, str(records), str(told), *words],
        env={**os.environ, **environment, "PYTHONPATH": str(PROJECT_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=PROJECT_ROOT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(told: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not told.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def members(group: int) -> list[int]:
    """The living processes of a process group; the dead that nobody has collected do not count."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def wait_until_gone(group: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while members(group):
        assert time.monotonic() < deadline, members(group)
        time.sleep(0.02)


def test_a_populate_killed_and_interrupted_repeats_no_run_and_leaves_no_process(
    environment: Mapping[str, str], engine: Engine, tmp_path: Path
) -> None:
    assert run(environment, "tasks", "add", str(write_csv(tmp_path / "mr.csv"))).exit_code == 0
    with populating(environment, 2, tmp_path / "killed") as process:
        wait_for(tmp_path / "killed", process)
        process.kill()
        process.communicate()
        wait_until_gone(process.pid)
    after_kill = recorded(engine)
    assert len(after_kill) == 2
    with populating(environment, 3, tmp_path / "interrupted") as process:
        wait_for(tmp_path / "interrupted", process)
        os.killpg(process.pid, signal.SIGINT)
        shown, said = process.communicate(timeout=WAIT_SECONDS)
        assert (process.returncode, shown) == (1, "")
        assert "the same command continues" in said
        assert "Traceback" not in said
        wait_until_gone(process.pid)  # Python's own resource tracker ends a moment later.
    after_interrupt = recorded(engine)
    assert len(after_interrupt) == 5
    with populating(environment, RUNS, tmp_path / "never") as process:
        shown, said = process.communicate(timeout=WAIT_SECONDS)
    assert json.loads(shown)["done"] == RUNS - 5
    assert f"{RUNS - 5} runs on 1 tasks are left: about" in said
    finally_there = recorded(engine)
    assert len(finally_there) == RUNS
    assert after_kill.items() <= after_interrupt.items() <= finally_there.items()


def test_without_tasks_populate_says_how_to_add_some(environment: Mapping[str, str]) -> None:
    result = run(environment, "populate")
    assert result.exit_code == 1
    assert "There are no tasks yet; `forethought tasks add FILE...` makes some." in result.stderr


def test_a_task_that_is_not_there_is_bad_input(environment: Mapping[str, str], tmp_path: Path) -> None:
    run(environment, "tasks", "add", str(write_csv(tmp_path / "mr.csv", rows=60)))
    result = run(environment, "populate", "--tasks", "mr, trec")
    assert result.exit_code == 2
    assert "There is no task trec; there are mr." in result.stderr


def test_a_second_populate_is_refused(environment: Mapping[str, str], engine: Engine) -> None:
    with populating_alone(engine, "wide_deep"):
        result = run(environment, "populate")
    assert result.exit_code == 1
    assert "Another `forethought populate` is filling this space" in result.stderr


def test_an_unreadable_file_is_named_and_leaves_no_task(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    result = run(environment, "tasks", "add", str(tmp_path / "empty.csv"))
    assert result.exit_code == 2
    assert "empty.csv: " in result.stderr
    assert answer(run(environment, "tasks", "list", "--json")) == {"tasks": []}


def test_a_snapshot_goes_elsewhere_and_comes_back(
    environment: Mapping[str, str], engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.experiments.service.distinct_architectures", no_wider)
    file = write_csv(tmp_path / "mr.csv")
    run(environment, "tasks", "add", str(file))
    done = answer(
        run(environment, "populate", "--shared", "2", "--random", "0", "--processes", "1", "--json")
    )
    assert (done["done"], done["failed"]) == (2, 0)
    out = tmp_path / "snapshot"
    assert answer(run(environment, "export", "--out", str(out), "--json"))["runs"] == 2
    report = run(environment, "space-report", "--snapshot", str(out))
    assert "wide_deep: 1 tasks, 2 finished runs" in report.stdout
    assert "Most successful shared architecture" in report.stdout
    of_database = answer(run(environment, "space-report", "--json"))
    assert of_database == answer(run(environment, "space-report", "--snapshot", str(out), "--json"))

    with transaction(engine) as session:
        session.execute(RunRow.__table__.delete())  # type: ignore[attr-defined]
    for dataset in (tmp_path / "data" / "datasets").iterdir():
        dataset.unlink()
    words = ("populate", "--shared", "2", "--random", "0", "--from-snapshot", str(out))
    result = run(environment, *words)
    assert result.exit_code == 0
    assert "2 runs are in the snapshot." in result.stderr
    assert "The texts of 1 tasks are not here (mr)" in result.stderr
    run(environment, "tasks", "add", str(file))
    again = run(environment, *words, "--json")
    assert "Nothing is left to train" in again.stderr
    assert answer(again)["done"] == 0
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(RunRow)) == 2


def test_a_folder_without_a_snapshot_is_told(environment: Mapping[str, str], tmp_path: Path) -> None:
    for words in (("populate", "--from-snapshot"), ("space-report", "--snapshot")):
        result = run(environment, *words, str(tmp_path))
        assert result.exit_code == 1
        assert "tasks.parquet is missing or damaged" in result.stderr


def told(*progress: PopulateProgress, is_terminal: bool, capsys: Captured) -> tuple[list[str], str]:
    shown: list[str] = []
    teller = ProgressTeller(shown.append, is_terminal=is_terminal)
    for one in progress:
        teller(one)
    return shown, capsys.readouterr().err


def test_a_terminal_sees_each_run_in_one_line_and_a_log_each_tenth(
    capsys: Captured,
) -> None:
    every = [PopulateProgress(n, 1_012, 0, 1.0, 7_200.0, "mr") for n in range(1, 13)]
    shown, said = told(*every, is_terminal=True, capsys=capsys)
    assert (len(shown), said) == (12, "")
    assert shown[0] == "1 of 1,012 runs, 0 failed; mr; about 2.0 hours left"
    shown, said = told(*every, is_terminal=False, capsys=capsys)
    assert (shown, said) == ([], "10 of 1,012 runs, 0 failed; mr; about 2.0 hours left\n")


def test_a_task_given_up_is_told_once(capsys: Captured) -> None:
    lost = (GivenUpTask(1, "mr", "Its texts are gone."),)
    every = [PopulateProgress(n, 5, 0, 1.0, 60.0, "mr", lost) for n in (0, 1, 2)]
    _, said = told(*every, is_terminal=False, capsys=capsys)
    assert said == "mr is left out for now: Its texts are gone.\n"
