"""Choices that become classifiers, trained by a worker and asked for predictions."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.classifiers import jobs as classifier_jobs
from app.classifiers.tables import ClassifierRow, ClassifierState
from app.db.session import transaction
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId
from app.settings import Settings
from dvn.architecture import get_space
from dvn.training import DivergedError, TrainedClassifier
from tests.app.visiting import PAGE, id_in, made
from tests.synthetic import csv_of, texts_of


def quick() -> dict[str, Any]:
    """An architecture that is trained in a moment: words only, few steps."""
    space = get_space("wide_deep")
    wanted = {"encoder": "none", "table": "none", "ngrams": "words"}
    middle = {d.name: d.choices[len(d.choices) // 2] for d in space.decisions if d.name.startswith("wide_")}
    first = {d.name: d.choices[0] for d in space.decisions}
    return space.complete({**first, **middle, **wanted}).to_json()


QUICK = quick()
NO_INPUT = {**QUICK, "decisions": {**QUICK["decisions"], "ngrams": "none"}}
SECRET = "a text that nobody else may read"


@pytest.fixture(scope="module")
def dataset(client: TestClient) -> str:
    return str(made(client, csv_of(texts_of(120, seed=40)))["id"])


@pytest.fixture(scope="module")
def work(client: TestClient, web_settings: Settings) -> Callable[[str], None]:
    """Does a job as a worker would, in this process."""
    engine: Engine = client.app.state.engine  # type: ignore[attr-defined]

    def do(job_id: str) -> None:
        run_job(engine, Pace.of(web_settings), JobId(UUID(job_id)))

    return do


@pytest.fixture(scope="module")
def ready(client: TestClient, dataset: str, work: Callable[[str], None]) -> dict[str, Any]:
    """A classifier that was trained."""
    started = client.post("/api/v1/classifiers", json={"dataset": dataset, "architecture": QUICK})
    assert started.status_code == 202, started.text
    work(started.json()["job"]["id"])
    classifier: dict[str, Any] = client.get(
        f"/api/v1/classifiers/{started.json()['classifier']['id']}"
    ).json()
    assert classifier["state"] == "ready", classifier
    return classifier


def started(client: TestClient, dataset: str, seed: int) -> dict[str, Any]:
    body = {"dataset": dataset, "architecture": QUICK, "seed": seed}
    answer: dict[str, Any] = client.post("/api/v1/classifiers", json=body).json()
    return answer


def test_a_training_is_measured_on_texts_it_never_saw(ready: dict[str, Any]) -> None:
    assert ready["metrics"]["test"]["rows"] >= 10
    assert ready["metrics"]["test"]["accuracy"] > 0.5
    assert ready["metrics"]["curve"]
    assert ready["cost"]["bundle_bytes"] > 0


def test_the_same_choice_is_trained_once(client: TestClient, dataset: str, ready: dict[str, Any]) -> None:
    again = client.post("/api/v1/classifiers", json={"dataset": dataset, "architecture": QUICK})
    assert again.json()["classifier"]["id"] == ready["id"]


def test_a_job_delivered_twice_changes_nothing(
    client: TestClient, ready: dict[str, Any], work: Callable[[str], None]
) -> None:
    work(ready["job"])
    assert client.get(f"/api/v1/classifiers/{ready['id']}").json() == ready


def test_the_page_shows_the_measure_and_what_is_confused(client: TestClient, ready: dict[str, Any]) -> None:
    shown = client.get(f"/classifiers/{ready['id']}", headers=PAGE)
    assert shown.status_code == 200
    for words in ("test accuracy", "macro-F1", "bootstrap", "What it confuses", "How it learned", "delivery"):
        assert words in shown.text


def test_texts_are_labelled_in_their_order(client: TestClient, ready: dict[str, Any]) -> None:
    pairs = texts_of(40, seed=41)
    body = {"texts": [text for text, _ in pairs]}
    answer = client.post(f"/api/v1/classifiers/{ready['id']}/predictions", json=body)
    assert answer.status_code == 200
    predictions = answer.json()["predictions"]
    right = sum(found["label"] == label for found, (_, label) in zip(predictions, pairs, strict=True))
    assert right > 20
    assert all(0 < found["probability"] <= 1 for found in predictions)


@pytest.mark.parametrize("texts", [[], "no list", ["x"] * 51, [1], None])
def test_texts_that_cannot_be_labelled_are_a_problem(
    client: TestClient, ready: dict[str, Any], texts: object
) -> None:
    answer = client.post(f"/api/v1/classifiers/{ready['id']}/predictions", json={"texts": texts})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_tried_text_is_answered_on_the_page_and_kept_nowhere(
    client: TestClient, ready: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post(f"/classifiers/{ready['id']}/try", data={"text": SECRET}, headers=PAGE)
    assert answer.status_code == 200
    assert "with a probability of" in answer.text
    assert SECRET in answer.text
    assert SECRET not in caplog.text
    assert SECRET not in client.get(f"/classifiers/{ready['id']}", headers=PAGE).text


def test_a_file_comes_back_as_labels_in_its_order(client: TestClient, ready: dict[str, Any]) -> None:
    pairs = texts_of(600, seed=42)
    content = csv_of([(number, text) for number, (text, _) in enumerate(pairs)], ["id", "text"])
    answer = client.post(f"/classifiers/{ready['id']}/files", files={"file": ("new ü.csv", content)})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="new__-predictions.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 600
    right = sum(row["label"] == label for row, (_, label) in zip(rows, pairs, strict=True))
    assert right > 300


def test_a_file_that_cannot_be_read_is_explained(client: TestClient, ready: dict[str, Any]) -> None:
    files = {"file": ("new.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))}
    answer = client.post(f"/classifiers/{ready['id']}/files", files=files, headers=PAGE)
    assert answer.status_code == 422
    assert "not a table" in answer.text


def test_what_is_not_trained_yet_cannot_predict(client: TestClient, dataset: str) -> None:
    waiting = started(client, dataset, seed=1)
    classifier = waiting["classifier"]["id"]
    answer = client.post(f"/api/v1/classifiers/{classifier}/predictions", json={"texts": ["a"]})
    assert answer.status_code == 409
    shown = client.get(f"/classifiers/{classifier}", headers=PAGE).text
    assert "Waiting for a worker" in shown
    assert '<meta http-equiv="refresh"' in shown
    assert f'data-job="{waiting["job"]["id"]}"' in shown


def test_a_cancelled_training_leaves_no_classifier_and_can_be_started_again(
    client: TestClient, web_settings: Settings, dataset: str, work: Callable[[str], None], monkeypatch: Any
) -> None:
    begun = started(client, dataset, seed=2)
    classifier, job = begun["classifier"]["id"], begun["job"]["id"]

    def cancel_then_train(*args: Any, **kwargs: Any) -> Any:
        client.post(f"/classifiers/{classifier}/cancel", headers=PAGE)
        return train(*args, **kwargs)

    train = classifier_jobs.train
    monkeypatch.setattr(classifier_jobs, "train", cancel_then_train)
    work(job)
    monkeypatch.undo()
    assert client.get(f"/api/v1/jobs/{job}").json()["state"] == "cancelled"
    assert client.get(f"/api/v1/classifiers/{classifier}").json()["state"] == "cancelled"
    assert not (web_settings.data / "classifiers" / classifier).exists()
    assert "The training was cancelled" in client.get(f"/classifiers/{classifier}", headers=PAGE).text
    again = client.post(f"/classifiers/{classifier}/again", headers=PAGE)
    assert id_in(again.headers["location"]) != UUID(classifier)


def test_a_failed_training_says_why(
    client: TestClient, dataset: str, work: Callable[[str], None], monkeypatch: Any
) -> None:
    def diverge(*_: Any, **__: Any) -> None:
        raise DivergedError(3, 125)

    begun = started(client, dataset, seed=3)
    monkeypatch.setattr(classifier_jobs, "train", diverge)
    work(begun["job"]["id"])
    shown = client.get(f"/classifiers/{begun['classifier']['id']}", headers=PAGE).text
    assert "The training failed" in shown
    assert "by step 3 of 125" in shown


def test_a_worker_killed_while_saving_leaves_nothing_that_can_be_used(
    client: TestClient, web_settings: Settings, dataset: str, work: Callable[[str], None], monkeypatch: Any
) -> None:
    class Killed(BaseException):
        pass

    def half_saved(_: TrainedClassifier, folder: Path) -> None:
        folder.mkdir()
        (folder / "half").write_bytes(b"half")
        raise Killed

    begun = started(client, dataset, seed=4)
    classifier = begun["classifier"]["id"]
    monkeypatch.setattr(TrainedClassifier, "save", half_saved)
    with pytest.raises(Killed):
        work(begun["job"]["id"])
    assert not (web_settings.data / "classifiers" / classifier).exists()
    assert client.get(f"/api/v1/classifiers/{classifier}").json()["state"] == "training"
    answer = client.post(f"/api/v1/classifiers/{classifier}/predictions", json={"texts": ["a"]})
    assert answer.status_code == 409


def test_a_classifier_whose_files_are_gone_says_so(client: TestClient, dataset: str) -> None:
    begun = started(client, dataset, seed=5)
    classifier = UUID(begun["classifier"]["id"])
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        row = session.get(ClassifierRow, classifier)
        assert row is not None
        row.state = ClassifierState.ready
    answer = client.post(f"/api/v1/classifiers/{classifier}/predictions", json={"texts": ["a"]})
    assert answer.status_code == 404
    assert "train it again" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"architecture": {"encoder": "none"}}, 422),
        ({"architecture": {"space": "nowhere", "decisions": {}}}, 422),
        ({"architecture": NO_INPUT}, 422),
        ({"architecture": None}, 409),
        ({"recommendation": str(uuid4()), "architecture": None}, 404),
        ({"dataset": str(uuid4())}, 404),
    ],
)
def test_a_choice_that_cannot_be_trained_is_a_problem(
    client: TestClient, dataset: str, changed: dict[str, object], status: int
) -> None:
    body = {"dataset": dataset, "architecture": QUICK, **changed}
    answer = client.post("/api/v1/classifiers", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
