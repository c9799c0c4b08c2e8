"""Fixes by a click: what is learned from changes, and undoing brings back exactly what was."""

import random
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from app.classifiers.service import stored_rows
from app.datasets.fixes import sweep_fixed
from app.datasets.queries import get_dataset
from app.datasets.service import learning_data
from app.db.session import transaction
from app.settings import Settings
from app.storage import Storage
from dvn.data.dataset import Dataset
from dvn.health import Fix
from tests.app.datasets.test_health import engine_of, sick
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of


def put(client: TestClient, dataset: dict[str, Any], fix: str) -> dict[str, Any]:
    answer = client.put(f"/api/v1/datasets/{dataset['id']}/fixes/{fix}")
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def undo(client: TestClient, dataset: dict[str, Any], fix: str) -> dict[str, Any]:
    answer = client.delete(f"/api/v1/datasets/{dataset['id']}/fixes/{fix}")
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def learned(client: TestClient, dataset: dict[str, Any]) -> Dataset:
    engine = engine_of(client)
    with transaction(engine) as session:
        row = get_dataset(session, UUID(dataset["id"]))
        return learning_data(row, client.app.state.storage).dataset  # type: ignore[attr-defined]


def test_a_fix_changes_what_is_learned_from_and_keeps_what_was_read(
    client: TestClient, web_settings: Settings
) -> None:
    dataset = made(client, sick(200))
    changed = put(client, dataset, "drop-blank")
    assert changed["fixes"] == {"drop-blank": 1}
    assert (changed["rows"], sum(changed["parts"].values())) == (dataset["rows"] - 1, dataset["rows"] - 1)
    assert changed["content_hash"] == dataset["content_hash"] != changed["learned_hash"]
    assert "?!?" not in learned(client, dataset).texts
    assert "?!?" in Storage(web_settings.data).load_dataset(dataset["content_hash"]).texts
    report = client.get(f"/api/v1/datasets/{dataset['id']}/health").json()
    assert report["applied"] == {"drop-blank": 1}
    assert "blank_texts" not in [one["kind"] for one in report["findings"]]


def test_any_clicks_undone_in_any_order_give_back_the_dataset(client: TestClient) -> None:
    dataset = made(client, sick(201))
    draw = random.Random(5)
    for _ in range(4):
        clicked = draw.sample([fix.value for fix in Fix], k=draw.randint(1, 6))
        for fix in clicked:
            put(client, dataset, fix)
        now = client.get(f"/api/v1/datasets/{dataset['id']}").json()
        for fix in draw.sample(clicked, k=len(clicked)):
            now = undo(client, dataset, fix)
        assert now == dataset


def test_the_same_fixes_in_another_order_are_the_same_dataset(client: TestClient) -> None:
    dataset = made(client, sick(202))
    fixes = ["repair-letters", "drop-duplicates", "majority-label", "drop-blank"]
    hashes = set()
    for order in (fixes, fixes[::-1]):
        for fix in order:
            now = put(client, dataset, fix)
        hashes.add(now["learned_hash"])
        for fix in order:
            undo(client, dataset, fix)
    assert len(hashes) == 1


def test_a_fix_takes_the_place_of_its_rival(client: TestClient) -> None:
    dataset = made(client, sick(203))
    put(client, dataset, "drop-conflicts")
    assert list(put(client, dataset, "majority-label")["fixes"]) == ["majority-label"]


def test_a_choice_about_small_classes_survives_a_fix_and_its_undoing(client: TestClient) -> None:
    rows = [*texts_of(60, seed=204), ("!!!", "lonely")]
    dataset = made(client, csv_of(rows), rare="merge")
    assert dataset["rare"] == "merge"
    assert put(client, dataset, "drop-blank")["rare"] is None
    assert undo(client, dataset, "drop-blank") == dataset


def test_a_fix_that_leaves_nothing_to_learn_is_refused_and_changes_nothing(client: TestClient) -> None:
    rows = [(text, "kept") for text, _ in texts_of(20, seed=205)] + [
        ("!" * row, "marks") for row in range(1, 9)
    ]
    dataset = made(client, csv_of(rows))
    refused = client.put(f"/api/v1/datasets/{dataset['id']}/fixes/drop-blank")
    assert refused.status_code == 422
    assert "two" in refused.json()["detail"]
    assert client.get(f"/api/v1/datasets/{dataset['id']}").json() == dataset


def test_uploaded_again_a_dataset_keeps_its_fixes(client: TestClient) -> None:
    content = sick(206)
    dataset = made(client, content)
    changed = put(client, dataset, "drop-blank")
    again = made(client, content)
    assert (again["fixes"], again["learned_hash"]) == (changed["fixes"], changed["learned_hash"])
    assert again["rows"] == changed["rows"]
    assert undo(client, dataset, "drop-blank")["learned_hash"] == dataset["content_hash"]


