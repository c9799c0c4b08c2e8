"""What visitors of the service do in tests again and again."""

from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from app.settings import Settings

PAGE = {"accept": "text/html"}


def uploaded(client: TestClient, content: bytes, filename: str = "tickets.csv") -> str:
    """The id of an upload."""
    answer = client.put("/api/v1/uploads", params={"filename": filename}, content=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def made(client: TestClient, content: bytes, **choices: Any) -> dict[str, Any]:
    """A dataset made of an upload."""
    answer = client.post("/api/v1/datasets", json={"upload": uploaded(client, content), **choices})
    assert answer.status_code == 201, answer.text
    dataset: dict[str, Any] = answer.json()
    return dataset


def left_behind(settings: Settings) -> set[str]:
    """Files of uploads, datasets and classifiers, drafts too."""
    return {
        str(path.relative_to(settings.data))
        for folder in ("uploads", "datasets", "classifiers")
        for path in (settings.data / folder).rglob("*")
        if path.is_file()
    }


def id_in(address: str) -> UUID:
    """The id at the end of an address."""
    return UUID(address.rsplit("/", 1)[-1])
