"""Predicted and true, of tasks left out and of this installation's own recommendations."""

import re
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from app.classifiers.tables import ClassifierRow, ClassifierState
from app.db.session import transaction
from app.experiments.service import store_architecture
from app.settings import Settings
from app.track_record.queries import own_outcomes
from dvn.architecture import get_space
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of


def shown(client: TestClient, address: str = "/track-record") -> str:
    answer = client.get(address, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_left_out_task_is_drawn_covered_and_missed_by_different_marks(learned: TestClient) -> None:
    page = shown(learned)
    picture = page[page.index('<figure class="scatter">') : page.index("<figcaption>")]
    assert picture.count('class="is-covered"') == 2
    assert picture.count('class="is-missed"') == 1
    assert picture.count("<circle") == 2
    assert "made up 1: reached 70.0 %, outside of the expected 80.0 % to 99.0 %" in picture
    assert "2 of 3 truths fell inside" in page
    assert 'class="tag bad">below' in page


def test_a_known_task_leads_to_its_page_and_one_that_is_gone_does_not(learned: TestClient) -> None:
    page = shown(learned)
    assert len(re.findall(r'<th scope="row" class="name"><a href="/experience/tasks/\w+">made up', page)) == 2
    assert '<th scope="row" class="name">gone since' in page


def test_the_table_is_sorted_by_a_link(learned: TestClient) -> None:
    page = shown(learned, "/track-record?sort=reached&order=down")
    rows = re.findall(r'<th scope="row" class="name">(?:<a [^>]*>)?(made up \d|gone since)', page)
    assert rows == ["made up 0", "made up 1", "gone since"]
    assert 'href="/track-record?sort=reached"' in page


def test_a_program_reads_the_same(learned: TestClient) -> None:
    found = learned.get("/api/v1/track-record").json()
    assert found["coverage"]["covered"] == 2
    assert [task["name"] for task in found["tasks"]] == ["made up 0", "made up 1", "gone since"]
    assert found["tasks"][2]["spearman"] is None
    assert found["checkpoint"] in shown(learned)


def test_without_a_record_the_page_teaches_and_the_answer_is_404(client: TestClient) -> None:
    page = shown(client)
    assert "forethought evaluate --space wide_deep --track-record" in page
    assert client.get("/api/v1/track-record").status_code == 404
    assert client.get("/api/v1/track-record?space=nowhere").status_code == 422


def test_a_record_of_another_form_is_said_in_a_sentence(client: TestClient, web_settings: Settings) -> None:
    path = web_settings.experience / "wide_deep" / "track_record.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"format": 0}', encoding="utf-8")
    try:
        page = client.get("/track-record", headers=PAGE)
        assert page.status_code == 200
        assert "another version of Forethought made it" in page.text
        assert client.get("/api/v1/track-record").status_code == 503
    finally:
        path.unlink()


@pytest.fixture
def advice(learned: TestClient) -> dict[str, Any]:
    """A recommendation, and beside it a classifier as if the first architecture had been trained."""
    dataset = made(learned, csv_of(texts_of(80, seed=90)))
    found: dict[str, Any] = learned.post("/api/v1/recommendations", json={"dataset": dataset["id"]}).json()
    return found


def train_as(client: TestClient, advice: dict[str, Any], rank: int, accuracy: float) -> None:
    ranked = advice["architectures"][rank - 1]
    architecture = get_space("wide_deep").parse(ranked["decisions"])
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        session.add(
            ClassifierRow(
                dataset_id=UUID(advice["dataset"]["id"]),
                recommendation_id=UUID(advice["id"]),
                architecture_id=store_architecture(session, architecture),
                rank=rank,
                state=ClassifierState.ready,
                metrics={"test": {"accuracy": accuracy, "rows": 20}},
            )
        )


def test_what_was_trained_here_stands_beside_what_was_expected(
    learned: TestClient, advice: dict[str, Any]
) -> None:
    first, second = advice["architectures"][:2]
    train_as(learned, advice, 1, first["expected_accuracy"])
    train_as(learned, advice, 2, 0.0)
    with transaction(learned.app.state.engine) as session:  # type: ignore[attr-defined]
        found = {one.rank: one for one in own_outcomes(session)}
    assert found[1].is_covered
    assert not found[2].is_covered
    assert (found[2].expected, found[2].low) == (second["expected_accuracy"], second["low"])
    page = shown(learned)
    assert "1 of 2 recommendations that were trained reached an accuracy inside" in page
    assert page.count("<figure") == 2
    answer = learned.get("/api/v1/track-record/own?limit=1").json()
    assert answer["total"] == 2
    following = learned.get(f"/api/v1/track-record/own?after={answer['next']}").json()
    ranks = {one["rank"] for one in [*answer["outcomes"], *following["outcomes"]]}
    assert ranks == {1, 2}
    assert following["next"] is None


def test_a_recommendation_shows_its_nearest_tasks_on_the_map(
    learned: TestClient, advice: dict[str, Any]
) -> None:
    page = shown(learned, f"/recommendations/{advice['id']}")
    assert page.count('class="halo"') == 3
    for name in advice["nearest"]:
        assert f"<title>{name} (" in page
