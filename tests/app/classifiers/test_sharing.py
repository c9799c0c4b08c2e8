"""Owners who share what their trainings reach, those who do not, and those who take it back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as parquet
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from app.classifiers.shared_runs import keys_of
from app.classifiers.tables import ClassifierRow
from app.datasets.queries import get_dataset
from app.datasets.service import learning_data
from app.db.session import transaction
from app.experiments import snapshots
from app.experiments.queries import shared_tasks
from app.experiments.records import RunRecord, TaskFacts, record_run, upsert_task
from app.experiments.service import NoTasksError, chosen_tasks
from app.experiments.tables import (
    ArchitectureRow,
    Origin,
    RunCurveRow,
    RunMetricRow,
    RunPredictionRow,
    RunRow,
    TaskRow,
    TaskSampleRow,
)
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId, JobRow, JobState
from app.recommendations.queries import track_record
from app.recommendations.tables import RecommendationRow
from app.registry import service as registry
from app.registry.tables import RefitRow
from app.settings import Settings
from dvn.architecture import Architecture, get_space
from dvn.metafeatures import HANDMADE_NAMES, LANDMARKER_NAMES, STATIC
from dvn.metafeatures.stored_numbers import LANDMARKERS_VERSION
from dvn.value_network import read_experience
from dvn.value_network.joined import run_key, run_keys
from tests.app.classifiers.test_classifiers import QUICK
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of

Make = Callable[[int], str]
Train = Callable[..., dict[str, Any]]
SPACE = "wide_deep"
PREFIX = "kumquat marmalade"
"""Stands in every text and names every class and the file."""


def table(seed: int, rows: int = 120) -> bytes:
    pairs = [(f"{PREFIX} {text}", f"{PREFIX} {label}") for text, label in texts_of(rows, seed=seed)]
    return csv_of(pairs)


@pytest.fixture(scope="module")
def engine(wise: TestClient) -> Engine:
    engine: Engine = wise.app.state.engine  # type: ignore[attr-defined]
    return engine


@pytest.fixture
def new_dataset(wise: TestClient, engine: Engine) -> Iterator[Callable[[int], str]]:
    """Makes datasets; afterwards none of them is shared."""
    known: list[str] = []

    def make(seed: int) -> str:
        known.append(str(made(wise, table(seed))["id"]))
        return known[-1]

    yield make
    for dataset in known:
        share(wise, dataset, False)
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(RunRow)) == 0
        assert session.scalar(select(func.count()).select_from(TaskRow)) == 0


@pytest.fixture
def trained(wise: TestClient, wise_settings: Settings, engine: Engine) -> Callable[..., dict[str, Any]]:
    """Trains on a dataset, its job delivered so often, and gives the classifier."""

    def train(dataset: str, *, times: int = 1, **choice: Any) -> dict[str, Any]:
        body = {"dataset": dataset, **(choice or {"architecture": QUICK})}
        started = wise.post("/api/v1/classifiers", json=body).json()
        job_id = JobId(UUID(started["job"]["id"]))
        for delivery in range(times):
            with transaction(engine) as session:
                job = session.get_one(JobRow, job_id)
                if delivery and job.state == JobState.finished:
                    # As if the worker had been killed after its commit, before it could say so.
                    job.state, job.attempt, job.ended_at = JobState.queued, 0, None
            run_job(engine, Pace.of(wise_settings), job_id)
        found: dict[str, Any] = wise.get(f"/api/v1/classifiers/{started['classifier']['id']}").json()
        assert found["state"] == "ready", found
        return found

    return train


def share(client: TestClient, dataset: str, is_shared: bool) -> dict[str, Any]:
    answer = client.put(f"/api/v1/datasets/{dataset}/sharing", json={"shared": is_shared})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def runs(engine: Engine) -> list[RunRow]:
    with transaction(engine) as session:
        return list(session.scalars(select(RunRow).order_by(RunRow.id)))


def test_nothing_is_shared_until_the_owner_says_so(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
) -> None:
    dataset = new_dataset(70)
    trained(dataset)
    assert wise.get(f"/api/v1/datasets/{dataset}/sharing").json() == {
        "dataset": dataset, "shared": False, "shared_at": None, "runs": 0,
    }  # fmt: skip
    assert runs(engine) == []


def test_a_training_of_a_shared_dataset_is_one_run_however_often_it_is_delivered(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
) -> None:
    dataset = new_dataset(71)
    assert share(wise, dataset, True)["runs"] == 0
    classifier = trained(dataset, times=3)
    (run,) = runs(engine)
    assert (run.origin, run.seed, run.fidelity, run.error) == (Origin.user, 0, 1.0, None)
    assert run.steps == classifier["metrics"]["steps"]
    with transaction(engine) as session:
        metrics = {(m.split, m.metric): m.value for m in session.scalars(select(RunMetricRow))}
        assert metrics["test", "accuracy"] == classifier["metrics"]["test"]["accuracy"]
        assert metrics["validation", "macro_f1"] == classifier["metrics"]["validation"]["macro_f1"]
        assert session.scalar(select(func.count()).select_from(RunCurveRow)) > 0  # type: ignore[operator]  # a count
        assert session.scalar(select(func.count()).select_from(RunPredictionRow)) == 0
        assert session.get_one(ClassifierRow, UUID(classifier["id"])).run_id == run.id
    assert share(wise, dataset, True)["runs"] == 1


def test_a_training_that_ended_before_it_was_shared_becomes_a_run_too(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
) -> None:
    dataset = new_dataset(72)
    trained(dataset)
    assert share(wise, dataset, True)["runs"] == 1
    assert share(wise, dataset, True)["runs"] == 1
    (run,) = runs(engine)
    with transaction(engine) as session:
        assert len(session.scalars(select(RunMetricRow).where(RunMetricRow.run_id == run.id)).all()) == 6


def test_taken_back_the_task_and_its_runs_are_gone_and_the_classifier_stays(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
) -> None:
    dataset, other = new_dataset(73), new_dataset(74)
    for one in (dataset, other):
        share(wise, one, True)
    classifier = trained(dataset)
    trained(other)
    kept = runs(engine)[1].id
    assert share(wise, dataset, False) == {"dataset": dataset, "shared": False, "shared_at": None, "runs": 0}
    assert [run.id for run in runs(engine)] == [kept]
    with transaction(engine) as session:
        assert [task.dataset_id for task, _ in shared_tasks(session)] == [UUID(other)]
        assert session.get_one(ClassifierRow, UUID(classifier["id"])).run_id is None
    assert wise.get(f"/api/v1/classifiers/{classifier['id']}").json()["state"] == "ready"
    assert share(wise, dataset, True)["runs"] == 1


def test_taking_back_retires_what_learned_from_it(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
    tmp_path: Path,
) -> None:
    dataset = new_dataset(75)
    share(wise, dataset, True)
    trained(dataset)
    shipped = wise.app.state.experience.checkpoint(SPACE)  # type: ignore[attr-defined]
    with transaction(engine) as session:
        snapshots.write(session, tmp_path, space=SPACE)
        refit_id = registry.start_refit(session, SPACE)
        registry.promote(session, shipped, tmp_path, refit_id=refit_id)
        row = session.get_one(RefitRow, refit_id)
        row.checkpoint_id = shipped.id
        row.run_keys = registry.pack_keys(run_keys(read_experience(tmp_path, SPACE)))
    share(wise, dataset, False)
    with transaction(engine) as session:
        assert registry.answering_checkpoint(session, SPACE) is None


def test_an_older_run_is_known_by_its_name_in_newer_versions_too() -> None:
    space = get_space(SPACE)
    now = space.from_json(QUICK)
    old = Architecture(space.name, space.version - 1, now.decisions)
    row = ArchitectureRow(space=old.space, version=str(old.version), hash=old.hash, decisions=old.decisions)
    assert list(keys_of("a", "b", row, 3)) == [run_key("a", "b", one.hash, 3) for one in (old, now)]
    row = ArchitectureRow(space=now.space, version=str(now.version), hash=now.hash, decisions=now.decisions)
    assert list(keys_of("a", "b", row, 3)) == [run_key("a", "b", now.hash, 3)]


def test_what_the_operator_added_stays_when_a_user_takes_back(
    wise: TestClient, engine: Engine, new_dataset: Make, trained: Train
) -> None:
    dataset = new_dataset(86)
    own, other = trained(dataset), trained(dataset, architecture=QUICK, seed=1)
    with transaction(engine) as session:
        row = get_dataset(session, UUID(dataset))
        split = learning_data(row, wise.app.state.storage).split  # type: ignore[attr-defined]
        facts = TaskFacts("public", "public", 0, split.train, split.validation, split.test)
        task_id = upsert_task(session, row.id, facts)
        architecture_id = session.get_one(ClassifierRow, UUID(own["id"])).architecture_id
        moments = {"started_at": row.created_at, "ended_at": row.created_at}
        origin = {"origin": Origin.random, "code_version": "1", "libraries": {}}
        public = RunRecord(task_id, architecture_id, seed=1, **origin, **moments)  # type: ignore[arg-type]
        run_id = record_run(session, public)
    assert share(wise, dataset, True)["runs"] == 1
    with transaction(engine) as session:
        assert session.get_one(ClassifierRow, UUID(other["id"])).run_id == run_id
    share(wise, dataset, False)
    assert [run.id for run in runs(engine)] == [run_id]
    with transaction(engine) as session:
        session.delete(session.get_one(TaskRow, task_id))


def test_no_text_no_vector_and_no_name_of_a_users_dataset_leaves_in_a_snapshot(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
    tmp_path: Path,
) -> None:
    private, shared = new_dataset(76), new_dataset(77)
    share(wise, shared, True)
    for dataset in (private, shared):
        trained(dataset)
    with transaction(engine) as session:
        written = snapshots.write(session, tmp_path, space=SPACE)
        stored = session.scalars(select(TaskSampleRow)).all()
        with pytest.raises(NoTasksError):  # Nothing is trained on it but what its owner trains.
            chosen_tasks(session, None)
    assert (written["tasks"], written["runs"]) == (1, 1)
    texts = {text for seed in (76, 77) for text, _ in texts_of(120, seed=seed)}
    for path in tmp_path.iterdir():
        said = repr(parquet.read_table(path).to_pylist())
        assert not [text for text in texts if text in said]
        for secret in (PREFIX, "kumquat", "delivery", "tickets"):
            assert secret not in said
    for sample in stored:
        assert (sample.rows, sample.vectors, sample.classes) == (0, b"", b"")
        assert set(sample.metafeatures) == {*HANDMADE_NAMES, *LANDMARKER_NAMES[STATIC], LANDMARKERS_VERSION}
        assert all(isinstance(number, float) for number in sample.metafeatures.values())
    (task,) = read_experience(tmp_path, SPACE).tasks
    assert not task.has_sample
    assert task.name == f"shared-{task.content_hash[:12]}"


def test_a_snapshot_with_a_users_task_is_restored_and_exported_to_the_byte(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
    tmp_path: Path,
    session: Any,
) -> None:
    dataset = new_dataset(78)
    share(wise, dataset, True)
    trained(dataset)
    with transaction(engine) as opened:
        snapshots.write(opened, tmp_path / "first", space=SPACE)
    assert snapshots.restore(session, tmp_path / "first") == 1
    snapshots.write(session, tmp_path / "second", space=SPACE)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_two_uploads_of_the_same_texts_are_one_family(
    wise: TestClient, engine: Engine, new_dataset: Make
) -> None:
    first = new_dataset(79)
    grown = [*texts_of(120, seed=79), *texts_of(40, seed=80)]
    rows = [(f"{PREFIX} {text}", f"{PREFIX} {label}") for text, label in grown]
    second = str(made(wise, csv_of(rows))["id"])
    third = new_dataset(81)
    for dataset in (first, second, third):
        share(wise, dataset, True)
    with transaction(engine) as session:
        families = {str(task.dataset_id): task.family for task, _ in shared_tasks(session)}
    assert families[first] == families[second] != families[third]
    share(wise, second, False)


def test_the_page_offers_it_and_does_what_it_says(wise: TestClient, new_dataset: Make) -> None:
    dataset = new_dataset(82)
    assert "Share what is learned here" in wise.get(f"/datasets/{dataset}", headers=PAGE).text
    answer = wise.post(f"/datasets/{dataset}/sharing", data={"shared": "true"}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/datasets/{dataset}#sharing")
    assert "Take it back" in wise.get(f"/datasets/{dataset}", headers=PAGE).text
    assert wise.get(f"/api/v1/datasets/{dataset}/sharing").json()["shared"]


def test_what_was_foretold_is_scored_by_what_came_out_shared_or_not(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
) -> None:
    for seed, is_shared in ((83, False), (84, True)):
        dataset = new_dataset(seed)
        share(wise, dataset, is_shared)
        asked = {"dataset": dataset, "max_seconds": 3}
        recommended = wise.post("/api/v1/recommendations", json=asked).json()
        wanted = recommended["architectures"][1]
        classifier = trained(dataset, times=2, recommendation=recommended["id"], rank=2)
        with transaction(engine) as session:
            (found,) = track_record(session, dataset_id=UUID(dataset))
            stored = session.get_one(RecommendationRow, UUID(recommended["id"]))
            assert (stored.run_id is not None) is is_shared
        assert (found.rank, str(found.recommendation_id)) == (2, recommended["id"])
        assert (found.predicted, found.low, found.high) == (
            wanted["expected_accuracy"], wanted["low"], wanted["high"],
        )  # fmt: skip
        assert found.reached == classifier["metrics"]["test"]["accuracy"]
        assert found.reached_validation == classifier["metrics"]["validation"]["accuracy"]
        assert found.covered is (found.low <= found.reached <= found.high)
    assert [run.origin for run in runs(engine)] == [Origin.recommendation]


def test_an_architecture_of_ones_own_scores_no_recommendation(
    wise: TestClient,
    engine: Engine,
    new_dataset: Make,
    trained: Train,
) -> None:
    dataset = new_dataset(85)
    recommended = wise.post("/api/v1/recommendations", json={"dataset": dataset}).json()
    trained(dataset, recommendation=recommended["id"], architecture=QUICK)
    with transaction(engine) as session:
        assert track_record(session, dataset_id=UUID(dataset)) == []
