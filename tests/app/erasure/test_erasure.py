"""What is deleted is gone from the disk and from the database, and a receipt proves it."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from app.classifiers.tables import ClassifierRow
from app.datasets.queries import get_dataset
from app.datasets.service import learning_data
from app.datasets.tables import DatasetRow
from app.db.base import Base
from app.db.owned import AccountRow
from app.db.session import transaction
from app.erasure import service
from app.erasure.receipts import KEY_FILE, is_genuine, signing_key
from app.experiments.records import TaskFacts, upsert_task
from app.experiments.tables import RunRow, TaskRow
from app.jobs.lease import claim
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId, JobRow, JobState
from app.settings import Settings
from app.storage import Storage
from app.web.tables import AnswerRow
from dvn.embeddings import VectorCache
from dvn.embeddings.modules import get_table
from dvn.training.features import texts_hash
from tests.app.classifiers.test_classifiers import QUICK
from tests.app.visiting import PAGE, made, uploaded
from tests.synthetic import csv_of, texts_of

MARK = "zanzibarquince"
SLOW = {**QUICK, "decisions": {**QUICK["decisions"], "steps": 2000}}
PACE = Pace(lease_seconds=15, poll_seconds=0.1, max_attempts=3)


@pytest.fixture
def engine(wise: TestClient) -> Engine:
    engine: Engine = wise.app.state.engine  # type: ignore[attr-defined]
    return engine


def marked(seed: int, rows: int = 90) -> bytes:
    """A table in which every text, every class and the columns carry the mark."""
    return csv_of([(f"{MARK} {text}", f"{MARK} {label}") for text, label in texts_of(rows, seed=seed)])


def journey(wise: TestClient, engine: Engine, seed: int, *, is_shared: bool = False) -> dict[str, str]:
    """From a file to a trained classifier, with a recommendation on the way; the ids of all of it."""
    dataset = made(wise, marked(seed))
    if is_shared:
        wise.put(f"/api/v1/datasets/{dataset['id']}/sharing", json={"shared": True})
    recommended = wise.post("/api/v1/recommendations", json={"dataset": dataset["id"]}).json()
    started = wise.post("/api/v1/classifiers", json={"dataset": dataset["id"], "architecture": QUICK}).json()
    run_job(engine, PACE, JobId(UUID(started["job"]["id"])))
    classifier = started["classifier"]["id"]
    assert wise.get(f"/api/v1/classifiers/{classifier}").json()["state"] == "ready"
    wise.post(f"/api/v1/classifiers/{classifier}/predictions", json={"texts": [f"{MARK} printer"]})
    ids = {"dataset": dataset["id"], "recommendation": recommended["id"], "classifier": classifier}
    return {**ids, "upload": dataset["upload"], "job": started["job"]["id"]}


def found_on_disk(settings: Settings) -> list[str]:
    """Files that hold the mark or are named so."""
    files = [path for path in settings.data.rglob("*") if path.is_file()]
    return [str(path) for path in files if MARK.encode() in path.read_bytes() or MARK in path.name]


def found_in_database(engine: Engine, *needles: str) -> list[str]:
    """Tables with a row in which one of these words stands."""
    with transaction(engine) as session:
        return [
            table.name
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
            if table.name != "receipt" and any(needle in repr(tuple(row)) for needle in needles)
        ]


@pytest.fixture(autouse=True)
def nothing_else(wise: TestClient) -> Iterator[None]:
    yield
    answer = wise.post("/api/v1/account/deletions", json={"confirm": "delete everything"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("is_shared", [False, True])
def test_nothing_is_left_of_a_dataset_that_is_deleted(
    wise: TestClient, engine: Engine, wise_settings: Settings, is_shared: bool
) -> None:
    ids = journey(wise, engine, 901, is_shared=is_shared)
    assert found_on_disk(wise_settings)
    assert found_in_database(engine, MARK)
    receipt = wise.delete(f"/api/v1/datasets/{ids['dataset']}").json()
    assert found_on_disk(wise_settings) == []
    assert found_in_database(engine, MARK, *ids.values()) == []
    for kind in ("datasets", "recommendations", "classifiers", "uploads", "jobs"):
        assert wise.get(f"/api/v1/{kind}/{ids[kind.removesuffix('s')]}").status_code == 404, kind
    assert {thing["id"] for thing in receipt["things"]} == set(ids.values())
    assert receipt["shared_runs_taken_back"] == (1 if is_shared else 0)
    with transaction(engine) as session:
        assert session.scalars(select(RunRow)).all() == []


def test_a_file_that_had_arrived_in_part_is_deleted_with_everything(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    content = marked(912)
    wish = {"filename": f"{MARK}.csv", "bytes": len(content)}
    begun, whole = (wise.post("/api/v1/uploads", json=wish).json()["id"] for _ in range(2))
    for upload, end in ((begun, 400), (whole, len(content))):
        wise.patch(f"/api/v1/uploads/{upload}", content=content[:end], headers={"upload-offset": "0"})
    assert Storage(wise_settings.data).unfinished / begun in map(Path, found_on_disk(wise_settings))
    assert "transfer" in found_in_database(engine, MARK)
    receipt = wise.post("/api/v1/account/deletions", json={"confirm": "delete everything"}).json()
    assert found_on_disk(wise_settings) == []
    assert found_in_database(engine, MARK, begun, whole) == []
    assert receipt["rows"]["transfer"] == 2
    assert {"file": f"unfinished/{begun}", "bytes": 400}.items() <= next(
        file.items() for file in receipt["files"] if begun in file["file"]
    )
    late = wise.patch(f"/api/v1/uploads/{begun}", content=content[400:], headers={"upload-offset": "400"})
    assert late.status_code == 404
    assert found_on_disk(wise_settings) == []


def test_a_dataset_takes_along_how_its_file_arrived(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    content = marked(913)
    wish = {"filename": f"{MARK}.csv", "bytes": len(content)}
    transfer = wise.post("/api/v1/uploads", json=wish).json()["id"]
    sent = wise.patch(f"/api/v1/uploads/{transfer}", content=content, headers={"upload-offset": "0"})
    dataset = wise.post("/api/v1/datasets", json={"upload": sent.json()["id"]}).json()["id"]
    wise.delete(f"/api/v1/datasets/{dataset}")
    assert found_in_database(engine, MARK, transfer) == []
    assert found_on_disk(wise_settings) == []


def test_the_receipt_lists_every_file_with_its_fingerprint(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    ids = journey(wise, engine, 902)
    content_hash = wise.get(f"/api/v1/datasets/{ids['dataset']}").json()["content_hash"]
    sha256 = wise.get(f"/api/v1/uploads/{ids['upload']}").json()["sha256"]
    receipt = wise.delete(f"/api/v1/datasets/{ids['dataset']}").json()
    files = {file["file"]: file for file in receipt["files"]}
    assert files[f"uploads/{ids['upload']}"] | {"file": ""} == {
        "file": "", "bytes": len(marked(902)), "sha256": sha256,
    }  # fmt: skip
    assert f"datasets/{content_hash}.parquet" in files
    assert any(name.startswith(f"classifiers/{ids['classifier']}/") for name in files)
    assert receipt["bytes"] == sum(file["bytes"] for file in files.values())
    assert MARK not in json.dumps(receipt)


def test_a_receipt_is_genuine_until_a_letter_of_it_changes(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    dataset = made(wise, marked(903))["id"]
    said = wise.delete(f"/api/v1/datasets/{dataset}").json()
    assert is_genuine(said, signing_key(wise_settings)), "the API tells it as it was signed"
    stored = wise.get(f"/account/receipts/{said['receipt']}/receipt.json", headers=PAGE).json()
    key = signing_key(wise_settings)
    assert is_genuine(stored, key)
    assert not is_genuine(stored | {"bytes": stored["bytes"] + 1}, key)
    assert not is_genuine(stored | {"files": stored["files"][1:]}, key)
    assert not is_genuine(stored, b"another key")
    assert not is_genuine({name: stored[name] for name in stored if name != "signature"}, key)
    assert (wise_settings.data / KEY_FILE).stat().st_mode & 0o077 == 0


def test_what_another_dataset_needs_stays(wise: TestClient, engine: Engine, wise_settings: Settings) -> None:
    first = journey(wise, engine, 904)
    other = wise.post("/api/v1/datasets", json={"upload": first["upload"], "text": "label", "label": "text"})
    assert other.status_code == 422  # No classes: it is no dataset, and the upload stays.
    kept = made(wise, marked(905))
    wise.delete(f"/api/v1/datasets/{first['dataset']}")
    assert wise.get(f"/api/v1/datasets/{kept['id']}").status_code == 200
    assert wise.get(f"/api/v1/uploads/{kept['upload']}").status_code == 200


def test_the_file_stays_while_another_account_has_the_same_texts(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    mine = made(wise, marked(906))
    with transaction(engine) as session:
        account = AccountRow(email="other@example.org")
        session.add(account)
    with transaction(engine, owner=account.id) as session:
        session.add(
            DatasetRow(
                content_hash=mine["content_hash"], name="theirs", text_column="text", label_column="label",
                rows=90, classes=4,
            )
        )  # fmt: skip
    receipt = wise.delete(f"/api/v1/datasets/{mine['id']}").json()
    file = f"datasets/{mine['content_hash']}.parquet"
    assert [one["file"] for one in receipt["kept"]] == [file]
    assert (wise_settings.data / file).exists()
    place = service.Place(engine, wise.app.state.storage, wise_settings)  # type: ignore[attr-defined]
    theirs = service.erase(place, service.Wish(account.id))
    assert not (wise_settings.data / file).exists()
    assert theirs.document["rows"] == {"dataset": 1}


def test_what_the_operator_added_himself_stays_his(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    ids = journey(wise, engine, 907)
    with transaction(engine) as session:
        row = get_dataset(session, UUID(ids["dataset"]))
        split = learning_data(row, wise.app.state.storage).split  # type: ignore[attr-defined]
        facts = TaskFacts("public", "public", 0, split.train, split.validation, split.test)
        task_id = upsert_task(session, row.id, facts)
    receipt = wise.post("/api/v1/account/deletions", json={"confirm": "delete everything"}).json()
    assert receipt["rows"].get("dataset", 0) == 0
    with transaction(engine) as session:
        row = session.get_one(DatasetRow, UUID(ids["dataset"]))
        assert (row.name, row.upload_id, row.file_name, dict(row.report)) == ("public", None, None, {})
        assert session.scalars(select(ClassifierRow)).all() == []
        session.delete(session.get_one(TaskRow, task_id))
    assert MARK not in wise.get("/", headers=PAGE).text


def test_a_training_that_runs_is_cancelled_first(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    dataset = made(wise, marked(908, rows=400))["id"]
    started = wise.post("/api/v1/classifiers", json={"dataset": dataset, "architecture": SLOW}).json()
    job_id = JobId(UUID(started["job"]["id"]))
    worker = threading.Thread(target=run_job, args=(engine, PACE, job_id))
    worker.start()
    until = time.monotonic() + 20
    while state_of(engine, job_id) != JobState.running and time.monotonic() < until:
        time.sleep(0.02)
    answer = wise.delete(f"/api/v1/datasets/{dataset}")
    worker.join()
    assert answer.status_code == 200, answer.text
    assert answer.json()["cancelled_jobs"] == 1
    assert state_of(engine, job_id) is None
    assert found_on_disk(wise_settings) == []


def test_nothing_is_deleted_while_a_worker_does_not_let_go(
    wise: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = made(wise, marked(909))["id"]
    started = wise.post("/api/v1/classifiers", json={"dataset": dataset, "architecture": QUICK}).json()
    job_id = JobId(UUID(started["job"]["id"]))
    with transaction(engine) as session:
        claim(session, job_id, owner="deaf", lease_seconds=60, max_attempts=3)
    monkeypatch.setattr(service, "WAIT_SECONDS", 0.3)
    answer = wise.delete(f"/api/v1/datasets/{dataset}")
    assert answer.status_code == 409
    assert wise.get(f"/api/v1/datasets/{dataset}").status_code == 200
    with transaction(engine) as session:
        session.delete(session.get_one(JobRow, job_id))


def test_everything_goes_uploads_without_a_dataset_too(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    journey(wise, engine, 910)
    journey(wise, engine, 911, is_shared=True)
    uploaded(wise, marked(912), "zanzibarquince.csv")
    assert wise.post("/api/v1/account/deletions", json={"confirm": "yes"}).status_code == 422
    assert wise.post("/account/deletions", data={"confirm": "no"}, headers=PAGE).status_code == 422
    answer = wise.post("/account/deletions", data={"confirm": "delete everything"}, headers=PAGE)
    assert answer.status_code == 303
    assert found_on_disk(wise_settings) == []
    assert found_in_database(engine, MARK) == []
    page = wise.get(answer.headers["location"], headers=PAGE)
    assert page.status_code == 200
    assert "Download the receipt" in page.text


def test_a_page_asks_before_it_deletes(wise: TestClient, engine: Engine) -> None:
    dataset = made(wise, marked(913))["id"]
    page = wise.get(f"/datasets/{dataset}", headers=PAGE).text
    assert f'href="/datasets/{dataset}/delete"' in page
    asked = wise.get(f"/datasets/{dataset}/delete", headers=PAGE).text
    assert "This cannot be undone" in asked
    assert wise.get(f"/api/v1/datasets/{dataset}").status_code == 200
    answer = wise.post(f"/datasets/{dataset}/delete", headers=PAGE)
    assert answer.status_code == 303
    assert wise.get(f"/datasets/{dataset}", headers=PAGE).status_code == 404


def state_of(engine: Engine, job_id: JobId) -> JobState | None:
    with transaction(engine) as session:
        job = session.get(JobRow, job_id)
        return job.state if job else None


def test_a_key_of_the_settings_signs_as_well(tmp_path: Path, web_settings: Settings) -> None:
    settings = web_settings.model_copy(update={"data": tmp_path})
    first = signing_key(settings)
    assert signing_key(settings) == first
    assert len(first) == 32


def test_the_vectors_of_a_dataset_go_with_it(
    wise: TestClient, engine: Engine, wise_settings: Settings
) -> None:
    dataset = made(wise, marked(914))["id"]
    with transaction(engine) as session:
        texts = learning_data(get_dataset(session, UUID(dataset)), wise.app.state.storage).dataset.texts  # type: ignore[attr-defined]
    table = get_table("use_table")
    folder = wise_settings.data / "vectors"
    VectorCache(folder, max_bytes=10**9).counts(table, texts, texts_hash(texts))
    VectorCache(folder, max_bytes=10**9).counts(table, texts[:5], texts_hash(texts[:5]))
    assert wise.delete(f"/api/v1/datasets/{dataset}").json()["vector_files"] == 1
    assert len(list(folder.iterdir())) == 1


def test_answers_kept_for_repeated_requests_go_as_well(wise: TestClient, engine: Engine) -> None:
    dataset = made(wise, marked(915))["id"]
    with transaction(engine) as session:
        session.add(AnswerRow(key="again", fingerprint="0", status=201, headers={}, body=MARK.encode()))
    assert found_in_database(engine, MARK)
    receipt = wise.delete(f"/api/v1/datasets/{dataset}").json()
    assert receipt["rows"]["kept_answer"] == 1
    assert found_in_database(engine, MARK) == []
