"""How much an account may keep, train and ask, and what it is told when that is used up."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId
from app.main import create_app
from app.settings import Settings
from tests.app.accounts.conftest import visitor
from tests.app.classifiers.test_classifiers import QUICK
from tests.app.visiting import PAGE, made, uploaded
from tests.synthetic import csv_of, texts_of

PACE = Pace(lease_seconds=15, poll_seconds=0.1, max_attempts=3)


@pytest.fixture(scope="module")
def strict(server_settings: Settings) -> Iterator[FastAPI]:
    few = {"quota_bytes": 30_000, "quota_datasets": 2, "quota_trainings": 1, "quota_predictions": 5}
    app = create_app(server_settings.model_copy(update=few))
    with TestClient(app):
        yield app


@pytest.fixture
def person(strict: FastAPI, enter: Any, request: pytest.FixtureRequest) -> TestClient:
    """A new account for each test."""
    browser = visitor(strict)
    browser.cookies.update(enter(f"{request.node.name.split('[')[0][-50:]}@example.org").cookies)
    return browser


def table(seed: int, rows: int = 60) -> bytes:
    return csv_of(texts_of(rows, seed=seed))


def used(person: TestClient) -> dict[str, int]:
    return {one["name"]: one["used"] for one in person.get("/api/v1/account").json()["quotas"]}


def test_a_file_for_which_there_is_no_room_is_refused_and_not_kept(
    person: TestClient, server_settings: Settings
) -> None:
    first = table(1, rows=100)
    uploaded(person, first)
    assert used(person)["bytes"] == len(first)
    before = set((server_settings.data / "uploads").iterdir())
    large = table(2, rows=900)
    said = [
        person.put("/api/v1/uploads", content=large),
        person.put(
            "/api/v1/uploads", content=(large[start : start + 999] for start in range(0, len(large), 999))
        ),
        person.post("/uploads", files={"file": ("x.csv", large)}),
        person.post("/api/v1/uploads", json={"filename": "x.csv", "bytes": len(large)}),
    ]
    for answer in said:
        assert answer.status_code == 409, answer.text
        assert answer.json()["type"] == "urn:forethought:quota"
        assert "30,000 bytes of files" in answer.json()["detail"]
    assert set((server_settings.data / "uploads").iterdir()) == before


def test_there_are_only_so_many_datasets(person: TestClient) -> None:
    first, _ = made(person, table(3)), made(person, table(4))
    upload = uploaded(person, table(5))
    assert person.post("/api/v1/datasets", json={"upload": upload}).status_code == 409
    person.delete(f"/api/v1/datasets/{first['id']}")
    assert person.post("/api/v1/datasets", json={"upload": upload}).status_code == 201


def test_one_training_waits_until_the_other_ends(strict: FastAPI, person: TestClient) -> None:
    dataset = made(person, table(6, rows=120))["id"]
    asked = {"dataset": dataset, "architecture": QUICK}
    started = person.post("/api/v1/classifiers", json=asked).json()
    assert person.post("/api/v1/classifiers", json=asked).status_code == 202  # It is the same training.
    other = person.post("/api/v1/classifiers", json=asked | {"seed": 1})
    assert other.status_code == 409
    assert "wait until one ends" in other.json()["detail"]
    run_job(strict.state.engine, PACE, JobId(UUID(started["job"]["id"])))
    assert person.post("/api/v1/classifiers", json=asked | {"seed": 1}).status_code == 202


def test_a_day_has_only_so_many_predictions(strict: FastAPI, person: TestClient) -> None:
    dataset = made(person, table(7, rows=120))["id"]
    started = person.post("/api/v1/classifiers", json={"dataset": dataset, "architecture": QUICK}).json()
    run_job(strict.state.engine, PACE, JobId(UUID(started["job"]["id"])))
    address = f"/api/v1/classifiers/{started['classifier']['id']}"
    assert person.post(f"{address}/predictions", json={"texts": ["a", "b", "c"]}).status_code == 200
    refused = person.post(f"{address}/predictions", json={"texts": ["a", "b", "c"]})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert refused.headers["ratelimit"].startswith('"predictions";r=2;t=')
    assert used(person)["predictions"] == 3
    assert person.post(f"{address}/files", content=b"text\na\nb\nc\n").status_code == 429
    assert person.post(f"{address}/files", content=b"text\na\n").status_code == 200
    page = f"/classifiers/{started['classifier']['id']}/try"
    assert person.post(page, data={"text": "a"}, headers=PAGE).status_code == 200
    assert person.post(page, data={"text": "a"}, headers=PAGE).status_code == 429
    assert used(person)["predictions"] == 5


def test_the_page_shows_what_is_used(person: TestClient) -> None:
    made(person, table(8))
    page = person.get("/account", headers=PAGE).text
    assert "1 of 2" in page
    assert "Texts classified today" in page


def test_in_local_mode_nothing_is_counted(wise: TestClient) -> None:
    assert {one["limit"] for one in wise.get("/api/v1/account").json()["quotas"]} == {None}
