"""Programs with tokens: what they may do, and when they may no longer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update

from app.accounts.door import needed_scope
from app.accounts.tables import TokenRow
from app.db.session import transaction
from app.web.visitor import Scope
from tests.app.accounts.conftest import Enter
from tests.app.visiting import PAGE
from tests.synthetic import csv_of, texts_of


def program(server: FastAPI, token: str) -> TestClient:
    """It sends the token, and nothing that a browser sends."""
    return TestClient(server, headers={"authorization": f"Bearer {token}"}, raise_server_exceptions=False)


def made(browser: TestClient, **asked: Any) -> dict[str, Any]:
    answer = browser.post("/api/v1/account/tokens", json={"name": "a program", **asked})
    assert answer.status_code == 201, answer.text
    token: dict[str, Any] = answer.json()
    return token


def test_a_program_works_with_a_token_in_the_name_of_its_account(server: FastAPI, ada: TestClient) -> None:
    token = made(ada, scopes=["read", "write"])
    assert token["token"].startswith(f"ft_{token['prefix']}_")
    client = program(server, token["token"])
    upload = client.put("/api/v1/uploads", content=csv_of(texts_of(40)))
    assert upload.status_code == 201
    assert client.get("/api/v1/account").json()["email"] == "ada@example.org"
    assert ada.get(f"/api/v1/uploads/{upload.json()['id']}").status_code == 200
    (listed,) = [
        one for one in ada.get("/api/v1/account/tokens").json()["tokens"] if one["id"] == token["id"]
    ]
    assert listed["used_at"] is not None
    assert "token" not in listed


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["read"], {"read"}),
        (["predict"], {"predict"}),
        (["write"], {"write"}),
        (["read", "account"], {"read", "account"}),
    ],
)
def test_a_token_reaches_as_far_as_its_scopes(
    server: FastAPI, ada: TestClient, scopes: list[str], allowed: set[str]
) -> None:
    client = program(server, made(ada, scopes=scopes)["token"])
    nothing = "00000000-0000-0000-0000-000000000000"
    asked = {
        "read": ("GET", "/api/v1/datasets", None),
        "write": ("POST", "/api/v1/recommendations", {"dataset": nothing}),
        "predict": ("POST", f"/api/v1/classifiers/{nothing}/predictions", {"texts": ["x"]}),
        "account": ("POST", "/api/v1/account/tokens", {"name": "x", "scopes": ["read"]}),
    }
    for scope, (method, path, body) in asked.items():
        answer = client.request(method, path, json=body)
        if scope in allowed:
            assert answer.status_code in (200, 201, 404), (scope, answer.text)
        else:
            assert answer.status_code == 403, scope
            assert answer.json()["type"] == "urn:forethought:narrow-token"
            assert f'error="insufficient_scope", scope="{scope}"' in answer.headers["www-authenticate"]


def test_a_token_makes_no_wider_one(server: FastAPI, ada: TestClient) -> None:
    client = program(server, made(ada, scopes=["read", "account"])["token"])
    answer = client.post("/api/v1/account/tokens", json={"name": "x", "scopes": ["read", "write"]})
    assert answer.status_code == 422
    assert "write" in answer.json()["detail"]


def test_a_revoked_a_changed_and_an_old_token_are_worth_nothing(
    server: FastAPI, engine: Engine, ada: TestClient
) -> None:
    revoked, old, good = made(ada), made(ada, days=1), made(ada)
    assert program(server, revoked["token"]).get("/api/v1/datasets").status_code == 200
    assert ada.delete(f"/api/v1/account/tokens/{revoked['id']}").status_code == 204
    with transaction(engine) as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(TokenRow).where(TokenRow.id == old["id"]).values(ends_at=past))
    changed = good["token"][:-1] + ("a" if good["token"][-1] != "a" else "b")
    for words in (
        revoked["token"],
        old["token"],
        changed,
        "ft_",
        "ft__",
        "",
        "x" * 5_000,
        f"ft_{good['prefix']}_",
    ):
        answer = program(server, words).get("/api/v1/datasets")
        assert answer.status_code == 401, words
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert program(server, good["token"]).get("/api/v1/datasets").status_code == 200


def test_a_token_opens_the_api_and_no_page(server: FastAPI, ada: TestClient) -> None:
    client = program(server, made(ada, scopes=[scope.value for scope in Scope])["token"])
    answer = client.get("/account", headers=PAGE, follow_redirects=False)
    assert answer.headers["location"].startswith("/login")


def test_the_page_shows_a_new_token_once(server: FastAPI, enter: Enter) -> None:
    browser = enter("max@example.org")
    form = {"name": "nightly <job>", "scopes": ["read", "predict"], "days": "0"}
    answer = browser.post("/account/tokens", data=form, headers=PAGE)
    assert answer.status_code == 200
    words = answer.text.split('id="snippet-token">')[1].split("<")[0]
    assert program(server, words).get("/api/v1/datasets").status_code == 200
    page = browser.get("/account", headers=PAGE).text
    assert words not in page
    assert words[:13] in page
    assert "nightly &lt;job&gt;" in page
    (token,) = browser.get("/api/v1/account/tokens").json()["tokens"]
    assert token["ends_at"] is None
    assert browser.post(f"/account/tokens/{token['id']}/revoke").status_code == 303
    assert program(server, words).get("/api/v1/datasets").status_code == 401


def test_what_changes_things_needs_more_than_read() -> None:
    assert needed_scope("GET", "/api/v1/account/tokens") is Scope.read
    assert needed_scope("POST", "/api/v1/classifiers/x/predictions") is Scope.predict
    assert needed_scope("DELETE", "/api/v1/datasets/x") is Scope.write
    assert needed_scope("POST", "/api/v1/account/deletions") is Scope.account
