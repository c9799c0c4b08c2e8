"""A running service with a worker, and a browser to visit it with."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import monotonic, sleep

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.settings import Settings
from tests.live_service import whole_service
from tests.synthetic import csv_of, texts_of

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE_MILLISECONDS = 300_000
"""A busy machine is not a broken page."""


SEEDS = count(1_000)


@dataclass(frozen=True, slots=True)
class Service:
    """A service under test: its address and its settings."""

    url: str
    settings: Settings


@pytest.fixture(scope="session")
def service(
    tmp_path_factory: pytest.TempPathFactory, postgres: object, migrated_template: str
) -> Iterator[Service]:
    """A web server and a worker in threads of this process, with a small value network."""
    folder, server = tmp_path_factory.mktemp("service"), postgres.url  # type: ignore[attr-defined]
    with whole_service(folder, server, migrated_template, max_upload_bytes=2_000_000) as settings:
        yield Service(f"http://127.0.0.1:{settings.port}", settings)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module: while it is open, the thread's event loop is taken."""
    if shutil.which(CHROMIUM) is None:
        sentence = f"Browser tests: not run, since there is no {CHROMIUM}."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained of; a script or style that the policy blocks is among it."""
    return []


@pytest.fixture
def context(browser: Browser, service: Service) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=service.url, viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(PATIENCE_MILLISECONDS)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page with scripts; the test fails if anything on it complains."""
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert complaints == []


@pytest.fixture
def plain_page(browser: Browser, service: Service) -> Iterator[Page]:
    """A page of a browser that runs no scripts."""
    context = browser.new_context(base_url=service.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """A file of 160 texts that nobody uploaded before."""
    path = tmp_path / "tickets.csv"
    path.write_bytes(csv_of(texts_of(160, seed=next(SEEDS))))
    return path


@pytest.fixture(scope="session")
def addresses(service: Service) -> dict[str, str]:
    """One address of every kind of page, in the order a person meets them."""
    with httpx2.Client(base_url=service.url, timeout=PATIENCE_MILLISECONDS / 1000) as http:
        content = csv_of([*texts_of(160, seed=99), ("alone", "a class of one text only")])
        upload = http.put("/api/v1/uploads?filename=tickets.csv", content=content).json()["id"]
        dataset = http.post("/api/v1/datasets", json={"upload": upload, "rare": "keep"}).json()["id"]
        waiting = csv_of([*texts_of(80, seed=98), ("alone", "lonely")])
        upload2 = http.put("/api/v1/uploads?filename=waiting.csv", content=waiting).json()["id"]
        dataset2 = http.post("/api/v1/datasets", json={"upload": upload2}).json()["id"]
        advice = http.post("/api/v1/recommendations", json={"dataset": dataset}).json()["id"]
        started = http.post("/api/v1/classifiers", json={"dataset": dataset}).json()
        wait_for_end(http, started["job"]["id"])
        task = http.get("/api/v1/experience/tasks").json()["tasks"][0]["id"]
        checkpoint = http.get("/api/v1/experience/checkpoints").json()["checkpoints"][0]["id"]
        return {
            "home": "/",
            "columns": f"/uploads/{upload}",
            "dataset": f"/datasets/{dataset}",
            "small classes": f"/datasets/{dataset2}",
            "recommendation": f"/recommendations/{advice}",
            "classifier": f"/classifiers/{started['classifier']['id']}",
            "tasks": "/experience",
            "task": f"/experience/tasks/{task}",
            "runs": "/experience/runs",
            "map": "/experience/map",
            "checkpoints": "/experience/checkpoints",
            "card": f"/experience/checkpoints/{checkpoint}",
            "track record": "/track-record",
            "api": "/api",
            "licences": "/licences",
            "account": "/account",
            "deletion": f"/datasets/{dataset}/delete",
            "error": "/nothing-here",
        }


def wait_for_end(http: httpx2.Client, job_id: str) -> None:
    limit = monotonic() + PATIENCE_MILLISECONDS / 1000
    while http.get(f"/api/v1/jobs/{job_id}").json()["state"] in ("queued", "running"):
        assert monotonic() < limit, "the job does not end"
        sleep(0.1)
