"""Settings become the running service: database, worker and web server, until a signal ends them all.

    serve ─┬─ guardian ── PostgreSQL        (app/db; stops when its last user is gone)
           ├─ worker ──── one child per job (app/worker.py)
           └─ web                           (uvicorn, with the factory `settings.web_app`)

Of workers and web servers there may be several: the kernel gives a connection to whichever of them accepts.
The socket belongs to this process, so that a web server that is restarted refuses nobody. Worker and
web have sessions of their own: Ctrl-C reaches this process only, which stops them in order. The kernel
kills them when this process dies, however it dies.
"""

import argparse
import contextlib
import errno
import fcntl
import http.client
import importlib
import ipaddress
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Final, final

import uvicorn

from app.db.data_folder import open_data_folder
from app.db.database import driver_url
from app.db.embedded import EmbeddedPostgres, embedded_url
from app.db.migrate import migrate
from app.db.tether import tethered
from app.errors import AppError, StartError
from app.settings import PROJECT_ROOT, Mode, Settings, child_environment, load_settings

GRACEFUL_SECONDS: Final = 3
"""How long an open answer, such as a stream of progress, may delay the end of the web server."""
STOP_SECONDS: Final = 8.0
RESTARTS: Final = 5
RESTART_WINDOW_SECONDS: Final = 300.0
READY_SECONDS: Final = 180.0
LOOK_SECONDS: Final = 1.0
WORKER_NICE: Final = 5
BACKLOG: Final = 512
LOCK: Final = "serve.lock"
ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PortTakenError(StartError):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is taken by another program: stop that, or choose another with --port."
        )


class AddressError(StartError):
    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"Nothing can listen on {host}, port {port} ({reason}): choose another.")


class OpenToAllError(StartError):
    def __init__(self, host: str) -> None:
        super().__init__(
            f"Without accounts everybody who reaches {host} could see, change and delete everything: set "
            "FORETHOUGHT_MODE=server, or listen on 127.0.0.1."
        )


class SeparateCountsError(StartError):
    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} web servers would each count tries to log in for itself: set FORETHOUGHT_RATES_URL to "
            "a redis:// address where they count together, or FORETHOUGHT_WEB_PROCESSES=1."
        )


class AlreadyRunningError(StartError):
    def __init__(self, folder: Path, who: str) -> None:
        super().__init__(
            f"Forethought already runs on the data folder {folder} ({who}): use that, or choose another "
            "folder with --data."
        )


class ChildDiedAtStartError(StartError):
    def __init__(self, name: str, status: int) -> None:
        super().__init__(f"The {name} did not start (status {status}); the lines above say why.")


class ChildKeptDyingError(StartError):
    def __init__(self, name: str, status: int) -> None:
        super().__init__(
            f"The {name} ended {RESTARTS} times within {RESTART_WINDOW_SECONDS:g} s, last with "
            f"status {status}; the lines above say why."
        )


class NeverReadyError(StartError):
    def __init__(self) -> None:
        super().__init__(f"The web server did not answer in {READY_SECONDS:g} s; the lines above say why.")


