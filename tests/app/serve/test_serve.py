"""The one command: it starts everything, says what is wrong, and leaves no process behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError

import psycopg
import pytest

from app.db.embedded import embedded_url
from app.db.owned import LOCAL_ACCOUNT
from app.serve import OpenToAllError, SeparateCountsError, is_loopback, serve
from app.settings import PROJECT_ROOT, Mode, child_environment, load_settings

TRIVIAL = "tests.app.serve.trivial:create_app"
SAMPLES = "tests.app.jobs.sample_jobs"
PATIENCE_SECONDS = 120.0

pytestmark = pytest.mark.enable_socket


class Service:
    """A running `./run`, as somebody in front of it sees it."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, data: Path) -> None:
        self.process, self.port, self.data = process, port, data

    def health(self) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            found: dict[str, int] = json.load(answer)
        return found

    def answers(self) -> bool:
        try:
            self.health()
        except (URLError, ConnectionError, TimeoutError):
            return False
        return True

    def read_until(self, word: str) -> str:
        """The first line with this word that it prints."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if word in line:
                return line
        pytest.fail(f"it ended without saying {word!r}")

    def workers(self) -> list[int]:
        """The parent processes of workers, which lead their groups."""
        found = []
        for process in find(self.data, "app.worker"):
            with suppress(ProcessLookupError):
                if os.getpgid(process) == process:
                    found.append(process)
        return found

    def worker(self) -> int | None:
        """One of them."""
        return next(iter(self.workers()), None)

    def web_servers(self) -> set[int]:
        """The processes that answer."""
        return {self.health()["process"] for _ in range(40)}


def wait_until(is_true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, f"not so within {seconds:g} s"
        time.sleep(0.05)


def find(data: Path, word: str = "") -> list[int]:
    """Every process that was given this data folder, by command line or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(data) in command + environment and word.encode() in command:
            found.append(int(folder.name))
    return sorted(found)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def started(data: Path, port: int, web_app: str = TRIVIAL, **more: object) -> Iterator[Service]:
    settings = load_settings(web_app=web_app, job_modules=(SAMPLES,), **more)
    command = [sys.executable, "-P", "-m", "app.serve", "--port", str(port), "--data", str(data)]
    with subprocess.Popen(
        command,
        env={**child_environment(settings, data=str(data)), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        cwd=PROJECT_ROOT,
    ) as process:
        try:
            yield Service(process, port, data)
        finally:
            process.kill()


def refusal(data: Path, port: int, web_app: str = TRIVIAL) -> tuple[int, str]:
    """How a start that cannot work ends: status and what it says."""
    with started(data, port, web_app) as service:
        said, _ = service.process.communicate(timeout=PATIENCE_SECONDS)
        return service.process.returncode, said


def test_everything_starts_heals_and_ends(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    with started(data, port) as service:
        line = service.read_until("ready")
        assert f"http://127.0.0.1:{port}" in line
        assert service.health()["jobs"] == 0

        # A second one on the same folder, or on the same port, is refused in one sentence.
        status, said = refusal(data, free_port())
        assert status == 1
        assert said.startswith(f"Forethought already runs on the data folder {data} (process ")
        assert f"(process {service.process.pid}, http://127.0.0.1:{port}): use that" in said
        assert said.count("\n") == 1
        status, said = refusal(tmp_path / "other", port)
        assert status == 1
        assert said.startswith(f"Port {port} on 127.0.0.1 is taken by another program: ")
        assert said.count("\n") == 1

        # A dead web server is replaced behind the same socket, a dead worker, too.
        first = service.health()["process"]
        os.kill(first, signal.SIGKILL)
        wait_until(service.answers)
        assert service.health()["process"] != first
        worker = service.worker()
        assert worker is not None
        os.killpg(worker, signal.SIGKILL)
        wait_until(lambda: service.worker() not in (None, worker))

        start = time.monotonic()
        os.killpg(service.process.pid, signal.SIGINT)
        assert service.process.wait(30) == 0
        assert time.monotonic() - start < 10
        assert find(data) == []


def test_of_two_web_servers_and_workers_one_may_die_unnoticed(tmp_path: Path) -> None:
    with started(tmp_path, free_port(), web_processes=2, workers=2) as service:
        service.read_until("ready")
        wait_until(lambda: len(service.web_servers()) == 2)
        wait_until(lambda: len(service.workers()) == 2)
        first, second = service.web_servers()
        os.kill(first, signal.SIGKILL)
        for _ in range(50):
            assert service.answers()
        wait_until(lambda: len(service.web_servers()) == 2)
        assert second in service.web_servers()
        os.killpg(service.workers()[0], signal.SIGKILL)
        wait_until(lambda: len(service.workers()) == 2)
        service.process.terminate()
        assert service.process.wait(30) == 0
        assert find(tmp_path) == []


def test_several_web_servers_with_accounts_need_a_place_to_count_together(tmp_path: Path) -> None:
    with pytest.raises(SeparateCountsError, match="FORETHOUGHT_RATES_URL"):
        serve(load_settings(data=tmp_path, mode=Mode.server, web_processes=2))
    assert list(tmp_path.iterdir()) == []


def test_a_second_start_finds_the_data_and_a_killed_one_leaves_no_process(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    with started(data, port) as service:
        service.read_until("ready")
        leave_a_job(data)
        assert service.health()["jobs"] == 1
        service.process.terminate()
        assert service.process.wait(30) == 0
    with started(data, port) as service:
        service.read_until("ready")
        assert service.health()["jobs"] == 1
        assert len(find(data)) >= 4
        service.process.kill()
        wait_until(lambda: find(data) == [], seconds=20)
    with started(data, port) as service:
        service.read_until("ready")
        assert service.health()["jobs"] == 1


def test_a_web_server_that_never_starts_ends_it_all_with_a_sentence(tmp_path: Path) -> None:
    status, said = refusal(tmp_path, free_port(), "tests.app.serve.trivial:fail_to_create")
    assert status == 1
    assert said.splitlines()[-1] == "The web server did not start (status 1); the lines above say why."
    assert find(tmp_path) == []


def test_a_newer_data_folder_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "version").write_text('{"format": 99}')
    status, said = refusal(tmp_path, free_port())
    assert status == 1
    assert said.startswith(f"The data folder {tmp_path} was written by a newer Forethought")
    assert [path.name for path in tmp_path.iterdir()] == ["version"]


def leave_a_job(data: Path) -> None:
    columns = (
        "id, owner_id, kind, subject_id, arguments, state, attempt, progress, step, cancel_requested, sent"
    )
    values = "gen_random_uuid(), %s, 'x', gen_random_uuid(), '{}', 'finished', 1, 1, '', false, 0"
    with psycopg.connect(embedded_url(data).replace("+psycopg", "")) as connection:
        connection.execute(f"INSERT INTO job ({columns}) VALUES ({values})", [LOCAL_ACCOUNT])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_without_accounts_it_listens_to_this_machine_only(tmp_path: Path, host: str) -> None:
    with pytest.raises(OpenToAllError, match="FORETHOUGHT_MODE=server"):
        serve(load_settings(data=tmp_path, host=host))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_an_address_of_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)
