"""The pages of an installation that ships nothing, in a database where nothing answered yet."""

from fastapi.testclient import TestClient

from tests.app.experience.test_experience import shown


def test_without_any_experience_the_pages_teach(client: TestClient) -> None:
    assert "forethought populate" in shown(client, "/experience")
    assert "No run ships" in shown(client, "/experience/runs")
    assert "forethought fit" in shown(client, "/experience/map")
    assert "forethought fit" in shown(client, "/experience/checkpoints")
    assert client.get("/api/v1/experience/map").status_code == 404
    assert client.get("/api/v1/experience/runs").json() == {"runs": [], "total": 0, "next": None}
