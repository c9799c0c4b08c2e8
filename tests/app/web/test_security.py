"""Who may send what, and what every answer carries."""

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from app.web.headers import HEADERS
from app.web.security import is_cross_site
from app.web.templates import static_url
from tests.app.visiting import PAGE


@pytest.mark.parametrize(
    ("method", "headers", "refused"),
    [
        ("GET", {"sec-fetch-site": "cross-site"}, False),
        ("POST", {"sec-fetch-site": "same-origin"}, False),
        ("POST", {"sec-fetch-site": "none"}, False),
        ("POST", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"sec-fetch-site": "same-site", "origin": "http://localhost:3000"}, True),
        ("PUT", {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, False),
        ("PUT", {"origin": "http://evil.example", "host": "127.0.0.1:8000"}, True),
        ("POST", {"origin": "null", "host": "127.0.0.1:8000"}, True),
        ("POST", {"host": "127.0.0.1:8000"}, False),
    ],
)
def test_only_this_site_may_change_things(method: str, headers: dict[str, str], refused: bool) -> None:
    assert is_cross_site(method, Headers(headers)) is refused


def test_a_post_from_another_site_is_answered_with_a_problem(client: TestClient) -> None:
    answer = client.post("/api/v1/datasets", json={}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:forethought:cross-site"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_name_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/healthz", headers={"host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000"])
def test_loopback_names_are_let_in(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("address", ["/", "/nothing", "/healthz", "/static/app.css", "/openapi.json"])
def test_every_answer_binds_the_browser(client: TestClient, address: str) -> None:
    answer = client.get(address, headers=PAGE)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_static_files_may_be_cached_and_pages_may_not(client: TestClient) -> None:
    assert "immutable" in client.get(static_url("app.css")).headers["cache-control"]
    assert client.get("/static/upload_parts.js").headers["cache-control"] == "private, no-cache"
    assert client.get("/").headers["cache-control"] == "private, no-cache"
    assert "immutable" not in client.get("/static/missing.css?v=1").headers["cache-control"]


@pytest.mark.parametrize("address", ["/static/../main.py", "/static/%2e%2e/main.py", "/static//etc/passwd"])
def test_static_files_stay_inside_their_folder(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404
