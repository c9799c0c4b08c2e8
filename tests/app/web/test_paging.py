"""Lists that are read page by page while they grow."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis.strategies import integers, lists
from sqlalchemy.orm import Session

from app.datasets.tables import UploadRow
from app.jobs.tables import JobRow
from app.web.paging import PageForm, newest
from tests.app.visiting import made
from tests.synthetic import csv_of, texts_of

LISTS = ("uploads", "datasets", "recommendations", "classifiers", "jobs")


def uploads_at(session: Session, minutes: list[int]) -> list[UUID]:
    """Uploads made at these minutes, their ids from the newest to the oldest."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        UploadRow(id=uuid4(), file_name="x", bytes=1, sha256="", created_at=began + timedelta(minutes=minute))
        for minute in minutes
    ]
    session.add_all(rows)
    session.flush()
    rows.sort(key=lambda row: (row.created_at, row.id), reverse=True)
    return [row.id for row in rows]


def pages_of(session: Session, limit: int) -> list[list[UUID]]:
    pages, after = [], ""
    while True:
        rows, following = newest(session, UploadRow, PageForm(limit=limit, after=after))
        pages.append([row.id for row in rows])
        if following is None:
            return pages
        after = following


@given(minutes=lists(integers(0, 5), max_size=25), limit=integers(1, 10))
@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_together_are_the_list_whatever_was_made_at_once(
    session: Session, minutes: list[int], limit: int
) -> None:
    with session.begin_nested() as nested:
        ids = uploads_at(session, minutes)
        pages = pages_of(session, limit)
        assert [row_id for page in pages for row_id in page] == ids
        assert all(len(page) == limit for page in pages[:-1])
        nested.rollback()


def test_what_is_made_meanwhile_does_not_shift_the_pages(session: Session) -> None:
    ids = uploads_at(session, [1, 2, 3, 4])
    rows, after = newest(session, UploadRow, PageForm(limit=2))
    uploads_at(session, [60, 61])
    more, _ = newest(session, UploadRow, PageForm(limit=2, after=after or ""))
    assert [row.id for row in (*rows, *more)] == ids


@pytest.mark.parametrize(
    "cursor", ["x", "%%%", urlsafe_b64encode(b"2026-01-01 nothing").decode(), "é", "MjAyNi0wMS0wMQ", "A"]
)
@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_that_is_none_is_refused(client: TestClient, name: str, cursor: str) -> None:
    answer = client.get(f"/api/v1/{name}", params={"after": cursor})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:forethought:unknown-cursor"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("question", ["limit=0", "limit=201", "limit=x", "page=2"])
def test_a_list_takes_only_what_it_knows(client: TestClient, name: str, question: str) -> None:
    assert client.get(f"/api/v1/{name}?{question}").status_code == 422


def test_every_list_leads_from_page_to_page(wise: TestClient) -> None:
    datasets = [made(wise, csv_of(texts_of(40, seed=seed))) for seed in (101, 102, 103)]
    for dataset in datasets:
        for _ in range(2):
            assert wise.post("/api/v1/recommendations", json={"dataset": dataset["id"]}).status_code == 201
        assert wise.post("/api/v1/classifiers", json={"dataset": dataset["id"]}).status_code == 202
    found = {
        name: all_of(wise, name) for name in ("uploads", "datasets", "recommendations", "classifiers", "jobs")
    }
    assert [one["id"] for one in found["datasets"]][:3] == [one["id"] for one in reversed(datasets)]
    assert {one["id"] for one in found["uploads"]} >= {one["upload"] for one in datasets}
    made_here = {one["id"] for one in datasets}
    about: list[Any] = [one["dataset"] for one in found["recommendations"]]
    assert sum(one["id"] in made_here for one in about) == 6
    assert {one["job"] for one in found["classifiers"]} == {one["id"] for one in found["jobs"]}
    for one in found["classifiers"]:
        assert wise.get(f"/api/v1/classifiers/{one['id']}").json() == one
    for one in found["recommendations"]:
        assert wise.get(f"/api/v1/recommendations/{one['id']}").json() == one


def test_a_list_keeps_to_one_dataset(wise: TestClient) -> None:
    dataset = made(wise, csv_of(texts_of(40, seed=104)))["id"]
    wise.post("/api/v1/recommendations", json={"dataset": dataset})
    wise.post("/api/v1/classifiers", json={"dataset": dataset})
    for name in ("recommendations", "classifiers"):
        about = wise.get(f"/api/v1/{name}", params={"dataset": dataset}).json()[name]
        assert len(about) == 1
        assert wise.get(f"/api/v1/{name}", params={"dataset": str(uuid4())}).json()[name] == []
    classifier = wise.get("/api/v1/classifiers", params={"dataset": dataset}).json()["classifiers"][0]
    jobs = wise.get("/api/v1/jobs", params={"subject": classifier["id"], "state": "queued"}).json()["jobs"]
    assert [job["id"] for job in jobs] == [classifier["job"]]
    assert wise.get("/api/v1/jobs?state=finished").json()["jobs"] == []


def all_of(client: TestClient, name: str) -> list[dict[str, str]]:
    """Everything on a list, read in pages of two by the links of its answers."""
    found, address = [], f"/api/v1/{name}?limit=2"
    while True:
        answer = client.get(address)
        assert answer.status_code == 200
        found += answer.json()[name]
        if answer.json()["next"] is None:
            assert "link" not in answer.headers
            return found
        link = answer.headers["link"]
        assert link.endswith('; rel="next"')
        address = link[1 : link.index(">")]


def test_jobs_are_listed_by_their_kind_of_thing(session: Session) -> None:
    session.add(JobRow(kind="tests.nothing", subject_id=uuid4(), arguments={}))
    session.flush()
    rows, following = newest(session, JobRow, PageForm())
    assert (len(rows), following) == (1, None)
