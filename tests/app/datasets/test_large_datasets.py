"""A dataset whose texts stay on disk gets the answers of one whose texts are in memory."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from dvn.data import stored, texts_on_disk
from dvn.data.texts_on_disk import TextsOnDisk
from tests.app.visiting import made
from tests.synthetic import csv_of, texts_of

CONTENT = csv_of([*texts_of(120, seed=41), ("alone", "a class of one text only")])


def answers(wise: TestClient) -> dict[str, Any]:
    """What is said of a dataset, from its making over a choice and a recommendation to its end."""
    dataset = made(wise, CONTENT)
    place = f"/api/v1/datasets/{dataset['id']}"
    waiting = wise.get(place).json()
    chosen = wise.put(f"{place}/rare", json={"rare": "drop"}).json()
    advice = wise.post("/api/v1/recommendations", json={"dataset": dataset["id"]}).json()
    assert wise.delete(place).is_success
    return {
        "hash": waiting["content_hash"],
        "rare": waiting["rare"],
        "parts": chosen["parts"],
        "ranked": [(one["hash"], one["expected_accuracy"]) for one in advice["architectures"]],
    }


def test_the_answers_do_not_depend_on_where_the_texts_are(
    wise: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = answers(wise)
    opened: list[str] = []
    begin = TextsOnDisk.__init__

    def counted(self: TextsOnDisk, path: Any, name: str) -> None:
        opened.append(name)
        begin(self, path, name)

    monkeypatch.setattr(TextsOnDisk, "__init__", counted)
    monkeypatch.setattr(texts_on_disk, "MOST_CHARACTERS_IN_MEMORY", 500)
    monkeypatch.setattr(stored, "MOST_CHARACTERS_IN_MEMORY", 500)
    assert answers(wise) == known
    # Read from the upload; then stored, for the choice, the recommendation and the deletion.
    assert opened[0] == "of this upload"
    assert opened.count(f"{known['hash']}.parquet") >= 3
