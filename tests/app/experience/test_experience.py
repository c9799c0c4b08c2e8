"""Tasks, runs, the map and value networks as people and programs see them."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.experience.known import Known, known_experience
from app.settings import Settings
from dvn.embeddings import MODULES
from dvn.value_network.snapshot import RUNS, UnusableSnapshotError, read_rows, write_snapshot
from tests.app.visiting import PAGE
from tests.small_experience import save_whole_experience

RUNS_OF_EACH = 12


@pytest.fixture(scope="module")
def tasks(learned: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = learned.get("/api/v1/experience/tasks").json()["tasks"]
    return found


def shown(client: TestClient, address: str) -> str:
    answer = client.get(address, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_task_is_listed_with_its_best(learned: TestClient, tasks: list[dict[str, Any]]) -> None:
    page = shown(learned, "/experience")
    assert "6 tasks" in page
    assert [task["name"] for task in tasks] == [f"made up {number}" for number in range(6)]
    for task in tasks:
        assert f'href="/experience/tasks/{task["id"]}"' in page
    assert tasks[0]["runs"] == RUNS_OF_EACH + 1
    assert tasks[0]["failed"] == 1
    assert tasks[0]["best_validation_accuracy"] > tasks[5]["best_validation_accuracy"]


@pytest.mark.parametrize(
    ("sought", "names"),
    [("German", {"made up 1", "made up 3", "made up 5"}), ("up 4", {"made up 4"}), ("trees", set())],
)
def test_tasks_are_found_by_the_words_of_their_name_or_language(
    learned: TestClient, sought: str, names: set[str]
) -> None:
    page = shown(learned, f"/experience?q={sought}")
    assert set(re.findall(r"made up \d", page)) == names
    found = learned.get("/api/v1/experience/tasks", params={"q": sought}).json()
    assert {task["name"] for task in found["tasks"]} == names


def test_a_heading_sorts_and_then_turns_round(learned: TestClient) -> None:
    page = shown(learned, "/experience?sort=rows&order=down")
    rows = re.findall(r'<th scope="row" class="name"><a [^>]*>made up (\d)', page)
    assert rows == ["5", "4", "3", "2", "1", "0"]
    assert 'aria-sort="descending"' in page
    assert 'href="/experience?sort=rows"' in page


def test_a_task_has_its_facts_best_architectures_and_curves(
    learned: TestClient, tasks: list[dict[str, Any]]
) -> None:
    page = shown(learned, f"/experience/tasks/{tasks[0]['id']}")
    assert "made up, so free" in page
    assert page.count('class="diagram"') == 3
    assert 'class="curve many"' in page
    assert "95.0 % came out: inside its interval" in page
    assert 'class="halo"' in page


def test_the_runs_of_a_kind_are_shown_failures_with_their_reason(
    learned: TestClient, tasks: list[dict[str, Any]]
) -> None:
    assert f"{6 * RUNS_OF_EACH + 1} runs" in shown(learned, "/experience/runs")
    failed = shown(learned, "/experience/runs?state=failed")
    assert "1 run<" in failed
    assert "The loss was not finite." in failed
    of_task = shown(learned, f"/experience/runs?task={tasks[3]['id']}&origin=shared")
    assert f"{RUNS_OF_EACH} runs" in of_task
    assert "No run is of this kind" in shown(learned, "/experience/runs?origin=user")


def test_the_pages_of_runs_hold_each_run_once(learned: TestClient) -> None:
    first, second = shown(learned, "/experience/runs"), shown(learned, "/experience/runs?page=2")
    assert "Page 1 of 2" in first
    assert 'href="/experience/runs?page=2"' in first
    assert first.count("<details>") == 50
    assert second.count("<details>") == 6 * RUNS_OF_EACH + 1 - 50
    assert shown(learned, "/experience/runs?page=99") == second


def test_a_program_walks_through_all_runs_by_cursor(learned: TestClient) -> None:
    seen: list[str] = []
    question: dict[str, Any] = {"limit": 30}
    while len(seen) < 200:
        answer = learned.get("/api/v1/experience/runs", params=question).json()
        seen += [run["id"] for run in answer["runs"]]
        if answer["next"] is None:
            break
        question["after"] = answer["next"]
    assert len(seen) == len(set(seen)) == answer["total"] == 6 * RUNS_OF_EACH + 1


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/experience/tasks/unknown", 404),
        ("/api/v1/experience/runs?task=unknown", 200),
        ("/api/v1/experience/runs?after=unknown", 422),
        ("/api/v1/experience/runs?limit=0", 422),
        ("/api/v1/experience/runs?state=broken", 422),
        ("/api/v1/experience/tasks?colour=red", 422),
        ("/api/v1/experience/map?by=luck", 422),
        ("/api/v1/experience/checkpoints/unknown", 404),
    ],
)
def test_what_cannot_be_answered_is_a_problem(learned: TestClient, address: str, status: int) -> None:
    assert learned.get(address).status_code == status


def test_every_task_has_its_place_on_both_maps(learned: TestClient, tasks: list[dict[str, Any]]) -> None:
    for by in ("network", "facts"):
        drawn = learned.get("/api/v1/experience/map", params={"by": by}).json()
        assert drawn["by"] == by
        assert {place["name"] for place in drawn["places"]} == {task["name"] for task in tasks}
        for place in drawn["places"]:
            assert 0 < place["x"] < drawn["width"]
            assert 0 < place["y"] < drawn["height"]
            assert len(place["neighbours"]) == 3
            assert place["name"] not in place["neighbours"]
        page = shown(learned, f"/experience/map?by={by}&near=made up 2, made up 4")
        assert page.count('class="halo"') == 2
        assert page.count("<title>made up") == 6
        assert "English (3)" in page
        assert "German (3)" in page


def test_the_value_network_in_use_has_its_card(learned: TestClient) -> None:
    (found,) = learned.get("/api/v1/experience/checkpoints").json()["checkpoints"]
    assert (found["is_shipped"], found["is_in_use"], found["tasks"]) == (True, True, 6)
    assert found["id"] in shown(learned, "/experience/checkpoints")
    page = shown(learned, f"/experience/checkpoints/{found['id']}")
    for title in ("Intended use", "Limits", "Calibration", "How to make it again"):
        assert title in page
    for module in MODULES.values():
        assert module.package in page
    markdown = learned.get(f"/experience/checkpoints/{found['id']}/MODEL_CARD.md")
    assert markdown.headers["content-type"].startswith("text/markdown")
    assert learned.get(f"/api/v1/experience/checkpoints/{found['id']}").json()["card"] == markdown.text


def test_a_snapshot_is_read_again_only_when_its_files_change(tmp_path: Path, web_settings: Settings) -> None:
    save_whole_experience(tmp_path)
    settings = web_settings.model_copy(update={"experience": tmp_path})
    before: Known = known_experience(settings)
    assert known_experience(settings) is before
    snapshot = tmp_path / "wide_deep" / "snapshot"
    write_snapshot(snapshot, {RUNS: read_rows(snapshot, RUNS)[:5]})
    os.utime(snapshot / RUNS, ns=(1, 1))
    assert len(known_experience(settings).runs) == 5


def test_a_damaged_snapshot_is_named_in_a_sentence(tmp_path: Path, web_settings: Settings) -> None:
    snapshot = tmp_path / "wide_deep" / "snapshot"
    snapshot.mkdir(parents=True)
    (snapshot / RUNS).write_bytes(b"damaged")
    with pytest.raises(UnusableSnapshotError, match="forethought export"):
        known_experience(web_settings.model_copy(update={"experience": tmp_path}))
