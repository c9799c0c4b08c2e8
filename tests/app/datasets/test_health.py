"""The health report over HTTP: made at once or by a job, kept, and for its owner only."""

import json
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

import app.datasets.jobs  # noqa: F401  (it registers the kind of job)
from app.datasets import health
from app.db.session import transaction
from app.jobs.queries import latest_job
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId, JobRow, JobState
from app.settings import Settings
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of

BROKEN = ("the cafÃ© was closed again today", "praise")


def sick(seed: int) -> bytes:
    """Rows with a duplicate, a conflict, a text without a word and one with broken letters."""
    rows = texts_of(60, seed=seed)
    return csv_of([*rows, rows[0], (rows[1][0], "praise"), ("?!?", "refund"), BROKEN])


def engine_of(client: TestClient) -> Engine:
    engine: Engine = client.app.state.engine  # type: ignore[attr-defined]  # the application's own state
    return engine


def report_on(client: TestClient, dataset: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"/api/v1/datasets/{dataset['id']}/health")
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def test_a_report_names_what_was_found_and_what_would_mend_it(client: TestClient) -> None:
    report = report_on(client, made(client, sick(100)))
    found = {one["kind"]: one for one in report["findings"]}
    assert {"duplicates", "conflicts", "blank_texts", "broken_letters"} <= set(found)
    assert found["broken_letters"]["fixes"][0] == {
        "fix": "repair-letters",
        "title": "Repair the letters",
        "rows": 1,
        "effect": "Rewrites 1 row; what is lost stays lost.",
    }
    assert found["broken_letters"]["examples"][0]["text"] == BROKEN[0]
    assert report["must_fix"] == sum(one["severity"] == "must fix" for one in report["findings"])
    assert (report["state"], report["applied"]) == ("ready", {})


def test_a_healthy_dataset_says_what_was_checked(client: TestClient) -> None:
    dataset = made(client, csv_of(texts_of(120, seed=101)))
    report = report_on(client, dataset)
    assert [one["severity"] for one in report["findings"] if one["severity"] == "must fix"] == []
    shown = client.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    assert "What was checked" in shown
    assert "one text with two labels" in shown


def test_the_page_shows_a_verdict_cards_examples_and_buttons(client: TestClient) -> None:
    dataset = made(client, sick(102))
    shown = client.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    assert "things to fix" in shown
    assert "the cafÃ© was closed again today" in shown
    assert f'action="/datasets/{dataset["id"]}/fixes"' in shown
    assert "Repair the letters" in shown
    assert "<script>" not in shown


def test_a_report_is_made_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = made(client, sick(103))
    first = report_on(client, dataset)

    def never(*_: object) -> None:
        pytest.fail("examined a second time")

    monkeypatch.setattr(health, "examine", never)
    assert report_on(client, dataset) == first


def test_a_report_of_other_checks_is_made_anew(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = made(client, sick(104))
    report_on(client, dataset)
    calls = []
    known, examine = health.VERSION, health.examine
    monkeypatch.setattr(health, "VERSION", known + 1)
    monkeypatch.setattr(health, "examine", lambda reading: calls.append(1) or examine(reading))
    report_on(client, dataset)
    assert calls == [1]


def test_a_large_dataset_is_examined_by_a_job(
    client: TestClient, web_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "MOST_ROWS_AT_ONCE", 10)
    dataset = made(client, sick(105))
    address = f"/api/v1/datasets/{dataset['id']}/health"
    waiting = client.get(address)
    assert (waiting.status_code, waiting.json()["state"]) == (202, "examining")
    assert client.get(address).json()["job"]["id"] == waiting.json()["job"]["id"]
    shown = client.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    assert f'data-job="{waiting.json()["job"]["id"]}"' in shown
    engine = engine_of(client)
    run_job(engine, Pace.of(web_settings), JobId(waiting.json()["job"]["id"]))
    ready = client.get(address)
    assert (ready.status_code, ready.json()["state"]) == (200, "ready")
    assert len(ready.json()["findings"]) >= 4


def test_a_job_that_failed_can_be_repeated(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MOST_ROWS_AT_ONCE", 10)
    dataset = made(client, sick(106))
    job = client.get(f"/api/v1/datasets/{dataset['id']}/health").json()["job"]["id"]
    engine = engine_of(client)
    with transaction(engine) as session:
        ended = {"state": JobState.failed, "error": "The worker ran out of memory."}
        session.execute(update(JobRow).where(JobRow.id == UUID(job)).values(**ended))
    shown = client.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    assert "The worker ran out of memory." in shown
    assert "Examine again" in shown
    answer = client.post(f"/datasets/{dataset['id']}/health", headers=PAGE)
    assert answer.status_code == 303
    with transaction(engine) as session:
        newest = latest_job(session, health.EXAMINE, dataset["id"])
        assert newest is not None
        assert str(newest.id) != job


def test_a_program_has_a_job_repeated_that_failed_and_no_report_that_is_there(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, web_settings: Settings
) -> None:
    monkeypatch.setattr(health, "MOST_ROWS_AT_ONCE", 10)
    address = f"/api/v1/datasets/{made(client, sick(109))['id']}/health"
    job = client.get(address).json()["job"]["id"]
    assert client.post(address).json()["job"]["id"] == job, "one that is under way is not made twice"
    engine = engine_of(client)
    with transaction(engine) as session:
        session.execute(update(JobRow).where(JobRow.id == UUID(job)).values(state=JobState.cancelled))
    again = client.post(address)
    assert (again.status_code, again.json()["state"]) == (202, "examining")
    assert again.json()["job"]["id"] != job
    run_job(engine, Pace.of(web_settings), JobId(UUID(again.json()["job"]["id"])))
    ready = client.post(address)
    assert (ready.status_code, ready.json()) == (200, client.get(address).json())


def test_small_classes_are_no_longer_grave_once_it_is_chosen_what_to_do(client: TestClient) -> None:
    rows = [*texts_of(60, seed=107), ("alone in its class", "lonely")]
    dataset = made(client, csv_of(rows))
    assert severity(report_on(client, dataset), "small_classes") == "must fix"
    client.put(f"/api/v1/datasets/{dataset['id']}/rare", json={"rare": "drop"})
    assert severity(report_on(client, dataset), "small_classes") == "good to know"


def severity(report: dict[str, Any], kind: str) -> str:
    return next(str(one["severity"]) for one in report["findings"] if one["kind"] == kind)


def test_no_text_enters_a_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        report_on(client, made(client, sick(108)))
    assert "café" not in caplog.text
    assert "cafÃ©" not in caplog.text


def test_an_unknown_dataset_has_no_health(client: TestClient) -> None:
    answer = client.get("/api/v1/datasets/00000000-0000-0000-0000-00000000abcd/health")
    assert answer.status_code == 404
    assert "no dataset" in json.dumps(answer.json())
