"""A web server and a worker in threads of a test's process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import uvicorn
from sqlalchemy import Engine

from app.db.session import make_engine
from app.jobs.outbox import reconcile
from app.jobs.registry import load_kinds
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId
from app.main import create_app
from app.settings import Settings, load_settings
from tests.conftest import copied_database
from tests.small_experience import save_whole_experience


class serving:  # noqa: N801  (used like a function)
    """A web server in a thread, up while the block lasts."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        config = uvicorn.Config(create_app(settings), log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],))

    def __enter__(self) -> None:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the web server did not start"
            sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


class working:  # noqa: N801  (used like a function)
    """A worker in a thread, at work while the block lasts."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        self._engine: Engine = make_engine(url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> None:
        load_kinds()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._engine.dispose()

    def _work(self) -> None:
        while not self._over.wait(0.2):
            waiting: list[JobId] = []
            reconcile(self._engine, waiting.append, max_attempts=self._settings.max_attempts)
            for job_id in waiting:
                run_job(self._engine, Pace.of(self._settings), job_id)


@contextmanager
def whole_service(folder: Path, server: str, template: str, **more: Any) -> Iterator[Settings]:
    """A web server and a worker in threads of this process, with a small value network and more settings."""
    save_whole_experience(folder / "experience")
    with copied_database(server, template) as url, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = load_settings(
            data=folder / "data",
            experience=folder / "experience",
            database_url=url,
            port=listener.getsockname()[1],
            **more,
        )
        with serving(settings, listener), working(settings, url):
            yield settings
