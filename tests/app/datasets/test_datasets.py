"""Uploads that become datasets, and what their pages say."""

import pytest
from fastapi.testclient import TestClient

from app.datasets import health
from app.settings import Settings
from app.storage import Storage
from tests.app.visiting import PAGE, made, uploaded
from tests.synthetic import csv_of, texts_of


def with_small_classes(seed: int) -> bytes:
    """40 texts in classes that can be split, and three that are alone or two."""
    few = [("the only one", "lonely"), ("first of a pair", "pair"), ("second", "pair")]
    return csv_of([*texts_of(40, seed=seed), *few])


def test_a_dataset_says_what_was_read(client: TestClient, web_settings: Settings, tickets: bytes) -> None:
    dataset = made(client, tickets)
    assert (dataset["rows"], dataset["classes"], dataset["state"]) == (40, 4, "ready")
    assert dataset["class_counts"] == {"delivery": 10, "refund": 10, "account": 10, "praise": 10}
    assert sum(dataset["parts"].values()) == 40
    stored = Storage(web_settings.data).load_dataset(dataset["content_hash"])
    assert list(zip(stored.texts, stored.labels, strict=True)) == texts_of(40)
    assert client.get(f"/api/v1/datasets/{dataset['id']}").json() == dataset


def test_the_same_content_is_the_same_dataset(client: TestClient) -> None:
    rows = texts_of(40, seed=1)
    semicolons = csv_of(rows).replace(b",", b";")
    assert made(client, csv_of(rows))["id"] == made(client, semicolons)["id"]


def test_other_labels_are_another_dataset(client: TestClient) -> None:
    upload = uploaded(client, csv_of([(t, c, c[:3]) for t, c in texts_of(40)], ["text", "label", "short"]))
    ids = {
        client.post("/api/v1/datasets", json={"upload": upload, "label": label}).json()["id"]
        for label in ("label", "short")
    }
    assert len(ids) == 2


def test_small_classes_wait_for_a_choice(client: TestClient) -> None:
    dataset = made(client, with_small_classes(20))
    assert dataset["state"] == "waiting"
    assert dataset["rare_classes"] == {"lonely": 1, "pair": 2}
    assert dataset["parts"] is None
    shown = client.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    assert "too small to be split" in shown
    assert "Recommend an architecture" not in shown
    refused = client.post("/api/v1/recommendations", json={"dataset": dataset["id"]})
    assert refused.status_code == 409
    assert "merge, drop" in refused.json()["detail"]


@pytest.mark.parametrize("rare", ["merge", "drop", "keep"])
def test_a_choice_about_small_classes_is_kept_and_can_be_changed(client: TestClient, rare: str) -> None:
    content = with_small_classes(21)
    dataset = made(client, content)
    answer = client.post(f"/datasets/{dataset['id']}/rare", data={"rare": rare}, headers=PAGE)
    assert answer.status_code == 303
    chosen = client.get(f"/api/v1/datasets/{dataset['id']}").json()
    assert (chosen["state"], chosen["rare"]) == ("ready", rare)
    assert sum(chosen["parts"].values()) == (40 if rare == "drop" else 43)
    assert made(client, content)["rare"] == rare


@pytest.mark.parametrize("is_examined", [True, False])
def test_the_choice_stands_among_the_findings_whether_or_not_there_is_a_report_yet(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, is_examined: bool
) -> None:
    monkeypatch.setattr(health, "MOST_ROWS_AT_ONCE", 1_000 if is_examined else 10)
    dataset = made(client, with_small_classes(22 + is_examined))
    shown = client.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    _, _, card = shown.partition('id="finding-small_classes"')
    assert 'href="#finding-small_classes"' in shown
    assert "Must fix" in card
    assert card.count(f'action="/datasets/{dataset["id"]}/rare"') == 1
    assert card.count('name="rare"') == 3
    client.post(f"/datasets/{dataset['id']}/rare", data={"rare": "merge"}, headers=PAGE)
    chosen = client.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    assert "Recommend an architecture" in chosen
    assert "Change the choice" in chosen


def test_a_choice_that_leaves_one_class_is_refused_and_changes_nothing(client: TestClient) -> None:
    rows = [(text, "many") for text, _ in texts_of(20, seed=4)] + [("a", "few"), ("b", "few")]
    dataset = made(client, csv_of(rows))
    answer = client.post(f"/datasets/{dataset['id']}/rare", data={"rare": "drop"}, headers=PAGE)
    assert answer.status_code == 422
    assert client.get(f"/api/v1/datasets/{dataset['id']}").json()["state"] == "waiting"


def test_the_choice_can_come_with_the_dataset(client: TestClient) -> None:
    rows = [*texts_of(40, seed=8), ("alone", "lonely")]
    assert made(client, csv_of(rows), rare="drop")["state"] == "ready"


def test_the_columns_page_shows_what_was_chosen_instead(client: TestClient) -> None:
    upload = uploaded(client, csv_of([(t, c, "x") for t, c in texts_of(40)], ["words", "label", "other"]))
    shown = client.get(f"/uploads/{upload}", params={"text": "label", "label": "words"}, headers=PAGE).text
    assert 'value="label" data-reread checked' in shown
    assert '<option value="words" selected>' in shown


def test_an_uncertain_encoding_is_shown_and_taken_when_confirmed(client: TestClient) -> None:
    rows = [(f"café déjà vu {text}", label) for text, label in texts_of(40)]
    upload = uploaded(client, csv_of(rows).decode().encode("cp1252"), "accents.csv")
    shown = client.get(f"/uploads/{upload}", headers=PAGE).text
    assert "Please check the letters" in shown
    assert "café déjà vu" in shown
    refused = client.post("/api/v1/datasets", json={"upload": upload})
    assert refused.status_code == 422
    answer = client.post("/api/v1/datasets", json={"upload": upload, "encoding": "cp1252"})
    assert answer.status_code == 201


def test_texts_are_escaped_on_every_page(client: TestClient) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    rows = [(f"{nasty} {text}", f"{nasty}{label}") for text, label in texts_of(40)]
    upload = uploaded(client, csv_of(rows), f"{nasty}.csv")
    dataset = client.post("/api/v1/datasets", json={"upload": upload}).json()
    for address in ("/", f"/uploads/{upload}", f"/datasets/{dataset['id']}"):
        shown = client.get(address, headers=PAGE)
        assert shown.status_code == 200
        assert nasty not in shown.text
        assert "&lt;img src" in shown.text


def test_a_split_column_is_honoured_and_said(client: TestClient) -> None:
    parts = ["train"] * 30 + ["test"] * 10
    rows = [(text, label, part) for (text, label), part in zip(texts_of(40, seed=11), parts, strict=True)]
    dataset = made(client, csv_of(rows, ["text", "label", "split"]))
    assert dataset["parts"]["test"] == 10
    assert any("kept" in sentence for sentence in dataset["report"])
    ignored = made(client, csv_of(rows, ["text", "label", "split"]), split="")
    assert ignored["id"] != dataset["id"]


def test_unknown_ids_are_not_found(client: TestClient) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for address in (f"/datasets/{nobody}", f"/uploads/{nobody}", f"/api/v1/datasets/{nobody}"):
        assert client.get(address).status_code == 404
    assert client.post("/api/v1/datasets", json={"upload": nobody}).status_code == 404
