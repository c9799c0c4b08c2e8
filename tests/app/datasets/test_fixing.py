"""Fixes of a large dataset: by a job that changes all at its end, or nothing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.datasets import fixing, health, jobs
from app.db.session import transaction
from app.jobs.outbox import reconcile
from app.jobs.queries import find_job
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId, JobRow, JobState
from app.settings import Settings
from app.storage import Storage
from dvn.health import HealthReport
from tests.app.datasets.test_health import engine_of, sick
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of

Work = Callable[[str], JobRow]


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MOST_ROWS_AT_ONCE", 10)


@pytest.fixture
def work(client: TestClient, web_settings: Settings) -> Work:
    """Does a job, and gives its row."""

    def done(job: str) -> JobRow:
        run_job(engine_of(client), Pace.of(web_settings), JobId(UUID(job)))
        with transaction(engine_of(client)) as session:
            row = find_job(session, JobId(UUID(job)))
            assert row is not None
            return row

    return done


def clicked(client: TestClient, dataset: dict[str, Any], fix: str, method: str = "PUT") -> str:
    """The job that a click starts."""
    answer = client.request(method, f"/api/v1/datasets/{dataset['id']}/fixes/{fix}")
    assert answer.status_code == 202, answer.text
    assert answer.json() == now(client, dataset)
    return answer.headers["location"].rpartition("/")[2]


def now(client: TestClient, dataset: dict[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = client.get(f"/api/v1/datasets/{dataset['id']}").json()
    return known


def page_of(client: TestClient, dataset: dict[str, Any]) -> str:
    return client.get(f"/datasets/{dataset['id']}", headers=PAGE).text


def test_a_job_applies_a_fix_and_examines_what_is_left(client: TestClient, work: Work) -> None:
    dataset = made(client, sick(300))
    job = clicked(client, dataset, "drop-blank")
    assert now(client, dataset) == dataset
    assert work(job).state == JobState.finished
    changed = now(client, dataset)
    assert (changed["fixes"], changed["rows"]) == ({"drop-blank": 1}, dataset["rows"] - 1)
    report = client.get(f"/api/v1/datasets/{dataset['id']}/health")
    assert (report.status_code, report.json()["fixing"]) == (200, None)
    assert "blank_texts" not in [one["kind"] for one in report.json()["findings"]]


def test_the_job_makes_what_a_click_on_a_small_dataset_makes(
    client: TestClient, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = made(client, sick(301))
    work(clicked(client, dataset, "drop-duplicates"))
    by_job = now(client, dataset)
    work(clicked(client, dataset, "drop-duplicates", "DELETE"))
    monkeypatch.setattr(health, "MOST_ROWS_AT_ONCE", 1_000)
    at_once = client.put(f"/api/v1/datasets/{dataset['id']}/fixes/drop-duplicates")
    assert (at_once.status_code, at_once.json()) == (200, by_job)


def test_undoing_gives_back_the_dataset_and_examines_nothing_anew(
    client: TestClient, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = made(client, sick(302))
    examining = client.get(f"/api/v1/datasets/{dataset['id']}/health").json()["job"]["id"]
    work(examining)
    before = client.get(f"/api/v1/datasets/{dataset['id']}/health").json()
    work(clicked(client, dataset, "drop-conflicts"))

    def never(*_: object, **__: object) -> HealthReport:
        pytest.fail("examined a second time")

    monkeypatch.setattr(fixing, "examine", never)
    work(clicked(client, dataset, "drop-conflicts", "DELETE"))
    assert now(client, dataset) == dataset
    assert client.get(f"/api/v1/datasets/{dataset['id']}/health").json() == before


def test_a_dataset_that_fixes_made_small_is_still_large_to_undo(
    client: TestClient, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = made(client, sick(303))
    monkeypatch.setattr(health, "MOST_ROWS_AT_ONCE", dataset["rows"] - 1)
    work(clicked(client, dataset, "drop-blank"))
    assert now(client, dataset)["rows"] == dataset["rows"] - 1
    work(clicked(client, dataset, "drop-blank", "DELETE"))
    assert now(client, dataset) == dataset


def test_meanwhile_the_page_shows_progress_and_other_clicks_are_refused(
    client: TestClient, work: Work
) -> None:
    dataset = made(client, sick(304))
    work(client.get(f"/api/v1/datasets/{dataset['id']}/health").json()["job"]["id"])
    assert 'value="drop-blank"' in page_of(client, dataset)
    job = clicked(client, dataset, "drop-blank")
    refused = client.put(f"/api/v1/datasets/{dataset['id']}/fixes/drop-duplicates")
    assert refused.status_code == 409
    assert "drop-blank is under way" in refused.json()["detail"]
    shown = page_of(client, dataset)
    assert f'data-job="{job}"' in shown
    assert "Applying a fix: Remove texts without a word" in shown
    assert 'value="drop-blank"' not in shown
    assert client.get(f"/api/v1/datasets/{dataset['id']}/health").json()["fixing"]["id"] == job
    work(job)
    assert "Undo: Remove texts without a word" in page_of(client, dataset)


def test_a_worker_killed_before_the_end_leaves_the_dataset_as_it_was_and_another_goes_on(
    client: TestClient, work: Work, web_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = made(client, sick(305))
    job = clicked(client, dataset, "drop-blank")
    write = jobs.write_parquet

    def killed(*found: Any) -> None:
        write(*found)
        raise SystemExit

    monkeypatch.setattr(jobs, "write_parquet", killed)
    with pytest.raises(SystemExit):
        work(job)
    assert now(client, dataset) == dataset
    monkeypatch.setattr(jobs, "write_parquet", write)
    with transaction(engine_of(client)) as session:
        released = {"state": JobState.queued, "owner": None, "lease_until": None}
        session.execute(update(JobRow).where(JobRow.id == UUID(job)).values(**released))
    assert work(job).state == JobState.finished
    assert now(client, dataset)["fixes"] == {"drop-blank": 1}
    fixed = Storage(web_settings.data).fixed
    assert [path.name for path in fixed.glob(f"{job}*")] == []


def test_a_fix_that_leaves_nothing_to_learn_changes_nothing_and_the_page_says_why(
    client: TestClient, work: Work
) -> None:
    rows = [(text, "kept") for text, _ in texts_of(20, seed=306)]
    dataset = made(client, csv_of([*rows, *(("!" * row, "marks") for row in range(1, 9))]))
    assert work(clicked(client, dataset, "drop-blank")).state == JobState.failed
    assert now(client, dataset) == dataset
    shown = page_of(client, dataset)
    assert "Not done: Applying a fix: Remove texts without a word" in shown
    assert "The dataset is as it was." in shown
    work(clicked(client, dataset, "keep-together"))
    assert "Not done" not in page_of(client, dataset)


def test_a_choice_made_meanwhile_is_not_overwritten(client: TestClient, work: Work) -> None:
    rows = [*texts_of(60, seed=307), ("!!!", "lonely"), ("???", "refund")]
    dataset = made(client, csv_of(rows), rare="merge")
    job = clicked(client, dataset, "drop-duplicates")

    def chosen(*_: object) -> None:
        client.put(f"/api/v1/datasets/{dataset['id']}/rare", json={"rare": "keep"})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "write_parquet", chosen)
        done = work(job)
    assert done.state == JobState.failed
    assert "changed meanwhile" in str(done.error)
    assert (now(client, dataset)["rare"], now(client, dataset)["fixes"]) == ("keep", {})


def test_a_fix_can_be_cancelled_on_the_page(client: TestClient, work: Work) -> None:
    dataset = made(client, sick(308))
    job = clicked(client, dataset, "drop-blank")
    assert client.post(f"/datasets/{dataset['id']}/fixes/cancel", headers=PAGE).status_code == 303
    reconcile(engine_of(client), [].append, max_attempts=3)
    assert work(job).state == JobState.cancelled
    assert now(client, dataset) == dataset
    assert "Applying a fix" not in page_of(client, dataset)
