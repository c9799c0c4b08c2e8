"""Datasets that get a recommendation."""

from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from app.db.session import transaction
from app.recommendations.tables import RecommendationRow
from app.settings import Settings
from tests.app.visiting import PAGE, id_in, made, uploaded
from tests.synthetic import csv_of, texts_of


@pytest.fixture(scope="module")
def dataset(wise: TestClient) -> str:
    return str(made(wise, csv_of(texts_of(80, seed=30)))["id"])


def test_the_answer_is_the_command_lines_document_with_an_id(wise: TestClient, dataset: str) -> None:
    answer = wise.post("/api/v1/recommendations", json={"dataset": dataset})
    assert answer.status_code == 201
    found = answer.json()
    assert {"id", "checkpoint", "dataset", "seconds", "architectures"} <= found.keys()
    described = {"id": dataset, "rows": 80, "classes": 4, "text": "text", "label": "label"}
    assert found["dataset"] == described
    assert found["seconds"] > 0
    assert [ranked["rank"] for ranked in found["architectures"]] == [1, 2, 3, 4, 5]
    for ranked in found["architectures"]:
        assert {"hash", "space", "decisions", "seconds", "bytes"} <= ranked.keys()
        assert 0 <= ranked["low"] <= ranked["expected_accuracy"] <= ranked["high"] <= 1
    assert wise.get(f"/api/v1/recommendations/{found['id']}").json() == found


def test_the_same_question_has_the_same_answer(wise: TestClient, dataset: str) -> None:
    question = {"dataset": dataset, "top": 3, "seed": 7}
    first, second = (wise.post("/api/v1/recommendations", json=question).json() for _ in range(2))
    assert first["architectures"] == second["architectures"]
    assert len(first["architectures"]) == 3


def test_the_time_limit_is_kept(wise: TestClient, dataset: str) -> None:
    found = wise.post("/api/v1/recommendations", json={"dataset": dataset, "max_seconds": 5}).json()
    assert found["within_budget"]
    assert all(ranked["seconds"] <= 5 for ranked in found["architectures"])


def test_where_the_time_went_is_stored(wise: TestClient) -> None:
    fresh = made(wise, csv_of(texts_of(80, seed=29)))["id"]
    found = wise.post("/api/v1/recommendations", json={"dataset": fresh}).json()
    with transaction(wise.app.state.engine) as session:  # type: ignore[attr-defined]
        row = session.get(RecommendationRow, id_in(found["id"]))
        assert row is not None
        assert set(row.seconds) == {"read", "split", "describe", "climb", "rank", "explain"}
        assert sum(row.seconds.values()) <= row.latency_seconds


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"top": 0}, 422),
        ({"top": 1_000}, 422),
        ({"seed": -1}, 422),
        ({"max_seconds": 0}, 422),
        ({"space": "nowhere"}, 422),
        ({"space": "relaxed_ffnn"}, 404),
        ({"dataset": str(uuid4())}, 404),
        ({"unknown": 1}, 422),
        ({"prefer_small": 1.1}, 422),
        ({"max_bytes": 0}, 422),
        ({"max_milliseconds": -1}, 422),
        ({"metric": "speed"}, 422),
    ],
)
def test_a_question_that_cannot_be_answered_is_a_problem(
    wise: TestClient, dataset: str, changed: dict[str, object], status: int
) -> None:
    answer = wise.post("/api/v1/recommendations", json={"dataset": dataset, **changed})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_from_the_columns_straight_to_the_recommendation(wise: TestClient) -> None:
    upload = uploaded(wise, csv_of(texts_of(80, seed=31)))
    answer = wise.post("/recommendations", data={"upload": upload, "split": ""}, headers=PAGE)
    assert answer.status_code == 303
    shown = wise.get(answer.headers["location"], headers=PAGE).text
    assert shown.count("% expected") == 5
    assert shown.count('class="diagram"') == 5
    assert shown.count('class="interval"') == 5
    assert "Train it" in shown


def test_the_page_says_whether_quick_classifiers_described_the_dataset(
    wise: TestClient, dataset: str
) -> None:
    found = wise.post("/api/v1/recommendations", json={"dataset": dataset, "seed": 77}).json()
    page = f"/recommendations/{found['id']}"
    assert ("(landmarkers)" in wise.get(page, headers=PAGE).text) == bool(found["landmarkers"])
    for groups in ([], ["static"]):
        with transaction(wise.app.state.engine) as session:  # type: ignore[attr-defined]
            row = session.get_one(RecommendationRow, id_in(found["id"]))
            row.notes = {**row.notes, "landmarkers": groups}
        assert ("(landmarkers)" in wise.get(page, headers=PAGE).text) == bool(groups)


def test_small_classes_are_asked_about_first(wise: TestClient) -> None:
    upload = uploaded(wise, csv_of([*texts_of(80, seed=32), ("alone", "lonely")]))
    answer = wise.post("/recommendations", data={"upload": upload}, headers=PAGE)
    assert answer.headers["location"].startswith("/datasets/")


@pytest.mark.parametrize("rare", ["merge", "drop", "keep"])
def test_a_choice_about_small_classes_counts(wise: TestClient, rare: str) -> None:
    dataset = made(wise, csv_of([*texts_of(80, seed=33), ("alone", "lonely")]), rare=rare)
    found = wise.post("/api/v1/recommendations", json={"dataset": dataset["id"]}).json()
    assert found["dataset"]["rows"] == (80 if rare == "drop" else 81)
    assert found["dataset"]["classes"] == (4 if rare == "drop" else 5)


def test_readiness_waits_for_the_checkpoint(wise: TestClient, dataset: str) -> None:
    wise.post("/api/v1/recommendations", json={"dataset": dataset})
    answer = wise.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"


def test_without_a_checkpoint_the_service_is_not_ready_and_says_why(
    client: TestClient, web_settings: Settings
) -> None:
    dataset = made(client, csv_of(texts_of(80, seed=34)))
    answer = client.post("/api/v1/recommendations", json={"dataset": dataset["id"]})
    assert answer.status_code == 404
    assert "no checkpoint" in answer.json()["detail"]
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert str(web_settings.experience) in ready.json()["experience"]
