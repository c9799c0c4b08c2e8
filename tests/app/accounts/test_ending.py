"""An account is deleted: with everything it has, once, by its owner alone, and with proof."""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from app.accounts import service
from app.db.base import Base
from app.db.owned import LOCAL_ACCOUNT, AccountRow
from app.db.session import transaction
from app.erasure.ending import end_account, lock_account
from app.erasure.queries import receipts
from app.erasure.receipts import is_genuine, signing_key
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId, JobRow, JobState
from app.settings import Settings
from tests.app.accounts.conftest import PASSWORD, Enter, visitor
from tests.app.accounts.test_logins import COOKIE, log_in
from tests.app.classifiers.test_classifiers import QUICK
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of

MARK = "quincezephyr"
PACE = Pace(lease_seconds=15, poll_seconds=0.1, max_attempts=3)
SLOW = {**QUICK, "decisions": {**QUICK["decisions"], "steps": 2000}}


@pytest.fixture
def data(server_settings: Settings) -> Path:
    return server_settings.data


def has_work(browser: TestClient, engine: Engine, *, seed: int) -> dict[str, Any]:
    """A dataset, a classifier, predictions, a token and a used-up quota."""
    rows = [(f"{MARK} {text}", f"{MARK} {label}") for text, label in texts_of(120, seed=seed)]
    dataset = made(browser, csv_of(rows))
    asked = {"dataset": dataset["id"], "architecture": QUICK}
    started = browser.post("/api/v1/classifiers", json=asked).json()
    run_job(engine, PACE, JobId(UUID(started["job"]["id"])))
    classifier = started["classifier"]["id"]
    texts = {"texts": [f"{MARK} printer"]}
    assert browser.post(f"/api/v1/classifiers/{classifier}/predictions", json=texts).status_code == 200
    made_token = browser.post("/api/v1/account/tokens", json={"name": MARK, "scopes": ["account", "read"]})
    account = browser.get("/api/v1/account").json()["id"]
    return {
        "dataset": dataset,
        "classifier": classifier,
        "token": made_token.json()["token"],
        "account": account,
    }


def tables_with(engine: Engine, needle: str) -> list[str]:
    """The tables, receipts aside, with a row in which this stands."""
    with transaction(engine) as session:
        return [
            table.name
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
            if table.name != "receipt" and needle in repr(tuple(row))
        ]


def files_with(folder: Path, needle: str) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if needle in path.name or needle.encode() in path.read_bytes()]


def operators_receipts(engine: Engine, account: str) -> list[Any]:
    with transaction(engine, owner=LOCAL_ACCOUNT) as session:
        return [row.document for row in receipts(session) if row.document["account"] == account]


def test_a_person_ends_her_account_on_its_page_and_keeps_the_proof(
    server: FastAPI, engine: Engine, enter: Enter, server_settings: Settings, data: Path
) -> None:
    email = "leaving@example.org"
    browser, elsewhere = enter(email), visitor(server)
    log_in(elsewhere, email)
    work = has_work(browser, engine, seed=811)
    made(browser, csv_of(texts_of(60, seed=812)))
    with transaction(engine) as session:
        service.invite(session, email)
    assert 'href="/account/end"' in browser.get("/account", headers=PAGE).text
    asked = browser.get("/account/end", headers=PAGE).text
    assert "2 datasets with texts" in asked
    wrong = browser.post("/account/end", data={"password": "a wrong one"}, headers=PAGE)
    assert wrong.status_code == 403
    assert "nothing was deleted" in wrong.text
    assert browser.get(f"/api/v1/datasets/{work['dataset']['id']}").status_code == 200

    answer = browser.post("/account/end", data={"password": PASSWORD}, headers=PAGE)
    assert answer.status_code == 200, answer.text
    assert COOKIE not in browser.cookies
    assert 'href="/login"' in answer.text, "nobody is logged in any more"
    said = re.search(r'href="data:application/json,([^"]+)"', answer.text)
    assert said is not None
    receipt = json.loads(unquote(unescape(said[1])))
    assert is_genuine(receipt, signing_key(server_settings))
    assert receipt["scope"] == "account"
    gone = {"account": 1, "login": 2, "token": 1, "usage": 1, "invitation": 1, "dataset": 2, "classifier": 1}
    assert gone.items() <= receipt["rows"].items()
    assert email not in json.dumps(receipt)

    for needle in (MARK, email, work["account"]):
        assert tables_with(engine, needle) == []
        assert files_with(data, needle) == []
    bearer = {"authorization": f"Bearer {work['token']}"}
    assert visitor(server).get("/api/v1/account", headers=bearer).status_code == 401
    assert elsewhere.get("/api/v1/account").status_code == 401
    assert log_in(visitor(server), email).status_code == 403
    assert operators_receipts(engine, work["account"]) == [receipt]
    again = enter(email)
    assert again.get("/api/v1/account").json()["id"] != work["account"]
    assert again.get("/api/v1/datasets").json()["datasets"] == []


