"""Jobs over HTTP: asked for, watched and cancelled."""

import json
from threading import Thread
from time import sleep
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from app.db.session import transaction
from app.jobs.service import add_event, enqueue
from app.jobs.tables import JobId, JobRow, JobState


@pytest.fixture
def engine(client: TestClient) -> Engine:
    engine: Engine = client.app.state.engine  # type: ignore[attr-defined]
    return engine


@pytest.fixture
def job_id(engine: Engine) -> UUID:
    with transaction(engine) as session:
        return enqueue(session, "tests.nothing", uuid4())


def end(engine: Engine, job_id: UUID) -> None:
    with transaction(engine) as session:
        session.execute(update(JobRow).where(JobRow.id == job_id).values(state=JobState.finished, progress=1))
        add_event(session, JobId(job_id), "state", state=JobState.finished)


def events_in(text: str) -> list[tuple[str, str | None, dict[str, object]]]:
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "data" in fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


def test_an_unknown_job_is_not_found_even_as_a_stream(client: TestClient) -> None:
    for address in (f"/api/v1/jobs/{uuid4()}", f"/api/v1/jobs/{uuid4()}/events"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_waiting_job_says_so(client: TestClient, job_id: UUID) -> None:
    job = client.get(f"/api/v1/jobs/{job_id}").json()
    assert job["state"] == "queued"
    assert job["percent"] is None
    assert job["words"] == "Waiting for a worker…"


def test_a_cancel_is_noted_and_may_be_repeated(client: TestClient, job_id: UUID) -> None:
    for _ in range(2):
        answer = client.post(f"/api/v1/jobs/{job_id}/cancel")
        assert answer.status_code == 202
        assert answer.json()["cancel_requested"]


def test_the_stream_ends_with_the_job(client: TestClient, engine: Engine, job_id: UUID) -> None:
    end(engine, job_id)
    events = events_in(client.get(f"/api/v1/jobs/{job_id}/events").text)
    assert [kind for kind, _, _ in events] == ["state", "state", "job"]
    assert events[-1][2]["state"] == "finished"
    assert events[-1][2]["percent"] == 100


def test_news_reach_an_open_stream(client: TestClient, engine: Engine, job_id: UUID) -> None:
    def finish_soon() -> None:
        sleep(0.3)
        end(engine, job_id)

    later = Thread(target=finish_soon)
    later.start()
    events = events_in(client.get(f"/api/v1/jobs/{job_id}/events").text)
    later.join()
    states = [facts["state"] for kind, _, facts in events if kind == "job"]
    assert states == ["queued", "finished"]


def test_a_stream_resumes_after_the_last_event_seen(client: TestClient, engine: Engine, job_id: UUID) -> None:
    end(engine, job_id)
    first, second, _ = events_in(client.get(f"/api/v1/jobs/{job_id}/events").text)
    headers = {"last-event-id": str(first[1])}
    resumed = events_in(client.get(f"/api/v1/jobs/{job_id}/events", headers=headers).text)
    assert [number for _, number, _ in resumed] == [second[1], None]
