"""Changes of mind: keep the best so far, cancel, delete."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.classifiers import jobs as classifier_jobs
from app.classifiers.tables import ClassifierRow
from app.db.session import transaction
from app.jobs.tables import JobRow
from app.main import create_app
from app.settings import Settings
from tests.app.classifiers.training import do, quick, started, trained
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of

LONG = quick(ngrams="pairs_and_characters", steps=2000)


@pytest.fixture(scope="module")
def dataset(client: TestClient) -> str:
    return str(made(client, csv_of(texts_of(300, seed=71)))["id"])


def rows_of(client: TestClient, classifier: str) -> int:
    """How many rows of classifiers and jobs there are of it."""
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        jobs = select(func.count()).select_from(JobRow).where(JobRow.subject_id == UUID(classifier))
        row = session.get(ClassifierRow, UUID(classifier))
        return (session.scalar(jobs) or 0) + (row is not None)


@pytest.mark.parametrize("by", ["page", "api"])
def test_a_training_that_is_ended_early_keeps_the_best_so_far(
    client: TestClient, web_settings: Settings, dataset: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(client, dataset, architecture=LONG, seed=1 if by == "page" else 2)
    classifier = begun["classifier"]["id"]
    monkeypatch.setattr(classifier_jobs, "_ASK_SECONDS", 0.0)
    if by == "page":
        answer = client.post(f"/classifiers/{classifier}/keep", headers=PAGE)
        assert answer.status_code == 303
    else:
        answer = client.post(f"/api/v1/classifiers/{classifier}/keep")
        assert answer.status_code == 202, answer.text
    do(client, web_settings, begun["job"]["id"])
    ready = client.get(f"/api/v1/classifiers/{classifier}").json()
    assert ready["state"] == "ready"
    assert ready["metrics"]["stopped_by"] == "wish"
    assert 0 < ready["metrics"]["steps"] < 2000
    assert "ended early" in client.get(f"/classifiers/{classifier}", headers=PAGE).text
    body = {"texts": ["courier parcel"]}
    assert client.post(f"/api/v1/classifiers/{classifier}/predictions", json=body).status_code == 200


def test_only_a_training_under_way_can_be_kept(
    client: TestClient, web_settings: Settings, dataset: str
) -> None:
    ready = trained(client, web_settings, dataset)
    answer = client.post(f"/api/v1/classifiers/{ready['id']}/keep")
    assert answer.status_code == 409
    assert "ready" in answer.json()["detail"]


def test_the_training_page_shows_the_curve_so_far(
    client: TestClient, web_settings: Settings, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(client, dataset, architecture=LONG, seed=3)
    pages: list[str] = []
    watching = classifier_jobs.watching

    def looking(running: Any, metric: str) -> Any:
        watch = watching(running, metric)

        def watched(progress: Any) -> bool:
            running._stepped_at = -1.0  # Every step is written, however quick the training.
            goes_on = watch(progress)
            if progress.phase == "training" and progress.step >= progress.steps / 2 and not pages:
                pages.append(client.get(f"/classifiers/{begun['classifier']['id']}", headers=PAGE).text)
            return goes_on

        return watched

    monkeypatch.setattr(classifier_jobs, "watching", looking)
    do(client, web_settings, begun["job"]["id"])
    [shown] = pages
    assert "Right on the validation texts so far" in shown
    assert "Stop and keep the best so far" in shown
    assert "Cancel and discard" in shown
    assert "left</p>" in shown


@pytest.mark.parametrize("by", ["page", "api"])
def test_a_deleted_classifier_is_gone_with_its_files(
    client: TestClient, web_settings: Settings, dataset: str, by: str
) -> None:
    classifier = trained(client, web_settings, dataset, seed=4 if by == "page" else 5)["id"]
    url = f"/api/v1/classifiers/{classifier}"
    assert client.post(f"{url}/predictions", json={"texts": ["a"]}).status_code == 200
    if by == "page":
        answer = client.post(f"/classifiers/{classifier}/delete", headers=PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/datasets/{dataset}")
    else:
        assert client.delete(url).status_code == 204
    assert rows_of(client, classifier) == 0
    assert not (web_settings.data / "classifiers" / classifier).exists()
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/predictions", json={"texts": ["a"]}).status_code == 404
    assert client.delete(url).status_code == 404


def test_a_training_whose_classifier_is_deleted_ends_and_leaves_nothing(
    client: TestClient, web_settings: Settings, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(client, dataset, architecture=LONG, seed=6)
    classifier = begun["classifier"]["id"]
    train = classifier_jobs.train

    def delete_then_train(*args: Any, **kwargs: Any) -> Any:
        assert client.delete(f"/api/v1/classifiers/{classifier}").status_code == 204
        return train(*args, **kwargs)

    monkeypatch.setattr(classifier_jobs, "train", delete_then_train)
    do(client, web_settings, begun["job"]["id"])
    assert rows_of(client, classifier) == 0
    assert not (web_settings.data / "classifiers" / classifier).exists()


def test_a_waiting_training_whose_classifier_is_deleted_never_begins(
    client: TestClient, web_settings: Settings, dataset: str
) -> None:
    begun = started(client, dataset, seed=7)
    assert client.delete(f"/api/v1/classifiers/{begun['classifier']['id']}").status_code == 204
    do(client, web_settings, begun["job"]["id"])
    assert rows_of(client, begun["classifier"]["id"]) == 0


def test_another_server_on_the_same_data_predicts_the_same(
    client: TestClient, web_settings: Settings, dataset: str
) -> None:
    classifier = trained(client, web_settings, dataset, seed=8)["id"]
    url, body = f"/api/v1/classifiers/{classifier}/predictions", {"texts": ["courier parcel", "refund", "x"]}
    with TestClient(create_app(web_settings)) as restarted:
        assert restarted.post(url, json=body).json() == client.post(url, json=body).json()
