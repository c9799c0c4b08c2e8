"""A second question about a dataset: the slider, limits and metrics, by the API and from the page."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.session import transaction
from app.recommendations import service
from app.recommendations.tables import RecommendationRow, RecommendationTruthRow
from tests.app.visiting import PAGE, id_in, made
from tests.synthetic import csv_of, texts_of


@pytest.fixture(scope="module")
def dataset(wise: TestClient) -> str:
    return str(made(wise, csv_of(texts_of(90, seed=130)))["id"])


def asked(client: TestClient, dataset: str, **question: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/recommendations", json={"dataset": dataset, **question})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_answer_names_costs_reasons_and_rivals(wise: TestClient, dataset: str) -> None:
    found = asked(wise, dataset)
    first = found["architectures"][0]
    assert all(ranked["milliseconds"] > 0 for ranked in found["architectures"])
    assert [point["prefer_small"] for point in found["front"]] == [step / 20 for step in range(21)]
    assert found["front"][0]["hash"] == first["hash"]
    assert {worth["decision"] for worth in found["worth"]} == set(first["decisions"])
    rules = {one["rule"] for one in found["standing"]}
    assert {"best_on_average", "nearest_task", "by_size", "portfolio", "random"} == rules
    assert found["metric"] == "accuracy"


def test_a_second_question_describes_nothing_again_and_answers_as_a_first_would(
    wise: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice, once = (str(made(wise, csv_of(texts_of(90, seed=131)[:size]))["id"]) for size in (90, 89))
    question = {"prefer_small": 0.6, "max_milliseconds": 5.0, "top": 3}
    asked(wise, twice)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("described again")

    with monkeypatch.context() as patched:
        patched.setattr(service, "describe_dataset", refuse)
        warm = asked(wise, twice, **question)
    assert not {"read", "split", "describe"} & warm["timing"].keys()
    assert "describe" in asked(wise, once, **question)["timing"]
    with transaction(wise.app.state.engine) as session:  # type: ignore[attr-defined]
        for row in session.query(RecommendationRow).filter_by(dataset_id=id_in(twice)):
            row.vector = None
    cold = asked(wise, twice, **question)
    assert "describe" in cold["timing"]
    assert cold["architectures"] == warm["architectures"]
    assert cold["front"] == warm["front"]


def test_limits_are_kept_or_the_answer_says_that_none_fits(wise: TestClient, dataset: str) -> None:
    free = asked(wise, dataset)["architectures"]
    most = sorted(one["bytes"] for one in free)[2]
    kept = asked(wise, dataset, max_bytes=most)
    assert kept["within_budget"]
    assert all(one["bytes"] <= most for one in kept["architectures"])
    assert kept["question"]["max_bytes"] == most
    impossible = asked(wise, dataset, max_bytes=1)
    assert not impossible["within_budget"]
    page = wise.get(f"/recommendations/{impossible['id']}", headers=PAGE).text
    assert "None keeps every limit" in page


def test_another_metric_is_foretold_by_another_value_network(wise: TestClient, dataset: str) -> None:
    checkpoints = {asked(wise, dataset)["checkpoint"]}
    for metric, words in (("macro_f1", "macro-F1"), ("balanced_accuracy", "balanced accuracy")):
        found = asked(wise, dataset, metric=metric)
        assert found["metric"] == found["question"]["metric"] == metric
        assert f"% expected {words}" in wise.get(f"/recommendations/{found['id']}", headers=PAGE).text
        checkpoints.add(found["checkpoint"])
    assert len(checkpoints) == 3


def test_the_form_of_the_page_asks_again_without_scripts(wise: TestClient, dataset: str) -> None:
    first = asked(wise, dataset)
    form = {"prefer_small": "0.5", "max_megabytes": "", "max_milliseconds": "", "max_seconds": "30"}
    answer = wise.post(
        f"/recommendations/{first['id']}/questions", data={**form, "metric": "accuracy"}, headers=PAGE
    )
    assert answer.status_code == 303
    shown = wise.get(answer.headers["location"], headers=PAGE).text
    assert re.search(r'id="prefer_small"[^>]*value="0.5"', shown)
    assert re.search(r'id="max_seconds"[^>]*value="30"', shown)
    assert "may be 2.5 points less accurate" in shown
    kept = wise.get(f"/api/v1/recommendations/{id_in(answer.headers['location'])}").json()
    assert kept["question"]["prefer_small"] == 0.5
    again = wise.post(
        f"/recommendations/{first['id']}/questions", data={**form, "metric": "accuracy"}, headers=PAGE
    )
    assert again.headers["location"] == answer.headers["location"]


@pytest.mark.parametrize("field", [{"prefer_small": "2"}, {"max_megabytes": "-1"}, {"metric": "luck"}])
def test_a_form_with_a_wrong_field_is_refused(wise: TestClient, dataset: str, field: dict[str, str]) -> None:
    first = asked(wise, dataset)
    answer = wise.post(f"/recommendations/{first['id']}/questions", data=field, headers=PAGE)
    assert answer.status_code == 422


def test_the_page_shows_reasons_and_rivals(wise: TestClient, dataset: str) -> None:
    page = wise.get(f"/recommendations/{asked(wise, dataset)['id']}", headers=PAGE).text
    assert "What each decision is worth here" in page
    assert "What simpler choices would give" in page
    assert "Best on average of the known tasks" in page


def test_an_answer_of_before_the_slider_is_still_shown(wise: TestClient, dataset: str) -> None:
    """Rows that were stored by earlier versions lack the new notes, limits and milliseconds."""
    found = asked(wise, dataset, seed=99)
    with transaction(wise.app.state.engine) as session:  # type: ignore[attr-defined]
        row = session.get_one(RecommendationRow, id_in(found["id"]))
        new = ("metric", "source", "input_seconds", "front", "worth", "standing")
        row.notes = {name: note for name, note in row.notes.items() if name not in new}
        old = ("space", "top", "seed", "max_seconds", "starts", "stage", "rare")
        row.question = {name: row.question[name] for name in old}
        row.vector = None
        row.architectures = [
            {name: value for name, value in one.items() if name != "milliseconds"}
            for one in row.architectures
        ]
    page = wise.get(f"/recommendations/{found['id']}", headers=PAGE)
    assert page.status_code == 200
    assert "Train it" in page.text
    answer = wise.get(f"/api/v1/recommendations/{found['id']}").json()
    assert answer["front"] == []
    assert answer["architectures"][0]["milliseconds"] is None


@pytest.mark.parametrize(("metric", "notes"), [("accuracy", 1), ("macro_f1", 0)])
def test_only_what_was_foretold_of_accuracy_is_judged_by_accuracy(
    wise: TestClient, dataset: str, metric: str, notes: int
) -> None:
    found = asked(wise, dataset, metric=metric, seed=71)
    with transaction(wise.app.state.engine) as session:  # type: ignore[attr-defined]
        service.score(session, id_in(found["id"]), 1, seed=0, accuracy={"validation": 0.8, "test": 0.7})
        truths = session.query(RecommendationTruthRow).filter_by(recommendation_id=id_in(found["id"]))
        assert truths.count() == notes
