"""From a recommendation to the training of one of its architectures."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.visiting import PAGE, id_in, made
from tests.synthetic import csv_of, texts_of


@pytest.fixture(scope="module")
def recommendation(wise: TestClient) -> dict[str, Any]:
    dataset = made(wise, csv_of(texts_of(80, seed=50)))
    found: dict[str, Any] = wise.post("/api/v1/recommendations", json={"dataset": dataset["id"]}).json()
    return found


def test_the_first_is_trained_unless_another_rank_is_named(
    wise: TestClient, recommendation: dict[str, Any]
) -> None:
    body: dict[str, Any] = {"dataset": recommendation["dataset"]["id"]}
    ranks = recommendation["architectures"]
    for more, rank in (({}, 1), ({"recommendation": recommendation["id"], "rank": 2}, 2)):
        started = wise.post("/api/v1/classifiers", json=body | more).json()["classifier"]
        assert started["architecture"]["hash"] == ranks[rank - 1]["hash"]
        assert (started["recommendation"], started["rank"]) == (recommendation["id"], rank)


def test_the_button_of_an_architecture_trains_that_one(
    wise: TestClient, recommendation: dict[str, Any]
) -> None:
    chosen = recommendation["architectures"][2]
    address = f"/recommendations/{recommendation['id']}/classifiers"
    answer = wise.post(address, data={"architecture": chosen["hash"]}, headers=PAGE)
    assert answer.status_code == 303
    classifier = wise.get(f"/api/v1/classifiers/{id_in(answer.headers['location'])}").json()
    assert classifier["architecture"]["hash"] == chosen["hash"]
    assert classifier["rank"] == 3


@pytest.mark.parametrize("architecture", ["0" * 16, "nonsense", ""])
def test_an_architecture_that_was_not_recommended_is_refused(
    wise: TestClient, recommendation: dict[str, Any], architecture: str
) -> None:
    address = f"/recommendations/{recommendation['id']}/classifiers"
    answer = wise.post(address, data={"architecture": architecture}, headers=PAGE)
    assert answer.status_code == 422


def test_a_recommendation_for_another_dataset_is_refused(
    wise: TestClient, recommendation: dict[str, Any]
) -> None:
    other = made(wise, csv_of(texts_of(80, seed=51)))
    body = {"dataset": other["id"], "recommendation": recommendation["id"]}
    assert wise.post("/api/v1/classifiers", json=body).status_code == 422


def test_home_leads_to_what_was_made_last(wise: TestClient, recommendation: dict[str, Any]) -> None:
    assert f"/recommendations/{recommendation['id']}" in wise.get("/", headers=PAGE).text
    dataset = wise.get(f"/datasets/{recommendation['dataset']['id']}", headers=PAGE).text
    assert f"/recommendations/{recommendation['id']}" in dataset
