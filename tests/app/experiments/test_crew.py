"""Whatever becomes of a training process, each run comes back once and no process stays."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from app.experiments.crew import Crew
from app.experiments.service import EndedRun, PlannedTraining, TaskPlan
from app.experiments.tables import Origin
from app.experiments.training_process import GivenUpTask, Ready, StartedRun, Work
from app.settings import PROJECT_ROOT
from dvn.data.split import Split
from dvn.data.split_report import SplitReport
from tests.app.experiments.conftest import wide_architectures

DIES, MUTE, GIVES_UP = (
    "dies in its second run and telling the third",
    "dies at once",
    "gives up",
)


def act(line: Connection, parent: int) -> None:
    """In place of `train_task`: trains nothing, and does what the name of its task says."""
    line.send(Ready())
    work: Work = line.recv()
    plan = work.plan
    if plan.name == MUTE:
        os.kill(os.getpid(), signal.SIGKILL)
    if plan.name == GIVES_UP:
        line.send(GivenUpTask(plan.task_id, plan.name, "no texts"))
        return
    for architecture_id, _, origin, _ in plan.runs:
        now = datetime.now(UTC)
        line.send(StartedRun(architecture_id, origin, now))
        if architecture_id == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        if architecture_id == 3:
            os.write(line.fileno(), b"\x00\x01\x00\x00half of a long message")
            os.kill(os.getpid(), signal.SIGKILL)
        line.send(EndedRun(plan.task_id, architecture_id, origin, now, now, None, "trained nothing"))


def works(*names: str) -> list[Work]:
    rows = np.arange(3)
    split = Split(rows, rows, rows, rows[:0], 0, SplitReport())
    one = wide_architectures(1)[0]
    runs = tuple(PlannedTraining(number, one, Origin.shared) for number in (1, 2, 3))
    return [
        Work(TaskPlan(number, name, "c0ffee", 3, runs), split, Path("nowhere"), 0)
        for number, name in enumerate(names)
    ]


@pytest.fixture(scope="module")
def heard() -> list[EndedRun | GivenUpTask]:
    crew = Crew(2, works(DIES, MUTE, GIVES_UP), body=act)
    return list(crew.news())


def of_task(heard: Sequence[EndedRun | GivenUpTask], name: str) -> list[EndedRun | GivenUpTask]:
    place = (DIES, MUTE, GIVES_UP).index(name)
    return [event for event in heard if event.task_id == place]


def test_each_run_comes_back_once_and_those_of_killed_processes_failed(
    heard: list[EndedRun | GivenUpTask],
) -> None:
    ended = [event for event in of_task(heard, DIES) if isinstance(event, EndedRun)]
    died = "The training process ended with exit code -9."
    assert [(run.architecture_id, run.error) for run in ended] == [
        (1, "trained nothing"),
        (2, died),
        (3, died),
    ]


def test_a_task_whose_processes_never_begin_is_given_up(heard: list[EndedRun | GivenUpTask]) -> None:
    [event] = of_task(heard, MUTE)
    assert isinstance(event, GivenUpTask)
    assert "exit code -9" in event.reason


def test_a_task_that_cannot_be_trained_on_is_given_up_with_its_reason(
    heard: list[EndedRun | GivenUpTask],
) -> None:
    assert of_task(heard, GIVES_UP) == [GivenUpTask(2, GIVES_UP, "no texts")]


def test_stopping_leaves_no_process_and_no_work() -> None:
    crew = Crew(1, works(DIES, DIES), body=act)
    assert isinstance(next(crew.news()), EndedRun)
    [member] = crew._members
    crew.stop()
    assert not member.process.is_alive()
    assert list(crew.news()) == []


def tell_deafness(line: Connection, parent: int) -> None:
    """In place of `train_task`: says of a run whether its process cannot hear Ctrl-C."""
    line.send(Ready())
    work: Work = line.recv()
    is_deaf = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    for architecture_id, _, origin, _ in work.plan.runs:
        now = datetime.now(UTC)
        line.send(EndedRun(work.plan.task_id, architecture_id, origin, now, now, None, str(is_deaf)))


def test_no_training_process_hears_ctrl_c_the_first_one_neither() -> None:
    """In a process of its own, where Python's resource tracker has not begun yet."""
    program = (
        "from tests.app.experiments.test_crew import Crew, tell_deafness, works\n"
        "print({run.error for run in Crew(1, works('one', 'two'), body=tell_deafness).news()})"
    )
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
    assert said.stdout == "{'True'}\n"
