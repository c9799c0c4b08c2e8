"""The home page of a service that nobody has used: alone in its module, which has a database of its own."""

from fastapi.testclient import TestClient

from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of


def test_an_empty_home_page_teaches_and_a_used_one_lists(client: TestClient) -> None:
    empty = client.get("/", headers=PAGE).text
    assert "This is what happens to the first" in empty
    assert 'enctype="multipart/form-data"' in empty
    dataset = made(client, csv_of(texts_of(40, seed=60)))
    used = client.get("/", headers=PAGE).text
    assert f'href="/datasets/{dataset["id"]}"' in used
    assert "This is what happens to the first" not in used
