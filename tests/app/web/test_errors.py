"""Errors as people and programs get them."""

import logging

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from app.web.computing import ComputingBusyError
from app.web.errors import install_error_answers, slug_of
from dvn.data.columns import UnknownColumnError
from tests.app.visiting import PAGE

SECRET = "my secret text"


@pytest.fixture(scope="module")
def failing(client: TestClient) -> TestClient:
    """An application all of whose addresses fail, each in its own way."""
    app = FastAPI()
    app.state.environment = client.app.state.environment  # type: ignore[attr-defined]
    install_error_answers(app)

    @app.get("/{way}")
    @app.get("/api/{way}")
    def fail(way: str) -> None:
        raise {
            "column": UnknownColumnError("label", "nope", ["text", "topic"]),
            "busy": ComputingBusyError(10),
            "database": OperationalError("SELECT", {"text": SECRET}, Exception(SECRET)),
            "bug": KeyError(SECRET),
        }[way]

    return TestClient(app, raise_server_exceptions=False)


def test_a_known_error_says_its_sentence_and_its_name(failing: TestClient) -> None:
    answer = failing.get("/column")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:forethought:unknown-column"
    assert problem["status"] == 422
    assert "'topic'" in problem["detail"]


@pytest.mark.parametrize("way", ["busy", "database"])
def test_what_works_later_says_when(failing: TestClient, way: str) -> None:
    answer = failing.get(f"/api/{way}")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("headers", [{}, PAGE])
def test_a_bug_shows_no_trace_and_no_text_of_a_user(
    failing: TestClient, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = failing.get("/bug", headers=headers)
    assert answer.status_code == 500
    assert "content-security-policy" in answer.headers
    assert "Traceback" not in answer.text
    assert SECRET not in answer.text + caplog.text
    assert "KeyError" in caplog.text
    reference = caplog.text.split("reference=")[1].split()[0]
    assert reference in answer.text


def test_the_web_servers_own_traceback_is_dropped() -> None:
    install_error_answers(FastAPI())
    logger = logging.getLogger("uvicorn.error")
    error = (KeyError, KeyError(SECRET), None)
    record = logger.makeRecord("x", logging.ERROR, "f", 1, "Exception in ASGI application\n", (), error)
    assert not logger.filter(record)
    assert logger.filter(logger.makeRecord("x", logging.INFO, "f", 1, "Started", (), None))


def test_a_person_gets_a_page_with_a_way_back(failing: TestClient) -> None:
    answer = failing.get("/column", headers=PAGE)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is no column" in answer.text
    assert 'href="/"' in answer.text


def test_the_way_back_never_leads_to_another_site(client: TestClient) -> None:
    headers = {**PAGE, "referer": "http://evil.example/", "sec-fetch-site": "same-origin"}
    answer = client.post("/nothing", headers=headers)
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/healthz", 405), ("GET", "/uploads", 405)],
)
def test_addresses_and_methods_that_are_not_there_are_problems(
    client: TestClient, method: str, address: str, status: int
) -> None:
    answer = client.request(method, address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_what_a_path_takes_is_told_of_all_its_routes(client: TestClient) -> None:
    assert client.patch("/api/v1/uploads").headers["allow"] == "GET, POST, PUT"
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert client.post(f"/api/v1/uploads/{nowhere}").headers["allow"] == "DELETE, GET, HEAD, PATCH"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/recommendations", {"top": True}),
        ("/recommendations", {"prefer_small": "0.5"}),
        ("/recommendations", {"max_bytes": False}),
        ("/classifiers", {"seed": "1"}),
        ("/uploads", {"filename": "a.csv", "bytes": "10"}),
        ("/datasets", {"header": 1}),
        ("/datasets", {"merge_case": "yes"}),
        ("/datasets", {"delimiter": 5}),
        ("/datasets", {"rare": ""}),
        ("/account/tokens", {"name": "a", "days": False}),
    ],
)
def test_a_json_body_is_taken_as_it_stands(client: TestClient, path: str, body: dict[str, object]) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    needed = {"/datasets": {"upload": nowhere}, "/account/tokens": {}, "/uploads": {}}
    answer = client.post(f"/api/v1{path}", json={**needed.get(path, {"dataset": nowhere}), **body})
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [list(body)[-1]]


def test_a_wrong_field_is_named_and_its_value_is_not_repeated(client: TestClient) -> None:
    body = {"upload": "00000000-0000-0000-0000-000000000000", "rare": SECRET}
    answer = client.post("/api/v1/datasets", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "rare"
    assert SECRET not in answer.text


def test_a_body_that_is_no_json_is_a_problem(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post("/api/v1/datasets", content=b"{not json", headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_the_limit_is_refused_with_a_problem(client: TestClient, is_chunked: bool) -> None:
    pieces = [b" " * 500_000] * 3
    content = iter(pieces) if is_chunked else b"".join(pieces)
    headers = {"content-type": "application/json"}
    answer = client.post("/api/v1/datasets", content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_names_of_errors_are_stable_words() -> None:
    assert slug_of(ComputingBusyError(1)) == "computing-busy"