@final
class Child:
    """One process of the service, started again when it dies, unless it dies too often."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        nice: int = 0,
        keep: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._command = tethered([sys.executable, "-m", *command], end=signal.SIGKILL, nice=nice)
        self._environment, self._keep = environment, keep
        self._starts: list[float] = []
        self.process = self._start(stdin=subprocess.PIPE)

    def go(self) -> None:
        """Tell it, by the end of its input, that the database is ready."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def look(self, *, is_ready: bool) -> None:
        """Start it again if it has died, once all was ready.

        Raises:
            ChildDiedAtStartError: It has died before that.
            ChildKeptDyingError: It has died too often.
        """
        status = self.process.poll()
        if status is None:
            return
        if not is_ready:
            raise ChildDiedAtStartError(self.name, status)
        self._starts = [start for start in self._starts if monotonic() - start < RESTART_WINDOW_SECONDS]
        if len(self._starts) >= RESTARTS:
            raise ChildKeptDyingError(self.name, status)
        say(f"The {self.name} ended with status {status}; starting it again.")
        self.end_group()
        self.process = self._start(stdin=subprocess.DEVNULL)

    def ask_to_end(self) -> None:
        self.go()
        if self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """Wait until it has ended, and make it end when that takes too long; nothing of it is left."""
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        self.end_group()
        self.process.wait()

    def end_group(self) -> None:
        """Kill it and what it started, as far as they live."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _start(self, *, stdin: int) -> "subprocess.Popen[bytes]":
        self._starts.append(monotonic())
        return subprocess.Popen(  # noqa: S603  (our own program)
            self._command,
            stdin=stdin,
            env=dict(self._environment),
            pass_fds=self._keep,
            start_new_session=True,
            cwd=PROJECT_ROOT,
        )


def serve(settings: Settings) -> None:
    """Run the service until SIGINT, SIGTERM or SIGHUP. Call it from the main thread.

    Raises:
        AppError: It cannot start, or one of its processes keeps dying.
    """
    refuse_open_door(settings)
    refuse_separate_counts(settings)
    open_data_folder(settings.data)
    with alone(settings), listening(settings) as web_socket, until_told():
        say("Starting.")
        given = settings.database_url
        url = embedded_url(settings.data) if given is None else driver_url(given.get_secret_value())
        environment = {**child_environment(settings, database_url=url), "OMP_NUM_THREADS": "1"}
        children: list[Child] = []
        database: EmbeddedPostgres | None = None
        try:
            # The web server loads its code while the database starts.
            command = ["app.serve", "--web-socket", str(web_socket.fileno())]
            for name in numbered("web server", settings.web_processes):
                children.append(Child(name, command, environment, keep=[web_socket.fileno()]))
            database = EmbeddedPostgres(settings.data) if given is None else None
            migrate(url)
            for name in numbered("worker", settings.workers):
                children.append(Child(name, ["app.worker"], environment, nice=WORKER_NICE))
            for child in children:
                child.go()
            watch(settings, children, database)
        finally:
            stop(children, database)


def refuse_open_door(settings: Settings) -> None:
    """Refuse to be reached from other machines without accounts.

    Raises:
        OpenToAllError: The address is not of this machine alone.
    """
    if settings.mode is Mode.local and not is_loopback(settings.host):
        raise OpenToAllError(settings.host)


def refuse_separate_counts(settings: Settings) -> None:
    """Refuse web servers of which each would count requests and tries to log in for itself.

    Raises:
        SeparateCountsError: There are several, and no place where they count together.
    """
    if settings.mode is Mode.server and settings.web_processes > 1 and settings.rates_url is None:
        raise SeparateCountsError(settings.web_processes)


def numbered(name: str, count: int) -> list[str]:
    """What each of several processes is called."""
    return [name] if count == 1 else [f"{name} {number}" for number in range(1, count + 1)]


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def stop(children: Sequence[Child], database: EmbeddedPostgres | None) -> None:
    """End every process, the database last."""
    for child in children:
        child.ask_to_end()
    for child in children:
        child.stop()
    if database is not None:
        database.close()


def watch(settings: Settings, children: Sequence[Child], database: EmbeddedPostgres | None) -> None:
    """Say when the web server answers, and keep every process alive; only an exception ends it."""
    started, is_ready = monotonic(), False
    address = f"http://{settings.host}:{settings.port}"
    while True:
        if not is_ready and answers(settings):
            is_ready = True
            say(f"Forethought is ready: {address}    (Ctrl-C stops it; data: {settings.data})")
        if not is_ready and monotonic() - started > READY_SECONDS:
            raise NeverReadyError
        for child in children:
            child.look(is_ready=is_ready)
        if database is not None and not database.is_guarded():
            database.ensure_running()
        time.sleep(LOOK_SECONDS if is_ready else LOOK_SECONDS / 20)


def answers(settings: Settings) -> bool:
    """Whether the web server answers a request; the socket listens long before that."""
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, settings.port, timeout=LOOK_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """A socket that listens already, so that a taken port is known before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(settings.host, settings.port) from None
            raise AddressError(settings.host, settings.port, error.strerror or str(error)) from None
        opened.listen(BACKLOG)
        yield opened


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock: one service on one data folder."""
    with (settings.data / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunningError(settings.data, lock.read().strip() or "starting") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, http://{settings.host}:{settings.port}\n")
        lock.flush()
        yield
        lock.truncate(0)


@contextmanager
def until_told() -> Iterator[None]:
    """Run the block until it ends or a signal tells to end; a second signal does not disturb the ending."""
    told: list[int] = []

    def tell(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        if len(told) == 1:
            raise KeyboardInterrupt

    before = {ending: signal.signal(ending, tell) for ending in ENDINGS}
    try:
        yield
    except KeyboardInterrupt:
        say("Stopped.")
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


def run_web(settings: Settings, file: int) -> None:
    """Answer requests on an open socket, once the database is ready."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(process)d %(message)s"
    )
    module, _, factory = settings.web_app.partition(":")
    app = getattr(importlib.import_module(module), factory)(settings)
    sys.stdin.read()
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=file)])


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command behind `./run`."""
    parser = argparse.ArgumentParser(prog="./run", description="Start Forethought; Ctrl-C stops it.")
    parser.add_argument("--port", type=int, help="port of the web server (8000)")
    parser.add_argument("--data", type=Path, help="folder with everything that is kept (.data)")
    parser.add_argument("--web-socket", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        settings = load_settings(port=chosen.port, data=chosen.data)
        if chosen.web_socket is not None:
            run_web(settings, chosen.web_socket)
        else:
            serve(settings)
    except AppError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
