"""Jobs that a test's worker can do; what they store goes into the table `effect`."""

import os
import signal
import time

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.jobs.registry import job
from app.jobs.runner import RunningJob
from dvn.errors import DataError

EFFECT_TABLE = (
    "DROP TABLE IF EXISTS effect; CREATE TABLE effect (job_id uuid, what text, attempt int, process int)"
)


def leave_effect(session: Session, running: RunningJob, what: str) -> dict[str, int]:
    statement = "INSERT INTO effect VALUES (:job_id, :what, :attempt, :process)"
    facts = {"job_id": running.id, "what": what, "attempt": running.attempt, "process": os.getpid()}
    session.execute(text(statement), facts)
    return {"attempt": running.attempt}


@job("sample.count")
def count(running: RunningJob) -> None:
    """Takes `seconds`, in steps that ask whether to go on."""
    seconds = float(running.arguments.get("seconds", 0.0))
    begin = time.monotonic()
    running.store(lambda session: leave_effect(session, running, "begun") and None)
    while (passed := time.monotonic() - begin) < seconds:
        if not running.step(passed / seconds, "counting"):
            return
        time.sleep(0.02)
    running.record(lambda session: leave_effect(session, running, "done"))


@job("sample.deaf")
def be_deaf(running: RunningJob) -> None:
    """Never asks whether to go on."""
    time.sleep(60)
    running.record(lambda session: leave_effect(session, running, "done"))


def leave_given_up(session: Session, subject_id: object, state: str, sentence: str) -> None:
    session.execute(
        text("INSERT INTO effect VALUES (:subject_id, :what)"),
        {"subject_id": subject_id, "what": f"{state}: {sentence}"},
    )


@job("sample.suicide", give_up=leave_given_up)
def kill_worker(running: RunningJob) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@job("sample.refuse", give_up=leave_given_up)
def refuse(running: RunningJob) -> None:
    raise DataError("The file has one column; a text and a label column are needed.")


@job("sample.bug")
def divide_by_zero(running: RunningJob) -> None:
    1 / 0  # noqa: B018
