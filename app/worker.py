"""Settings become a worker: a Celery process that announces and does jobs. Run as `python -m app.worker`.

The parent process announces (see `app.jobs.outbox`) and never computes: its children are forked, and a
child of a parent that computed with torch would deadlock. Each child does one job at a time on one thread.
"""

import fcntl
import logging
import os
import shutil
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final, final
from uuid import UUID

import billiard.process  # type: ignore[import-untyped]
import torch
from celery import signals  # type: ignore[import-untyped]
from celery.platforms import SecurityWarning  # type: ignore[import-untyped]
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from app.db.database import open_database
from app.db.session import make_engine, transaction
from app.db.tether import die_with_parent
from app.errors import AppError
from app.jobs.broker import MESSAGE_FOLDER, TASK, announce, make_celery
from app.jobs.outbox import keep_reconciling
from app.jobs.queries import is_any_running
from app.jobs.registry import load_kinds
from app.jobs.runner import INTERRUPT, Pace, owner_prefix, run_job
from app.jobs.tables import JobId
from app.registry.service import queue_nightly
from app.settings import Settings, load_settings

LOG: Final = logging.getLogger("forethought.worker")
LEAVE_SECONDS: Final = 5.0


@final
class Worker:
    """One worker: the parent's reconciler and the children's engine, tied to Celery's signals."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.settings = settings
        self.celery = make_celery(settings)
        self.celery.task(self.do, name=TASK)
        self._url = url
        self._pace = Pace.of(settings)
        self._engine: Engine | None = None
        self._parent_engine = make_engine(url, pool_size=2)
        self._parent = os.getpid()
        self._stop = threading.Event()

    def run(self) -> None:
        """Work until SIGTERM; running jobs are put back into the queue."""
        signals.setup_logging.connect(log_to_stderr, weak=False)
        signals.worker_process_init.connect(self.prepare_child, weak=False)
        signals.worker_ready.connect(self.be_ready, weak=False)
        # Messages carry ids only, so that what Celery fears of root cannot happen.
        warnings.filterwarnings("ignore", category=SecurityWarning)
        options = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        processes = f"--concurrency={self.settings.worker_processes}"
        self.celery.worker_main(["--quiet", "worker", "--pool=prefork", processes, *options])

    def do(self, job_id: str) -> None:
        """What one message asks for."""
        assert self._engine is not None
        run_job(self._engine, self._pace, JobId(UUID(job_id)))

    def prepare_child(self, **_: Any) -> None:
        """After the fork: an engine of its own, one thread, and no life without the parent."""
        signal.signal(INTERRUPT, signal.SIG_IGN)
        self._parent_engine.dispose(close=False)
        die_with_parent(signal.SIGKILL, self._parent)
        self._engine = make_engine(self._url, pool_size=4)
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)

    def be_ready(self, **_: Any) -> None:
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: threading.Thread(target=self.leave).start())
        threading.Thread(target=self.reconcile, name="reconciler", daemon=True).start()
        LOG.info("worker.ready processes=%d", self.settings.worker_processes)

    def reconcile(self) -> None:
        keep_reconciling(
            self._parent_engine,
            lambda job_id: announce(self.celery, job_id),
            self._stop,
            every_seconds=self.settings.reconcile_seconds,
            max_attempts=self.settings.max_attempts,
            plan=lambda session: queue_nightly(session, self.settings, datetime.now(UTC)),
        )

    def leave(self) -> None:
        """Told to stop: interrupt the children until their jobs are back in the queue, then end at once.

        Celery's own way out takes 3 to 13 seconds of waiting for its threads, and leaves nothing safer.
        """
        LOG.info("worker.stopping")
        self._stop.set()
        deadline = monotonic() + LEAVE_SECONDS
        children = [child.pid for child in billiard.process.active_children()]
        while self.is_any_busy(children) and monotonic() < deadline:
            for child in children:
                os.kill(child, INTERRUPT)
            time.sleep(0.1)
        os._exit(0)

    def is_any_busy(self, children: list[int]) -> bool:
        """Whether a job is still held by one of these processes."""
        try:
            with transaction(self._parent_engine) as session:
                return is_any_running(session, [owner_prefix(child) for child in children])
        except DBAPIError:
            return False


def log_to_stderr(**_: Any) -> None:
    """One line for each event, with its fields."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(process)d %(message)s"
    )
    for noisy in ("celery", "kombu", "amqp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def fresh_messages(settings: Settings) -> Iterator[None]:
    """Start with an empty message folder: what a killed worker left there may be damaged.

    Nothing is lost, since the reconciler announces every queued job at its start.
    """
    with (settings.data / "broker.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            LOG.warning("worker.shares_messages folder=%s", settings.data)
        else:
            shutil.rmtree(settings.data / MESSAGE_FOLDER, ignore_errors=True)
        yield


def main() -> None:
    """Run a worker with the settings of the environment."""
    settings = load_settings()
    load_kinds(settings.job_modules)
    try:
        with open_database(settings) as url, fresh_messages(settings):
            Worker(settings, url).run()
    except AppError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
