"""Uploads over real connections: cut, silent, two at once, and a server that is killed."""

import hashlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from app.settings import PROJECT_ROOT, Settings, child_environment
from app.web import appending
from tests.app.datasets.test_upload_transfers import ADDRESS, announced, offset_of, send
from tests.live_service import serving
from tests.synthetic import csv_of, texts_of

pytestmark = pytest.mark.enable_socket


class TestOverARealConnection:
    """A web server on a port, and clients that misbehave on it."""

    @pytest.fixture
    def url(self, web_settings: Settings) -> Iterator[str]:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            with serving(web_settings, listener):
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"

    def test_what_arrives_before_a_cut_is_kept_and_the_upload_goes_on(
        self, url: str, web_settings: Settings
    ) -> None:
        content = csv_of(texts_of(20_000, seed=15))
        with httpx2.Client(base_url=url) as http:
            upload_id = http.post(ADDRESS, json={"bytes": len(content)}).json()["id"]
            for kept in (len(content) // 3, len(content) // 2):
                offset = int(http.head(f"{ADDRESS}/{upload_id}").headers["upload-offset"])
                cut_off(url, upload_id, content[offset:], offset, after=kept - offset)
                wait_for(lambda: arrived(http, upload_id) == kept)  # noqa: B023  (called in this turn)
            headers = {"upload-offset": str(kept)}
            answers: list[httpx2.Response] = []

            def is_taken() -> bool:
                """The request that was cut off may hold the upload for a moment more."""
                rest = content[kept:]
                answers.append(http.patch(f"{ADDRESS}/{upload_id}", content=rest, headers=headers))
                return answers[-1].status_code != 409

            wait_for(is_taken)
        answer = answers[-1]
        assert answer.status_code == 201
        assert answer.json()["sha256"] == hashlib.sha256(content).hexdigest()

    def test_a_second_writer_is_refused_while_the_first_one_writes(self, url: str) -> None:
        content = csv_of(texts_of(200, seed=16))
        with httpx2.Client(base_url=url) as http, opened(url) as slow:
            upload_id = http.post(ADDRESS, json={"bytes": len(content)}).json()["id"]
            slow.sendall(request_head(upload_id, len(content), 0) + content[:500])
            wait_for(lambda: arrived(http, upload_id) == 500)
            headers = {"upload-offset": "500"}
            second = http.patch(f"{ADDRESS}/{upload_id}", content=content[500:], headers=headers)
            assert second.status_code == 409
            assert second.json()["type"] == "urn:forethought:other-writer"
            assert "retry-after" in second.headers
            slow.sendall(content[500:])
            assert b" 201 " in slow.recv(4_096).split(b"\r\n", 1)[0]

    def test_a_silent_sender_is_given_up(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(appending, "SILENCE_SECONDS", 0.3)
        with httpx2.Client(base_url=url) as http, opened(url) as silent:
            upload_id = http.post(ADDRESS, json={"bytes": 1_000}).json()["id"]
            silent.sendall(request_head(upload_id, 1_000, 0) + b"x" * 10)
            assert b" 422 " in silent.recv(4_096).split(b"\r\n", 1)[0]
            assert arrived(http, upload_id) == 10

    def test_many_files_at_once_keep_apart(self, url: str) -> None:
        contents = [csv_of(texts_of(400, seed=20 + number)) for number in range(12)]
        digests: dict[int, str] = {}

        def upload(number: int) -> None:
            content = contents[number]
            with httpx2.Client(base_url=url, timeout=60) as http:
                upload_id = http.post(ADDRESS, json={"bytes": len(content)}).json()["id"]
                for begin in range(0, len(content), 5_000):
                    part, headers = content[begin : begin + 5_000], {"upload-offset": str(begin)}
                    answer = http.patch(f"{ADDRESS}/{upload_id}", content=part, headers=headers)
                digests[number] = answer.json()["sha256"]

        threads = [Thread(target=upload, args=(number,)) for number in range(len(contents))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert digests == {
            number: hashlib.sha256(content).hexdigest() for number, content in enumerate(contents)
        }


def test_a_killed_server_has_what_had_arrived(client: TestClient, web_settings: Settings) -> None:
    """The process is killed in the middle of a part; another one goes on where it was."""
    content = csv_of(texts_of(300, seed=30))
    upload_id = announced(client, content)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    secret = web_settings.database_url
    assert secret is not None
    environment = child_environment(web_settings, database_url=secret.get_secret_value())
    command = [sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app", f"--port={port}"]
    process = subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: is_up(url))
        with opened(url) as connection:
            connection.sendall(request_head(upload_id, len(content), 0) + content[:1_234])
            wait_for(lambda: offset_of(client, upload_id) == 1_234)
            process.send_signal(signal.SIGKILL)
            process.wait()
    finally:
        process.kill()
        process.wait()
    assert offset_of(client, upload_id) == 1_234
    assert send(client, upload_id, content[1_234:], 1_234).json()["bytes"] == len(content)


def request_head(upload_id: str, length: int, offset: int) -> bytes:
    lines = (
        f"PATCH {ADDRESS}/{upload_id} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Content-Length: {length}",
        f"Upload-Offset: {offset}",
    )
    return "\r\n".join([*lines, "", ""]).encode()


def opened(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=60)


def cut_off(url: str, upload_id: str, rest: bytes, offset: int, *, after: int) -> None:
    """Begin to send the rest and break off in its middle."""
    with opened(url) as connection:
        connection.sendall(request_head(upload_id, len(rest), offset) + rest[:after])


def arrived(http: httpx2.Client, upload_id: str) -> int:
    return int(http.head(f"{ADDRESS}/{upload_id}").headers["upload-offset"])


def is_up(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz").status_code == 200
    except httpx2.TransportError:
        return False


def wait_for(is_so: Any) -> None:
    limit = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < limit, "it does not come about"
        time.sleep(0.05)
