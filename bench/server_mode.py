"""The whole production set-up on this machine: `python -m bench.server_mode`.

    nginx with TLS (deploy/nginx.conf) ─► two web processes ─► PostgreSQL, Redis (counts), RabbitMQ (jobs)
                                                                     └─► two workers

Needs nginx and openssl, and the three servers on loopback with the names and passwords that they are
installed with; makes a database, a certificate and a data folder of its own, and removes them. A person
registers, a program of hers does the rest, while processes are killed under it. Prints Markdown.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
import psycopg

from bench.concurrent_users import ARCHITECTURE
from bench.recommendation_latency import made_up_csv
from forethought_client import Forethought, Patience

ROOT: Final = Path(__file__).resolve().parent.parent
EMAIL, PASSWORD = "ada@example.org", "a password of its own"
POSTGRES: Final = "postgresql://postgres@127.0.0.1:5432"
USERS, PREDICTIONS = 20, 1_500
PATIENCE_SECONDS: Final = 300.0
SLOW: Final = {**ARCHITECTURE, "decisions": {**ARCHITECTURE["decisions"], "steps": 2_000, "tune_table": True}}


@dataclass(frozen=True, slots=True)
class Site:
    """A running installation as its visitors meet it."""

    url: str
    certificate: Path
    data: Path
    main: int
    """The process that started all others."""

    def browser(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, verify=str(self.certificate), timeout=600, headers={"origin": self.url}
        )

    def web(self) -> list[int]:
        """The web processes, oldest first."""
        return self._children("--web-socket")

    def workers(self) -> list[int]:
        """The parents of workers, oldest first."""
        return self._children("app.worker")

    def _children(self, word: str) -> list[int]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (folder / "cmdline").read_bytes().decode(errors="replace")
                environment = (folder / "environ").read_bytes()
                number = int(folder.name)
                is_ours = os.fsencode(self.data) in environment and word in command
                if is_ours and os.getpgid(number) == number:
                    found.append(number)
        return sorted(found)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("| what was tried | what happened |\n| --- | --- |")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = stack.enter_context(running(folder, stack.enter_context(own_database())))
        for words, attempt in ATTEMPTS.items():
            began = time.perf_counter()
            outcome = attempt(site)
            print(f"| {words} | {outcome} ({time.perf_counter() - began:.1f} s in all) |", flush=True)
        began = time.perf_counter()
        os.kill(site.main, signal.SIGTERM)
        wait_until(lambda: not site.web() and not site.workers())
        print(f"| it is told to end | nothing of it runs after {time.perf_counter() - began:.1f} s |")


@contextmanager
def own_database() -> Iterator[str]:
    """The address of a new database, dropped afterwards."""
    name = f"forethought_{uuid4().hex[:8]}"
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{POSTGRES}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running(folder: Path, database: str) -> Iterator[Site]:
    """Two web processes and two workers behind nginx, ready to recommend."""
    inner, outer, plain = free_port(), free_port(), free_port()
    url, certificate, data = f"https://localhost:{outer}", folder / "site.pem", folder / "data"
    settings = {
        "FORETHOUGHT_MODE": "server",
        "FORETHOUGHT_PUBLIC_URL": url,
        "FORETHOUGHT_PROXIES": "1",
        "FORETHOUGHT_PORT": str(inner),
        "FORETHOUGHT_DATA": str(data),
        "FORETHOUGHT_DATABASE_URL": database,
        "FORETHOUGHT_BROKER_URL": "amqp://guest:guest@127.0.0.1:5672//",
        "FORETHOUGHT_QUEUE": f"forethought-{folder.name}",
        "FORETHOUGHT_RATES_URL": "redis://127.0.0.1:6379/9",
        "FORETHOUGHT_WEB_PROCESSES": "2",
        "FORETHOUGHT_WORKERS": "2",
        "FORETHOUGHT_ACCOUNT_REQUESTS_PER_MINUTE": "1000000",
        "FORETHOUGHT_ADDRESS_REQUESTS_PER_MINUTE": "1000000",
    }
    make_certificate(certificate, folder / "site.key")
    service = subprocess.Popen(
        [sys.executable, "-P", "-m", "app.serve"], env=os.environ | settings, cwd=ROOT, stdout=sys.stderr
    )
    shown = ["-p", str(folder), "-c", proxy_settings(folder, inner, outer, plain)]
    proxy = subprocess.Popen([program_named("nginx"), *shown])  # noqa: S603
    try:
        site = Site(url, certificate, data, service.pid)
        with site.browser() as browser:
            wait_until(lambda: is_ready(browser))
        os.environ.update(settings)
        yield site
    finally:
        for process in (proxy, service):
            process.terminate()
            process.wait(60)


def make_certificate(certificate: Path, key: Path) -> None:
    """A certificate for localhost that signs itself."""
    kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([program_named("openssl"), "req", *kind, *names], check=True, capture_output=True)  # noqa: S603


def program_named(name: str) -> str:
    """Where a program is; without it there is nothing to try."""
    found = shutil.which(name)
    if found is None:
        sys.exit(f"{name} is needed and not installed.")
    return found


def proxy_settings(folder: Path, inner: int, outer: int, plain: int) -> str:
    """The settings of nginx: those that are shipped, with these ports, names and files."""
    shipped = (ROOT / "deploy" / "nginx.conf").read_text()
    replaced = {
        "127.0.0.1:8000": f"127.0.0.1:{inner}",
        "listen 443 ssl": f"listen 127.0.0.1:{outer} ssl",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "/etc/ssl/texts.example.org.pem": str(folder / "site.pem"),
        "/etc/ssl/texts.example.org.key": str(folder / "site.key"),
        "server_name texts.example.org": "server_name localhost",
    }
    for old, new in replaced.items():
        assert old in shipped, f"deploy/nginx.conf holds no {old!r} any more"
        shipped = shipped.replace(old, new)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    around = f"pid {folder}/nginx.pid; error_log {folder}/nginx.log; daemon off; events {{}}"
    path = folder / "nginx.conf"
    path.write_text(f"{around}\nhttp {{ access_log off; {paths}\n{shipped}\n}}\n")
    return str(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, f"not so within {seconds:g} s"
        time.sleep(0.1)


def is_ready(browser: httpx.Client) -> bool:
    with suppress(httpx.HTTPError):
        return browser.get("/readyz").status_code == httpx.codes.OK
    return False


def program(site: Site) -> Forethought:
    """A program of the person, with a token."""
    token = (site.data / "token").read_text()
    http = httpx.Client(verify=str(site.certificate), timeout=600)
    return Forethought(site.url, token=token, http=http, patience=Patience(tries=8, first_wait_seconds=0.2))


def registers(site: Site) -> str:
    command = [sys.executable, "-m", "app.cli", "accounts", "add", EMAIL]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    link = re.search(r"invitation=([\w-]+)", said)
    assert link is not None, said
    with site.browser() as browser:
        form = {"email": EMAIL, "password": PASSWORD, "invitation": link[1]}
        answer = browser.post("/register", data=form)
        cookie = answer.headers["set-cookie"]
        assert re.match(r"__Host-.*Secure", cookie), cookie
        assert "strict-transport-security" in answer.headers
        scopes = ["read", "write", "predict", "account"]
        made = browser.post("/api/v1/account/tokens", json={"name": "bench", "scopes": scopes})
        (site.data / "token").write_text(made.raise_for_status().json()["token"])
    return "by the link that the operator made; the cookie is `__Host-…; Secure`, and HSTS is set"


def uploads_while_web_dies(site: Site) -> str:
    content = made_up_csv(400_000, seed=7)
    killed: list[int] = []

    def kill_once(arrived: int, total: int) -> None:
        if arrived > total / 2 and not killed:
            killed.append(site.web()[0])
            os.kill(killed[0], signal.SIGKILL)

    began = time.perf_counter()
    upload = program(site).uploads.send(
        content, filename="large.csv", progress=kill_once, part_bytes=4_000_000
    )
    seconds = time.perf_counter() - began
    assert killed
    assert upload.raw["bytes"] == len(content)
    wait_until(lambda: len(site.web()) == 2)
    return f"all {len(content) / 1e6:.0f} MB arrived in {seconds:.1f} s; the dead web process was replaced"


def asks_and_trains(site: Site) -> str:
    service = program(site)
    dataset = service.datasets.make(service.uploads.put(made_up_csv(1_000, seed=8)))
    began = time.perf_counter()
    recommendation = service.recommendations.ask(dataset)
    asked = time.perf_counter() - began
    began = time.perf_counter()
    started = service.classifiers.start(dataset, recommendation=recommendation)
    first, events = 0.0, 0
    for _ in service.jobs.watch(started.job):
        first, events = first or time.perf_counter() - began, events + 1
    trained = time.perf_counter() - began
    state = service.classifiers.get(started.classifier).state
    assert state == "ready", state
    return (
        f"recommended in {asked:.2f} s, trained in {trained:.1f} s; {events} events came through the proxy, "
        f"the first after {first:.2f} s"
    )


def trains_while_worker_dies(site: Site) -> str:
    service = program(site)
    dataset = service.datasets.make(service.uploads.put(made_up_csv(20_000, seed=9)))
    started = service.classifiers.start(dataset, architecture=SLOW)
    wait_until(lambda: service.jobs.get(started.job).state == "running")
    holders = {number for number in site.workers() if is_at_work(number)} or set(site.workers()[:1])
    for worker in holders:
        os.killpg(worker, signal.SIGKILL)
    began = time.perf_counter()
    service.jobs.wait(started.job, timeout_seconds=PATIENCE_SECONDS)
    job = service.jobs.get(started.job)
    assert job.state == "finished", job
    wait_until(lambda: len(site.workers()) == 2)
    return (
        f"the training ended well at attempt {job.raw['attempt']}, {time.perf_counter() - began:.1f} s after "
        f"{len(holders)} of 2 workers was killed; it was replaced"
    )


def is_at_work(worker: int) -> bool:
    """Whether a child of this worker uses a processor."""
    before = used_by(worker)
    time.sleep(0.5)
    return used_by(worker) - before > 15


def used_by(group: int) -> int:
    """Clock ticks that the processes of a group have used."""
    used = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getpgid(int(folder.name)) == group:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                used += int(fields[11]) + int(fields[12])
    return used


def guesses_a_password(site: Site) -> str:
    statuses = []
    for _ in range(12):
        with site.browser() as stranger:
            form = {"email": "bob@example.org", "password": "wrong"}
            statuses.append(stranger.post("/login", data=form).status_code)
    assert statuses == [403] * 10 + [429] * 2, statuses
    return "ten tries, over both web processes, then 429: they count together"


def is_a_stranger(site: Site) -> str:
    theirs = next(program(site).datasets.all())
    with site.browser() as browser:
        statuses = [
            browser.get(f"/api/v1/datasets/{theirs.id}").status_code,
            browser.get("/api/v1/datasets", headers={"authorization": "Bearer ft_no_token"}).status_code,
        ]
    assert statuses == [401, 401], statuses
    return "401 without a token and with a made-up one"


def predicts_with_many(site: Site) -> str:
    service = program(site)
    dataset = service.datasets.make(service.uploads.put(made_up_csv(1_000, seed=10)))
    started = service.classifiers.start(dataset, architecture=ARCHITECTURE)
    service.jobs.wait(started.job, timeout_seconds=PATIENCE_SECONDS)
    seconds: list[float] = []
    token = (site.data / "token").read_text()
    path = f"/api/v1/classifiers/{started.classifier.id}/predictions"

    def ask() -> None:
        with site.browser() as browser:
            browser.headers["authorization"] = f"Bearer {token}"
            for turn in range(PREDICTIONS // USERS):
                began = time.perf_counter()
                browser.post(path, json={"texts": [f"a short text number {turn}"]}).raise_for_status()
                # The first of each user shakes hands and loads the classifier.
                if turn > 1:
                    seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    users = [threading.Thread(target=ask) for _ in range(USERS)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    rate = len(seconds) / (time.perf_counter() - began)
    p50, p99 = statistics.median(seconds) * 1e3, statistics.quantiles(seconds, n=100)[98] * 1e3
    return f"{rate:.0f} predictions a second, p50 {p50:.0f} ms, p99 {p99:.0f} ms"


def ends_her_account(site: Site) -> str:
    receipt = program(site).account.end(PASSWORD)
    left = [path for folder in ("uploads", "classifiers") for path in (site.data / folder).iterdir()]
    assert not left, left
    with site.browser() as browser:
        token = (site.data / "token").read_text()
        status = browser.get("/api/v1/account", headers={"authorization": f"Bearer {token}"}).status_code
    assert status == httpx.codes.UNAUTHORIZED
    return f"{sum(receipt.rows.values()):,} rows and {len(receipt.raw['files'])} files gone; her token is 401"


ATTEMPTS: Final[Mapping[str, Callable[[Site], str]]] = {
    "a person registers": registers,
    "her program uploads, and a web process is killed half way": uploads_while_web_dies,
    "it asks for a recommendation and trains it": asks_and_trains,
    "it trains, and the worker at work is killed": trains_while_worker_dies,
    "somebody guesses a password": guesses_a_password,
    "a stranger asks for her dataset": is_a_stranger,
    f"{USERS} users ask for a prediction at once": predicts_with_many,
    "she deletes her account": ends_her_account,
}


if __name__ == "__main__":
    main()
