"""What people send, and what lets them in, is in no line of any log."""

import logging
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.accounts import service
from app.db.session import transaction
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId
from tests.app.accounts.conftest import visitor
from tests.app.classifiers.test_classifiers import QUICK
from tests.app.visiting import PAGE, made, uploaded
from tests.synthetic import csv_of, texts_of

MARK = "tamarindindigo"
PACE = Pace(lease_seconds=15, poll_seconds=0.1, max_attempts=3)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Everything that was logged, with its traces; of the tests' own client, nothing."""
    shown = logging.Formatter("%(name)s %(message)s")
    return [
        shown.format(record) for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    ]


def test_no_text_no_password_and_no_token_is_logged(
    server: FastAPI, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = journey(server, engine)
    logged = lines(caplog)
    assert any("job.started" in line for line in logged), "the journey is logged at all"
    assert any("job.stopped" in line for line in logged), "a failure is logged"
    for secret in (MARK, *secrets):
        assert not [line for line in logged if secret in line], secret


def journey(server: FastAPI, engine: Engine) -> list[str]:
    """From an invitation to a deletion, with mistakes on the way; every secret there was."""
    with transaction(engine) as session:
        invitation = service.invite(session, f"{MARK}@example.org")
    browser, password = visitor(server), f"{MARK} password"
    said = {"email": f"{MARK}@example.org", "password": password, "invitation": invitation}
    assert browser.post("/register", data=said).status_code == 303
    browser.post("/login", data={**said, "password": f"{MARK} wrong"}, headers=PAGE)
    browser.post("/login", data={"email": MARK, "password": ["x", MARK]})
    token = browser.post("/api/v1/account/tokens", json={"name": MARK}).json()["token"]
    browser.get("/api/v1/datasets", headers={"authorization": f"Bearer {token}x"})
    browser.get(f"/{MARK}?{MARK}={MARK}")
    browser.post("/api/v1/datasets", json={"upload": MARK})
    browser.put("/api/v1/uploads", content=f'text,label\n"{MARK},1\n'.encode())
    upload = uploaded(browser, csv_of([(f"{MARK} {n}", "one label") for n in range(9)]), f"{MARK}.csv")
    browser.post("/api/v1/datasets", json={"upload": upload, "text": MARK})
    rows = [(f"{MARK} {text}", f"{MARK} {label}") for text, label in texts_of(120, seed=81)]
    dataset = made(browser, csv_of(rows))["id"]
    train(browser, engine, {"dataset": dataset, "architecture": QUICK})
    # Of a classifier whose files are gone, and of a dataset whose file is.
    started = browser.post("/api/v1/classifiers", json={"dataset": dataset, "architecture": QUICK, "seed": 2})
    for path in (server.state.settings.data / "datasets").iterdir():
        path.unlink()
    run_job(engine, PACE, JobId(UUID(started.json()["job"]["id"])))
    browser.delete(f"/api/v1/datasets/{dataset}")
    return [password, invitation, token, token.split("_", 2)[2], browser.cookies["forethought_login"]]


def train(browser: TestClient, engine: Engine, asked: dict[str, Any]) -> None:
    started = browser.post("/api/v1/classifiers", json=asked).json()
    run_job(engine, PACE, JobId(UUID(started["job"]["id"])))
    address = f"/api/v1/classifiers/{started['classifier']['id']}/predictions"
    assert browser.post(address, json={"texts": [f"{MARK} refund"]}).status_code == 200
    assert browser.post(address, json={"texts": MARK}).status_code == 422
