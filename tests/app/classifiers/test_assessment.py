"""What a classifier can do, and when it answers: stored once, shown on its page and by the API."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.classifiers.assessing import rows_within
from app.classifiers.tables import ClassifierRow
from app.db.session import transaction
from app.settings import Settings
from app.storage import Storage
from dvn.assessment import MeasuredPredictions
from dvn.training import TrainedClassifier
from tests.app.classifiers.training import started, trained
from tests.app.visiting import PAGE, made
from tests.synthetic import TOPICS, csv_of, texts_of

# Some texts carry a wrong label, so that there is something to get wrong.
PAIRS = [
    (text, "praise" if row % 11 == 0 else label) for row, (text, label) in enumerate(texts_of(400, seed=70))
]


@pytest.fixture(scope="module")
def dataset(client: TestClient) -> str:
    return str(made(client, csv_of(PAIRS))["id"])


@pytest.fixture(scope="module")
def ready(client: TestClient, web_settings: Settings, dataset: str) -> dict[str, Any]:
    return trained(client, web_settings, dataset)


@pytest.fixture(scope="module")
def assessment(client: TestClient, ready: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"/api/v1/classifiers/{ready['id']}/assessment")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def threshold(client: TestClient, ready: dict[str, Any]) -> Any:
    """Sets the classifier's threshold, and takes it back after the test."""

    def put(value: float | None) -> Any:
        return client.put(f"/api/v1/classifiers/{ready['id']}/threshold", json={"abstain_below": value})

    yield put
    put(None)


def test_it_agrees_with_the_measured_metrics(ready: dict[str, Any], assessment: dict[str, Any]) -> None:
    found, test = assessment["assessment"], ready["metrics"]["test"]
    assert found["texts"] == test["rows"]
    assert found["accuracy"]["value"] == pytest.approx(test["accuracy"])
    assert found["macro_f1"]["value"] == pytest.approx(test["macro_f1"])
    assert found["accuracy"]["low"] < found["accuracy"]["value"] < found["accuracy"]["high"]
    assert len(assessment["telling_words"]) == len(assessment["labels"]) == 4


def test_telling_words_are_those_the_classes_were_made_of(assessment: dict[str, Any]) -> None:
    telling = dict(zip(assessment["labels"], assessment["telling_words"], strict=True))
    for label, words in telling.items():
        assert words
        assert {word["word"] for word in words[:3]} <= set(TOPICS[label])


def test_the_folder_holds_what_was_predicted_and_no_text(
    web_settings: Settings, ready: dict[str, Any], assessment: dict[str, Any]
) -> None:
    folder = Storage(web_settings.data).classifier(UUID(ready["id"]))
    stored = MeasuredPredictions.load(folder)
    assert len(stored.test.rows) == ready["metrics"]["test"]["rows"]
    right = (stored.test.predicted == stored.test.truths).mean()
    assert right == pytest.approx(ready["metrics"]["test"]["accuracy"])
    assert stored.temperature == pytest.approx(assessment["assessment"]["temperature"])
    assert TrainedClassifier.load(folder).temperature == stored.temperature
    content = (folder / "predictions.npz").read_bytes()
    assert b"courier" not in content


