"""A ready classifier is downloaded by page and by API; nobody gets one that is not ready."""

import io
import json
import zipfile
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId
from app.settings import Settings
from dvn.bundle.predict import Classifier
from dvn.training import TrainedClassifier
from tests.app.classifiers.test_classifiers import QUICK
from tests.app.visiting import PAGE, left_behind, made
from tests.synthetic import csv_of, texts_of

TEXTS = [text for text, _ in texts_of(30, seed=3)]


@pytest.fixture(scope="module")
def dataset(client: TestClient) -> str:
    return str(made(client, csv_of(texts_of(120, seed=41)))["id"])


@pytest.fixture(scope="module")
def ready(client: TestClient, web_settings: Settings, dataset: str) -> str:
    """The id of a classifier that was trained."""
    started = client.post("/api/v1/classifiers", json={"dataset": dataset, "architecture": QUICK}).json()
    run_job(client.app.state.engine, Pace.of(web_settings), JobId(UUID(started["job"]["id"])))  # type: ignore[attr-defined]
    return str(started["classifier"]["id"])


def test_the_zip_predicts_what_the_service_predicts(client: TestClient, ready: str, tmp_path: Path) -> None:
    answer = client.get(f"/api/v1/classifiers/{ready}/bundle")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="tickets-classifier.zip"'
    assert int(answer.headers["content-length"]) == len(answer.content)
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    labels, probabilities = Classifier(tmp_path / "tickets-classifier").predict(TEXTS)
    said = client.post(f"/api/v1/classifiers/{ready}/predictions", json={"texts": TEXTS}).json()[
        "predictions"
    ]
    assert labels == [one["label"] for one in said]
    assert probabilities.max(axis=1).tolist() == pytest.approx([one["probability"] for one in said], abs=1e-5)


def test_the_page_and_the_api_answer_with_the_same_bytes(client: TestClient, ready: str) -> None:
    by_api = client.get(f"/api/v1/classifiers/{ready}/bundle")
    by_page = client.get(f"/classifiers/{ready}/bundle")
    assert by_page.content == by_api.content
    assert by_page.headers["etag"] == by_api.headers["etag"]


def test_who_has_it_already_gets_nothing_again(client: TestClient, ready: str) -> None:
    tag = client.get(f"/api/v1/classifiers/{ready}/bundle").headers["etag"]
    again = client.get(f"/api/v1/classifiers/{ready}/bundle", headers={"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get(f"/api/v1/classifiers/{ready}/bundle", headers={"if-none-match": '"other"'})
    assert other.status_code == 200


def test_the_card_tells_scores_and_classes_and_no_text(client: TestClient, ready: str) -> None:
    with zipfile.ZipFile(io.BytesIO(client.get(f"/classifiers/{ready}/bundle").content)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    card = contents["tickets-classifier/MODEL_CARD.md"].decode()
    metrics = client.get(f"/api/v1/classifiers/{ready}").json()["metrics"]["test"]
    assert f"| accuracy | {metrics['accuracy']:.1%} |" in card
    assert "| delivery | 30 |" in card
    scores = client.get(f"/api/v1/classifiers/{ready}/assessment").json()
    low, high = scores["assessment"]["macro_f1"]["low"], scores["assessment"]["macro_f1"]["high"]
    assert f"| macro-F1 | {metrics['macro_f1']:.1%} | {low:.1%} to {high:.1%} |" in card
    assert json.loads(contents["tickets-classifier/labels.json"]) == [
        "account",
        "delivery",
        "praise",
        "refund",
    ]
    assert not any(text.encode() in content for text in TEXTS for content in contents.values())


def test_nothing_is_left_behind(client: TestClient, web_settings: Settings, ready: str) -> None:
    before = left_behind(web_settings)
    client.get(f"/classifiers/{ready}/bundle")
    assert left_behind(web_settings) == before


def test_the_page_of_a_classifier_offers_the_download(client: TestClient, ready: str) -> None:
    page = client.get(f"/classifiers/{ready}", headers=PAGE)
    assert f'href="/classifiers/{ready}/bundle" download' in page.text


@pytest.mark.parametrize("address", ["/api/v1/classifiers/{}/bundle", "/classifiers/{}/bundle"])
def test_an_unknown_or_untrained_classifier_is_refused(
    client: TestClient, dataset: str, address: str
) -> None:
    assert client.get(address.format(uuid4())).status_code == 404
    body = {"dataset": dataset, "architecture": QUICK, "seed": 9}
    waiting = client.post("/api/v1/classifiers", json=body).json()["classifier"]["id"]
    assert client.get(address.format(waiting)).status_code == 409


def test_a_damaged_classifier_is_refused_in_a_sentence(
    client: TestClient, web_settings: Settings, ready: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: UUID) -> TrainedClassifier:
        return TrainedClassifier.load(web_settings.data / "nowhere")

    monkeypatch.setattr(client.app.state.classifiers, "get", refuse)  # type: ignore[attr-defined]
    answer = client.get(f"/api/v1/classifiers/{ready}/bundle")
    assert answer.status_code == 409
    assert "train it again" in answer.json()["detail"]
