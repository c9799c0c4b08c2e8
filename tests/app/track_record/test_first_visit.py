"""A track record before anything was trained: alone in its module, which has a database of its own."""

from fastapi.testclient import TestClient

from tests.app.visiting import PAGE


def test_without_a_training_of_its_own_an_installation_is_told_how_one_gets_here(client: TestClient) -> None:
    assert "Nothing recommended here was trained yet" in client.get("/track-record", headers=PAGE).text
    assert client.get("/api/v1/track-record/own").json() == {"outcomes": [], "total": 0, "next": None}
