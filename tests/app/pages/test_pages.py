"""Pages that belong to no one feature."""

import re

import pytest
from fastapi.testclient import TestClient

from app.db.session import transaction
from app.pages.queries import recent_datasets
from dvn.data.demo_rows import demo_csv
from dvn.embeddings import MODULES
from dvn.embeddings.licences import LICENCES
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of


def test_the_newest_dataset_is_listed_first_with_the_next_step(client: TestClient) -> None:
    older = made(client, csv_of(texts_of(40, seed=61)))
    newer = made(client, csv_of([*texts_of(40, seed=62), ("alone", "lonely")]))
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        listed = recent_datasets(session, limit=2)
    assert [str(dataset.id) for dataset in listed] == [newer["id"], older["id"]]
    steps = [dataset.next_words for dataset in listed]
    assert steps == ["Decide about small classes", "Ask for a recommendation"]


def test_the_demo_is_a_dataset_at_the_first_click_and_the_same_at_the_second(client: TestClient) -> None:
    answers = [client.post("/demo", headers=PAGE) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    dataset = client.get(f"/api/v1{answers[0].headers['location']}").json()
    assert dataset["state"] == "ready"
    assert len(dataset["class_counts"]) == 6
    assert client.get("/demo.csv").content == demo_csv()


def test_another_site_cannot_make_the_demo(client: TestClient) -> None:
    assert client.post("/demo", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_every_module_in_use_has_its_licence_on_a_page(client: TestClient) -> None:
    shown = client.get("/licences", headers=PAGE).text.replace("<wbr>", "")
    for module in MODULES.values():
        assert module.name in shown
        assert module.package in shown
    for licence in (one for licences in LICENCES.values() for one in licences):
        assert f'href="#{licence.file}"' in shown
        assert f'<details id="{licence.file}">' in shown
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in shown
    assert "LLAMA 2 COMMUNITY LICENSE AGREEMENT" in shown


@pytest.mark.parametrize("address", ["/", "/api", "/licences", "/nothing"])
def test_every_page_leads_to_the_licences(client: TestClient, address: str) -> None:
    assert 'href="/licences"' in client.get(address, headers=PAGE).text


def test_the_process_says_that_it_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_the_description_names_every_pinned_address(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    pinned = {
        "/api/v1/uploads": "put",
        "/api/v1/datasets": "post",
        "/api/v1/recommendations": "post",
        "/api/v1/classifiers": "post",
        "/api/v1/classifiers/{classifier_id}/predictions": "post",
        "/api/v1/jobs/{job_id}": "get",
        "/healthz": "get",
        "/readyz": "get",
    }
    assert pinned.items() <= {(path, method) for path, methods in paths.items() for method in methods}


def test_what_the_page_on_programs_names_is_there(client: TestClient) -> None:
    shown = client.get("/api", headers=PAGE).text
    for path in ("/api/v1/uploads", "/api/v1/datasets", "/api/v1/recommendations", "/api/v1/classifiers"):
        assert path in shown


def test_the_list_of_datasets_says_how_healthy_each_is_once_it_was_looked_at(client: TestClient) -> None:
    rows = [*texts_of(60, seed=401), ("!!!", "refund")]
    dataset = made(client, csv_of(rows))
    assert "Not looked at yet" in client.get("/", headers=PAGE).text
    report = client.get(f"/api/v1/datasets/{dataset['id']}/health").json()
    link = rf'<a href="/datasets/{dataset["id"]}#health">(\d+) things? to (fix|look at)'
    said = re.search(link, client.get("/", headers=PAGE).text)
    assert said is not None
    worst = "must_fix" if report["must_fix"] else "should_look"
    assert said.groups() == (str(report[worst]), {"must_fix": "fix", "should_look": "look at"}[worst])