def test_a_lost_file_of_a_fixed_dataset_is_made_again(client: TestClient, web_settings: Settings) -> None:
    dataset = made(client, sick(207))
    put(client, dataset, "drop-blank")
    path = Storage(web_settings.data).fixed_dataset(UUID(dataset["id"]))
    before = learned(client, dataset)
    path.unlink()
    assert learned(client, dataset) == before
    assert path.exists()
    path.write_bytes(b"damaged")
    assert learned(client, dataset) == before


def test_files_of_datasets_without_fixes_are_swept(client: TestClient, web_settings: Settings) -> None:
    dataset, storage = made(client, sick(208)), Storage(web_settings.data)
    put(client, dataset, "drop-blank")
    stray = storage.fixed / "00000000-0000-0000-0000-00000000dead.parquet"
    stray.write_bytes(b"left over")
    engine = engine_of(client)
    with transaction(engine) as session:
        assert sweep_fixed(session, storage, age_seconds=0) == 1
    assert storage.fixed_dataset(UUID(dataset["id"])).exists()
    assert not stray.exists()


def test_the_page_lists_what_is_applied_with_a_way_back(client: TestClient) -> None:
    dataset = made(client, sick(209))
    click = {"fix": "drop-blank", "applied": "true"}
    answer = client.post(f"/datasets/{dataset['id']}/fixes", data=click, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/datasets/{dataset['id']}#health")
    shown = client.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    assert "Fixes that are applied" in shown
    assert "Undo: Remove texts without a word" in shown
    client.post(f"/datasets/{dataset['id']}/fixes", data={**click, "applied": "false"}, headers=PAGE)
    assert "Fixes that are applied" not in client.get(f"/datasets/{dataset['id']}", headers=PAGE).text


@pytest.mark.parametrize("fix", ["drop-everything", ""])
def test_an_unknown_fix_is_refused(client: TestClient, fix: str) -> None:
    dataset = made(client, sick(210))
    assert client.put(f"/api/v1/datasets/{dataset['id']}/fixes/{fix}").status_code in (404, 405, 422)


def test_what_was_made_before_a_fix_says_so_until_it_is_undone(wise: TestClient) -> None:
    dataset = made(wise, sick(211))
    body = {"dataset": dataset["id"]}
    old = wise.post("/api/v1/recommendations", json=body)
    assert old.status_code == 201, old.text
    put(wise, dataset, "drop-blank")
    page = f"/recommendations/{old.json()['id']}"
    assert "Made with other fixes" in wise.get(page, headers=PAGE).text
    assert "of other fixes" in wise.get(f"/datasets/{dataset['id']}", headers=PAGE).text
    new = wise.post("/api/v1/recommendations", json=body).json()
    assert "Made with other fixes" not in wise.get(f"/recommendations/{new['id']}", headers=PAGE).text
    undo(wise, dataset, "drop-blank")
    assert "Made with other fixes" not in wise.get(page, headers=PAGE).text


def test_the_same_architecture_is_trained_again_on_other_texts(wise: TestClient) -> None:
    dataset = made(wise, sick(212))
    wise.post("/api/v1/recommendations", json={"dataset": dataset["id"]})

    def trained() -> str:
        answer = wise.post("/api/v1/classifiers", json={"dataset": dataset["id"]})
        return str(answer.json()["classifier"]["id"])

    first = trained()
    assert trained() == first
    put(wise, dataset, "drop-blank")
    assert trained() != first
    undo(wise, dataset, "drop-blank")
    assert trained() == first


def test_rows_that_are_learned_from_are_told_by_their_numbers_in_what_was_read(client: TestClient) -> None:
    rows = [
        *texts_of(60, seed=214),
        ("...", "refund"),
        ("alone in its class", "lonely"),
        ("cafÃ© au lait", "praise"),
    ]
    dataset = made(client, csv_of(rows), rare="drop")
    for fix in ("drop-blank", "repair-letters"):
        put(client, dataset, fix)
    storage = client.app.state.storage  # type: ignore[attr-defined]
    with transaction(engine_of(client)) as session:
        row = get_dataset(session, UUID(dataset["id"]))
        data = learning_data(row, storage)
        numbers = stored_rows(row, storage, data)
    assert numbers is not None
    assert numbers.tolist() == [*range(60), 62]
    assert data.dataset.texts[-1] == "café au lait"


def test_nothing_of_a_fixed_dataset_outlives_its_deletion(client: TestClient, web_settings: Settings) -> None:
    dataset = made(client, sick(213))
    put(client, dataset, "drop-blank")
    client.get(f"/api/v1/datasets/{dataset['id']}/health")
    answer = client.delete(f"/api/v1/datasets/{dataset['id']}")
    assert answer.status_code in (200, 202, 204), answer.text
    left = [path for path in Path(web_settings.data).rglob(f"*{dataset['id']}*") if path.is_file()]
    assert left == []
