"""A metric goes from the recommendation to the training, and from there to all that tells of a classifier."""

import io
import zipfile
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from app.classifiers import jobs as classifier_jobs
from app.db.session import transaction
from app.experiments.tables import RunRow
from app.settings import Settings
from app.web.wording import METRIC_WORDS
from dvn.training.best_so_far import BestSoFar
from dvn.training.child import Child
from tests.app.classifiers.training import do, started, trained
from tests.app.visiting import PAGE, id_in, made
from tests.synthetic import csv_of, texts_of


@pytest.fixture(scope="module")
def dataset(wise: TestClient) -> str:
    return str(made(wise, csv_of(texts_of(200, seed=91)))["id"])


@pytest.fixture
def first_is_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look at the validation texts is the best by decree."""
    consider = BestSoFar.consider

    def considered(self: BestSoFar, child: Child, step: int, score: float) -> None:
        consider(self, child, step, 1.0 / step)

    monkeypatch.setattr(BestSoFar, "consider", considered)


@pytest.mark.parametrize("by", ["page", "api"])
@pytest.mark.parametrize("metric", ["macro_f1", "balanced_accuracy"])
def test_what_was_asked_of_the_recommendation_tells_the_best_step(
    wise: TestClient, wise_settings: Settings, monkeypatch: pytest.MonkeyPatch, by: str, metric: str
) -> None:
    dataset = str(made(wise, csv_of(texts_of(80, seed=sum(map(ord, by + metric)))))["id"])
    asked = {"dataset": dataset, "metric": metric}
    recommendation = wise.post("/api/v1/recommendations", json=asked).json()
    if by == "page":
        address = f"/recommendations/{recommendation['id']}/classifiers"
        body = {"architecture": recommendation["architectures"][0]["hash"]}
        sent = wise.post(address, data=body, headers=PAGE)
        classifier = wise.get(f"/api/v1/classifiers/{id_in(sent.headers['location'])}").json()
    else:
        classifier = wise.post("/api/v1/classifiers", json={"dataset": dataset}).json()["classifier"]
    assert classifier["metric"] == metric
    budgets: list[str] = []
    train = classifier_jobs.train

    def noting(*args: Any, **kwargs: Any) -> Any:
        budgets.append(kwargs["budget"].metric)
        return train(*args, **kwargs)

    monkeypatch.setattr(classifier_jobs, "train", noting)
    do(wise, wise_settings, classifier["job"])
    assert budgets == [metric]
    page = wise.get(f"/classifiers/{classifier['id']}", headers=PAGE).text
    assert f"{METRIC_WORDS[metric]} expected before training" in page


def test_a_metric_of_its_own_goes_before_the_recommendation(wise: TestClient, dataset: str) -> None:
    asked = {"dataset": dataset, "metric": "macro_f1"}
    recommendation = wise.post("/api/v1/recommendations", json=asked).json()["id"]
    body = {"dataset": dataset, "recommendation": recommendation, "metric": "accuracy"}
    assert wise.post("/api/v1/classifiers", json=body).json()["classifier"]["metric"] == "accuracy"
    refused = wise.post("/api/v1/classifiers", json={"dataset": dataset, "metric": "luck"})
    assert refused.status_code == 422


def test_the_same_architecture_by_another_metric_is_another_classifier(
    wise: TestClient, dataset: str
) -> None:
    plain = started(wise, dataset, seed=3)["classifier"]
    other = started(wise, dataset, seed=3, metric="macro_f1")["classifier"]
    assert plain["metric"] == "accuracy"
    assert other["id"] != plain["id"]
    assert started(wise, dataset, seed=3, metric="macro_f1")["classifier"]["id"] == other["id"]


def test_training_again_keeps_the_metric(
    wise: TestClient, wise_settings: Settings, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(wise, dataset, seed=4, metric="macro_f1")
    classifier = begun["classifier"]["id"]
    train = classifier_jobs.train

    def cancel_then_train(*args: Any, **kwargs: Any) -> Any:
        wise.post(f"/classifiers/{classifier}/cancel", headers=PAGE)
        return train(*args, **kwargs)

    monkeypatch.setattr(classifier_jobs, "train", cancel_then_train)
    do(wise, wise_settings, begun["job"]["id"])
    again = wise.post(f"/api/v1/classifiers/{classifier}/again").json()["classifier"]
    assert again["id"] != classifier
    assert again["metric"] == "macro_f1"


@pytest.mark.usefixtures("first_is_best")
def test_page_card_and_api_say_which_step_was_kept(
    wise: TestClient, wise_settings: Settings, dataset: str
) -> None:
    classifier = trained(wise, wise_settings, dataset, seed=5, metric="macro_f1")
    metrics = classifier["metrics"]
    assert metrics["stopped_by"] == "score"
    assert metrics["steps"] == metrics["curve_by_metric"][0][0] < metrics["curve"][-1][0]
    page = wise.get(f"/classifiers/{classifier['id']}", headers=PAGE).text
    assert f"step {metrics['steps']} is kept, which was better than the last by macro-F1" in page
    assert "Macro-F1 on the validation texts, by training step" in page
    assert 'aria-label="Validation macro-F1 by training step"' in page
    packed = wise.get(f"/api/v1/classifiers/{classifier['id']}/bundle").content
    with zipfile.ZipFile(io.BytesIO(packed)) as folder:
        (name,) = [name for name in folder.namelist() if name.endswith("MODEL_CARD.md")]
        card = folder.read(name).decode()
    assert "the best by\nmacro-F1 on them was kept" in card


def test_by_accuracy_page_and_card_stay_as_they_were(
    wise: TestClient, wise_settings: Settings, dataset: str
) -> None:
    classifier = trained(wise, wise_settings, dataset, seed=6)
    page = wise.get(f"/classifiers/{classifier['id']}", headers=PAGE).text
    assert "is kept" not in page
    assert "Accuracy on the validation texts, by training step" in page


@pytest.mark.usefixtures("first_is_best")
def test_what_kept_an_earlier_step_becomes_no_run(
    wise: TestClient, wise_settings: Settings, dataset: str
) -> None:
    """A run of the experience is a training that kept its last step."""
    engine: Engine = wise.app.state.engine  # type: ignore[attr-defined]

    def runs() -> int:
        with transaction(engine) as session:
            return session.scalar(select(func.count()).select_from(RunRow)) or 0

    def share(is_shared: bool) -> None:
        answer = wise.put(f"/api/v1/datasets/{own}/sharing", json={"shared": is_shared})
        assert answer.status_code == 200, answer.text

    own = str(made(wise, csv_of(texts_of(90, seed=93)))["id"])
    assert trained(wise, wise_settings, own, metric="macro_f1")["metrics"]["stopped_by"] == "score"
    share(True)
    trained(wise, wise_settings, own, metric="macro_f1", seed=1)
    assert runs() == 0
    trained(wise, wise_settings, own, seed=2)
    assert runs() == 1
    share(False)