def test_a_program_needs_the_password_too_and_is_told_the_receipt(
    server: FastAPI, engine: Engine, enter: Enter, server_settings: Settings, ada: TestClient
) -> None:
    content = csv_of(texts_of(70, seed=813))
    browser, kept = enter("program@example.org"), made(ada, content)
    made(browser, content)
    account = browser.get("/api/v1/account").json()["id"]
    words = {
        scope: browser.post("/api/v1/account/tokens", json={"name": scope, "scopes": [scope]}).json()["token"]
        for scope in ("write", "account")
    }

    def end(scope: str, body: dict[str, str]) -> Any:
        bearer = {"authorization": f"Bearer {words[scope]}"}
        return visitor(server).post("/api/v1/account/end", json=body, headers=bearer)

    assert end("write", {"password": PASSWORD}).status_code == 403
    assert end("account", {}).status_code == 422
    wrong = end("account", {"password": "not it"})
    assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:forethought:not-its-password")
    assert "not it" not in wrong.text
    right = end("account", {"password": PASSWORD})
    assert right.status_code == 200, right.text
    assert is_genuine(right.json(), signing_key(server_settings))
    assert operators_receipts(engine, account) == [right.json()]
    assert end("account", {"password": PASSWORD}).status_code == 401
    # The texts stay where another account has them.
    assert [one["file"] for one in right.json()["kept"]] == [f"datasets/{kept['content_hash']}.parquet"]
    assert ada.post("/api/v1/recommendations", json={"dataset": kept["id"]}).status_code == 201


def test_of_two_at_once_one_gets_the_receipt(server: FastAPI, engine: Engine, enter: Enter) -> None:
    browser = enter("twice@example.org")
    made(browser, csv_of(texts_of(60, seed=814)))
    account = browser.get("/api/v1/account").json()["id"]
    both = [visitor(server), visitor(server)]
    for one in both:
        log_in(one, "twice@example.org")
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(one.post, "/api/v1/account/end", json={"password": PASSWORD}) for one in both]
        answers = sorted((one.result() for one in asked), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 401]
    assert operators_receipts(engine, account) == [answers[0].json()]


def test_a_training_that_runs_is_cancelled_first(engine: Engine, enter: Enter, data: Path) -> None:
    browser = enter("running@example.org")
    dataset = made(browser, csv_of(texts_of(6_000, seed=815)))["id"]
    started = browser.post("/api/v1/classifiers", json={"dataset": dataset, "architecture": SLOW}).json()
    job_id = JobId(UUID(started["job"]["id"]))
    worker = threading.Thread(target=run_job, args=(engine, PACE, job_id))
    worker.start()
    until = time.monotonic() + 20
    while _state(engine, job_id) != JobState.running and time.monotonic() < until:
        time.sleep(0.02)
    answer = browser.post("/api/v1/account/end", json={"password": PASSWORD})
    worker.join()
    assert answer.status_code == 200, answer.text
    assert answer.json()["cancelled_jobs"] == 1
    assert _state(engine, job_id) is None
    assert files_with(data, started["classifier"]["id"]) == []


def test_what_arrives_while_the_account_goes_is_refused_and_leaves_nothing(
    engine: Engine, enter: Enter, data: Path
) -> None:
    browser = enter("late@example.org")
    account = UUID(browser.get("/api/v1/account").json()["id"])
    content = csv_of([(f"{MARK} late {text}", label) for text, label in texts_of(60, seed=816)])
    with ThreadPoolExecutor(1) as threads:
        with transaction(engine) as session:
            lock_account(session, account)
            late = threads.submit(browser.put, "/api/v1/uploads", content=content)
            time.sleep(0.7)
            assert not late.done(), "it waits for what becomes of the account"
            end_account(session, account)
        answer = late.result()
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:forethought:account-gone")
    assert files_with(data, f"{MARK} late") == []
    with transaction(engine) as session:
        assert session.get(AccountRow, account) is None


def test_one_user_on_one_machine_has_no_account_to_delete(wise: TestClient) -> None:
    answer = wise.post("/api/v1/account/end", json={"password": "any"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:forethought:no-accounts")
    assert wise.get("/account/end", headers=PAGE).status_code == 409
    assert wise.post("/account/end", data={"password": "any"}, headers=PAGE).status_code == 409
    assert "/account/end" not in wise.get("/account", headers=PAGE).text


def _state(engine: Engine, job_id: JobId) -> JobState | None:
    with transaction(engine) as session:
        job = session.get(JobRow, job_id)
        return job.state if job else None