def test_errors_are_the_datasets_own_wrong_texts(
    client: TestClient, ready: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    errors = client.get(f"/api/v1/classifiers/{ready['id']}/errors").json()["errors"]
    assert 0 < len(errors) <= 20
    label_of = dict(PAIRS)
    for one in errors:
        assert label_of[one["text"]] == one["label"] != one["predicted"]
    texts = [one["text"] for one in errors]
    body = {"texts": texts, "abstain_below": 0}
    predictions = client.post(f"/api/v1/classifiers/{ready['id']}/predictions", json=body).json()[
        "predictions"
    ]
    assert [one["label"] for one in predictions] == [one["predicted"] for one in errors]
    shares = [one["probability"] for one in errors]
    assert shares == sorted(shares, reverse=True)
    assert [one["probability"] for one in predictions] == pytest.approx(shares, abs=5e-3)
    assert not any(text in caplog.text for text in texts)


def test_row_numbers_are_found_again_where_rows_were_left_out(
    client: TestClient, web_settings: Settings
) -> None:
    pairs = [("a lonely text", "alone"), *PAIRS[:200], ("another lonely text", "single"), *PAIRS[200:]]
    shorter = str(made(client, csv_of(pairs), rare="drop")["id"])
    classifier = trained(client, web_settings, shorter)
    errors = client.get(f"/api/v1/classifiers/{classifier['id']}/errors").json()["errors"]
    label_of = dict(pairs)
    assert errors
    assert all(label_of[one["text"]] == one["label"] for one in errors)
    np.testing.assert_array_equal(rows_within(["a", "b", "a", "c"], ["b", "a", "c"]), [1, 2, 3])


def test_the_page_says_it_in_a_sentence_first(client: TestClient, ready: dict[str, Any]) -> None:
    shown = client.get(f"/classifiers/{ready['id']}", headers=PAGE).text
    right = round(100 * ready["metrics"]["test"]["accuracy"])
    assert f"Right on {right} of 100 new texts (" in shown
    for words in (
        "Always answering",
        "Class by class",
        "Its most confident errors",
        "Can its probabilities be trusted?",
        "When should it answer?",
        "Words that speak for each class",
        "<summary>JavaScript</summary>",
    ):
        assert words in shown, words


def test_below_the_threshold_no_label_is_given(
    client: TestClient, ready: dict[str, Any], threshold: Any
) -> None:
    url = f"/api/v1/classifiers/{ready['id']}/predictions"
    texts = ["parcel courier late", "nothing that it knows"]
    sure, unsure = client.post(url, json={"texts": texts}).json()["predictions"]
    assert sure["abstained"] is unsure["abstained"] is False
    between = (sure["probability"] + unsure["probability"]) / 2
    assert threshold(between).json()["abstain_below"] == between
    sure, unsure = client.post(url, json={"texts": texts}).json()["predictions"]
    assert (sure["label"], sure["abstained"]) == ("delivery", False)
    assert (unsure["label"], unsure["abstained"]) == (None, True)
    always = client.post(url, json={"texts": texts, "abstain_below": 0}).json()["predictions"]
    assert [one["abstained"] for one in always] == [False, False]
    never = client.post(url, json={"texts": texts, "abstain_below": 1}).json()["predictions"]
    assert [one["label"] for one in never] == [None, None]
    tried = client.post(f"/classifiers/{ready['id']}/try", data={"text": texts[1]}, headers=PAGE).text
    assert "No answer" in tried
    lines = client.post(
        f"/classifiers/{ready['id']}/files", files={"file": ("a.csv", csv_of([[t] for t in texts], ["text"]))}
    )
    assert lines.headers["forethought-rows"] == "2"
    assert [line.split(",")[0] for line in lines.text.splitlines()[1:]] == ["delivery", ""]


def test_a_threshold_is_chosen_on_the_page(
    client: TestClient, ready: dict[str, Any], assessment: dict[str, Any], threshold: Any
) -> None:
    chosen = assessment["assessment"]["thresholds"][0]["threshold"]
    page = f"/classifiers/{ready['id']}"
    assert f'value="{chosen!r}"' in client.get(page, headers=PAGE).text
    answer = client.post(f"{page}/threshold", data={"abstain_below": repr(chosen)}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}#answers")
    assert client.get(f"/api/v1/classifiers/{ready['id']}").json()["abstain_below"] == chosen
    assert f'value="{chosen!r}" checked' in client.get(page, headers=PAGE).text
    client.post(f"{page}/threshold", data={"abstain_below": "0"}, headers=PAGE)
    assert client.get(f"/api/v1/classifiers/{ready['id']}").json()["abstain_below"] is None


def test_a_threshold_of_ones_own_is_shown_among_the_choices(
    client: TestClient, ready: dict[str, Any], threshold: Any
) -> None:
    threshold(0.4321)
    assert 'value="0.4321" checked' in client.get(f"/classifiers/{ready['id']}", headers=PAGE).text


@pytest.mark.parametrize("value", [-0.1, 1.1, "half", float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(
    client: TestClient, ready: dict[str, Any], value: object
) -> None:
    url = f"/api/v1/classifiers/{ready['id']}/threshold"
    content = f'{{"abstain_below": {"NaN" if value != value else repr(value).replace(chr(39), chr(34))}}}'
    answer = client.put(url, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert client.get(f"/api/v1/classifiers/{ready['id']}").json()["abstain_below"] is None


def test_words_are_explained_by_the_api(client: TestClient, ready: dict[str, Any]) -> None:
    text = "the courier is late with a parcel"
    body = {"texts": [text, ""], "explain": True, "top": 2}
    answer = client.post(f"/api/v1/classifiers/{ready['id']}/predictions", json=body)
    found, empty = answer.json()["predictions"]
    assert [word["word"] for word in found["words"]] == text.split()
    assert all(text[word["start"] : word["end"]] == word["word"] for word in found["words"])
    strongest = max(found["words"], key=lambda word: word["weight"])["word"]
    assert strongest in {"courier", "late", "parcel"}
    assert len(found["classes"]) == 2
    assert found["classes"][0] == {"label": found["label"], "probability": found["probability"]}
    assert empty["words"] == []


def test_only_a_few_texts_are_explained_at_once(client: TestClient, ready: dict[str, Any]) -> None:
    body = {"texts": ["a"] * 21, "explain": True}
    answer = client.post(f"/api/v1/classifiers/{ready['id']}/predictions", json=body)
    assert answer.status_code == 422
    assert "20 are allowed" in answer.json()["detail"]


def test_the_try_box_marks_the_words_that_decided(client: TestClient, ready: dict[str, Any]) -> None:
    data = {"text": "courier & <b>parcel</b>"}
    shown = client.post(f"/classifiers/{ready['id']}/try", data=data, headers=PAGE).text
    assert "Words that decided" in shown
    assert '<mark class="for-' in shown
    assert "<b>parcel" not in shown


def test_an_older_classifier_is_shown_without_an_assessment(
    client: TestClient, ready: dict[str, Any]
) -> None:
    engine = client.app.state.engine  # type: ignore[attr-defined]
    with transaction(engine) as session:
        row = session.get(ClassifierRow, UUID(ready["id"]))
        assert row is not None
        kept, row.assessment = row.assessment, None
    try:
        shown = client.get(f"/classifiers/{ready['id']}", headers=PAGE)
        assert shown.status_code == 200
        assert "before assessments were kept" in shown.text
        answer = client.get(f"/api/v1/classifiers/{ready['id']}/assessment")
        assert answer.status_code == 409
        assert "train it again" in answer.json()["detail"]
    finally:
        with transaction(engine) as session:
            row = session.get(ClassifierRow, UUID(ready["id"]))
            assert row is not None
            row.assessment = kept


def test_what_is_not_ready_has_no_assessment(client: TestClient, dataset: str) -> None:
    waiting = started(client, dataset, seed=9)["classifier"]["id"]
    for what in ("assessment", "errors"):
        assert client.get(f"/api/v1/classifiers/{waiting}/{what}").status_code == 409
