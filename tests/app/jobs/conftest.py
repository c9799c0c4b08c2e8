"""Workers as real processes, and a table in which sample jobs leave what they did."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.db.tether import tethered
from app.jobs import queries
from app.jobs.service import enqueue
from app.jobs.tables import ENDED, JobId, JobRow
from app.settings import PROJECT_ROOT, Settings, child_environment
from tests.app.jobs.sample_jobs import EFFECT_TABLE

PATIENCE_SECONDS = 60.0


def wait_until(is_true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> float:
    """Seconds until the condition held; fails when it does not in time."""
    start = time.monotonic()
    while not is_true():
        if time.monotonic() - start > seconds:
            pytest.fail(f"not so within {seconds:g} s")
        time.sleep(0.02)
    return time.monotonic() - start


@contextmanager
def running_worker(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**child_environment(settings), "OMP_NUM_THREADS": "1"}
    command = tethered([sys.executable, "-m", "app.worker"], end=signal.SIGKILL)
    with subprocess.Popen(command, env=environment, start_new_session=True, cwd=PROJECT_ROOT) as worker:
        try:
            yield worker
        finally:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)


class Desk:
    """Queues sample jobs and looks at what became of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with transaction(engine) as session:
            session.execute(text(EFFECT_TABLE))

    def queue(self, kind: str, *, deadline_seconds: float | None = None, **arguments: object) -> JobId:
        with transaction(self.engine) as session:
            return enqueue(session, kind, uuid4(), arguments=arguments, deadline_seconds=deadline_seconds)

    def look(self, job_id: JobId) -> JobRow:
        with transaction(self.engine) as session:
            row = queries.find_job(session, job_id)
        assert row is not None
        return row

    def wait_for_end(self, job_id: JobId, seconds: float = PATIENCE_SECONDS) -> JobRow:
        wait_until(lambda: self.look(job_id).state in ENDED, seconds)
        return self.look(job_id)

    def wait_for_effect(self, job_id: JobId, what: str) -> None:
        wait_until(lambda: what in [name for name, _ in self.effects(job_id)])

    def effects(self, subject: object) -> list[tuple[str, int]]:
        """What was stored for a job, with the attempt that stored it."""
        wanted = text("SELECT what, attempt FROM effect WHERE job_id = :id ORDER BY attempt, what")
        with transaction(self.engine) as session:
            return [(what, attempt) for what, attempt in session.execute(wanted, {"id": subject})]

    def states(self, job_id: JobId) -> list[str]:
        """Every state the job was in, in order."""
        with transaction(self.engine) as session:
            events = queries.events_after(session, job_id)
        return [event.facts["state"] for event in events if event.kind == "state"]


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)
