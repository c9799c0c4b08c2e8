"""What tests of classifiers need again and again: a quick architecture, a worker, a trained classifier."""

from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from app.jobs.registry import load_kinds
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId
from app.settings import Settings
from dvn.architecture import get_space


def quick(**changed: Any) -> dict[str, Any]:
    """An architecture that is trained in a moment: words only, few steps."""
    space = get_space("wide_deep")
    wanted = {"encoder": "none", "table": "none", "ngrams": "words", **changed}
    middle = {d.name: d.choices[len(d.choices) // 2] for d in space.decisions if d.name.startswith("wide_")}
    first = {d.name: d.choices[0] for d in space.decisions}
    return space.complete({**first, **middle, **wanted}).to_json()


def started(client: TestClient, dataset: str, **choices: Any) -> dict[str, Any]:
    """A classifier whose training waits for a worker, with its job."""
    body = {"dataset": dataset, "architecture": quick(), **choices}
    answer = client.post("/api/v1/classifiers", json=body)
    assert answer.status_code == 202, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def do(client: TestClient, settings: Settings, job_id: str) -> None:
    """Do a job as a worker would, in this process."""
    load_kinds()
    run_job(client.app.state.engine, Pace.of(settings), JobId(UUID(job_id)))  # type: ignore[attr-defined]


def trained(client: TestClient, settings: Settings, dataset: str, **choices: Any) -> dict[str, Any]:
    """A classifier that is ready."""
    begun = started(client, dataset, **choices)
    do(client, settings, begun["job"]["id"])
    classifier: dict[str, Any] = client.get(f"/api/v1/classifiers/{begun['classifier']['id']}").json()
    assert classifier["state"] == "ready", classifier
    return classifier
