"""Who gets in, how, and for how long."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis.strategies import text
from sqlalchemy import Engine, select, update

from app.accounts import service
from app.accounts.door import is_public
from app.accounts.forms import HOME, local_path
from app.accounts.tables import LoginRow
from app.db.base import Base
from app.db.owned import AccountRow
from app.db.session import transaction
from app.main import create_app
from app.settings import Registration, Settings
from tests.app.accounts.conftest import PASSWORD, Enter, visitor
from tests.app.visiting import PAGE

COOKIE = "forethought_login"


def log_in(browser: TestClient, email: str, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return browser.post("/login", data={"email": email, "password": password, **more}, headers=PAGE)


def test_a_person_gets_in_with_the_password_and_on_to_the_page(server: FastAPI, ada: TestClient) -> None:
    browser = visitor(server)
    asked = browser.get("/account?x=1", headers=PAGE)
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2Faccount%3Fx%3D1")
    assert 'value="/account?x=1"' in browser.get(asked.headers["location"], headers=PAGE).text
    answer = log_in(browser, " Ada@Example.org ", next="/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "ada@example.org" in browser.get("/account", headers=PAGE).text


@pytest.mark.parametrize(
    ("email", "password"), [("ada@example.org", "wrong"), ("nobody@example.org", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_address_are_answered_alike(
    server: FastAPI, ada: TestClient, email: str, password: str
) -> None:
    answer = log_in(visitor(server), email, password)
    assert answer.status_code == 403
    assert "The address or the password is not right" in answer.text
    assert password not in answer.text
    assert "set-cookie" not in answer.headers


def test_an_unknown_address_takes_as_long_as_a_wrong_password(server: FastAPI, ada: TestClient) -> None:
    def fastest(email: str) -> float:
        seconds = []
        for _ in range(4):
            began = perf_counter()
            log_in(visitor(server), email, "a wrong password")
            seconds.append(perf_counter() - began)
        return min(seconds)

    fastest("warm@example.org")
    assert 0.5 < fastest("nobody@example.org") / fastest("ada@example.org") < 2


def test_a_login_replaces_the_one_before(server: FastAPI, ada: TestClient) -> None:
    browser = visitor(server)
    log_in(browser, "ada@example.org")
    first = browser.cookies[COOKIE]
    log_in(browser, "ada@example.org")
    assert browser.cookies[COOKIE] != first
    old = visitor(server)
    old.cookies.set(COOKIE, first)
    assert old.get("/api/v1/account").status_code == 401


def test_who_logs_out_is_out_everywhere_that_cookie_went(server: FastAPI, ada: TestClient) -> None:
    browser, copy = visitor(server), visitor(server)
    log_in(browser, "ada@example.org")
    copy.cookies.set(COOKIE, browser.cookies[COOKIE])
    assert copy.get("/api/v1/account").status_code == 200
    assert browser.post("/logout").status_code == 303
    assert COOKIE not in browser.cookies
    assert copy.get("/api/v1/account").status_code == 401


@pytest.mark.parametrize("column", ["ends_at", "seen_at"])
def test_a_login_ends_by_its_age_and_when_it_is_not_used(
    server: FastAPI, engine: Engine, server_settings: Settings, enter: Enter, column: str
) -> None:
    browser = enter(f"{column}@example.org")
    owner = browser.get("/api/v1/account").json()["id"]
    old = datetime.now(UTC) - timedelta(days=server_settings.login_idle_days, seconds=1)
    with transaction(engine) as session:
        session.execute(update(LoginRow).where(LoginRow.owner_id == owner).values({column: old}))
    assert browser.get("/api/v1/account").status_code == 401


def test_a_person_sees_where_she_is_logged_in_and_ends_it(server: FastAPI, enter: Enter) -> None:
    browser = enter("eve@example.org")
    other = visitor(server)
    other.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    log_in(other, "eve@example.org")
    sessions = browser.get("/api/v1/account/sessions").json()["sessions"]
    assert [one["is_this_one"] for one in sessions].count(True) == 1
    (theirs,) = [one for one in sessions if not one["is_this_one"]]
    assert theirs["browser"] == "Firefox on Linux"
    page = browser.get("/account", headers=PAGE).text
    assert "Firefox on Linux" in page
    assert browser.delete(f"/api/v1/account/sessions/{theirs['id']}").status_code == 204
    assert other.get("/api/v1/account").status_code == 401
    assert browser.get("/api/v1/account").status_code == 200


def test_a_new_password_ends_every_other_login(server: FastAPI, enter: Enter) -> None:
    browser, other = enter("fay@example.org"), visitor(server)
    log_in(other, "fay@example.org")
    new = "another long password"
    assert browser.post("/account/password", data={"old": "wrong", "new": new}).status_code == 403
    assert browser.post("/account/password", data={"old": PASSWORD, "new": "short"}).status_code == 422
    assert browser.post("/account/password", data={"old": PASSWORD, "new": new}).status_code == 303
    assert browser.get("/api/v1/account").status_code == 200
    assert other.get("/api/v1/account").status_code == 401
    assert log_in(other, "fay@example.org").status_code == 403
    assert log_in(other, "fay@example.org", new).status_code == 303


def test_a_disabled_account_is_out_at_once(server: FastAPI, engine: Engine, enter: Enter) -> None:
    browser = enter("gus@example.org")
    token = browser.post("/api/v1/account/tokens", json={"name": "x"}).json()["token"]
    with transaction(engine) as session:
        service.set_disabled(session, "gus@example.org", is_disabled=True)
    assert browser.get("/api/v1/account").status_code == 401
    assert (
        visitor(server).get("/api/v1/account", headers={"authorization": f"Bearer {token}"}).status_code
        == 401
    )
    assert log_in(visitor(server), "gus@example.org").status_code == 403
    with transaction(engine) as session:
        service.set_disabled(session, "gus@example.org", is_disabled=False)
    assert log_in(visitor(server), "gus@example.org").status_code == 303


def test_an_account_needs_an_invitation_of_its_own_and_once(server: FastAPI, engine: Engine) -> None:
    with transaction(engine) as session:
        invitation = service.invite(session, "hal@example.org")
    said = {"email": "hal@example.org", "password": PASSWORD}

    def register(**more: str) -> int:
        return visitor(server).post("/register", data={**said, **more}, headers=PAGE).status_code

    assert register() == 403
    assert register(invitation="made up") == 403
    assert register(invitation=invitation, email="ida@example.org") == 403
    assert register(invitation=invitation, password="short") == 422
    assert register(invitation=invitation) == 303
    assert register(invitation=invitation) == 403


def test_an_invitation_sets_the_password_of_an_account_anew(
    server: FastAPI, engine: Engine, enter: Enter
) -> None:
    browser = enter("jo@example.org")
    enter("jo@example.org", "the second password")
    assert browser.get("/api/v1/account").status_code == 401
    assert log_in(visitor(server), "jo@example.org").status_code == 403
    with transaction(engine) as session:
        found = session.scalars(select(AccountRow).where(AccountRow.email == "jo@example.org")).all()
    assert len(found) == 1


def test_where_registration_is_open_anybody_makes_an_account_and_no_second_one(
    server_settings: Settings,
) -> None:
    app = create_app(server_settings.model_copy(update={"registration": Registration.open}))
    with TestClient(app):
        said = {"email": "kim@example.org", "password": PASSWORD}
        assert visitor(app).post("/register", data=said).status_code == 303
        again = visitor(app).post("/register", data=said | {"password": "a different one"}, headers=PAGE)
        assert again.status_code == 409
        assert "log in instead" in again.text


def test_behind_https_the_cookie_is_bound_to_the_host_and_to_encryption(
    server_settings: Settings, ada: TestClient
) -> None:
    app = create_app(server_settings.model_copy(update={"public_url": "https://testserver"}))
    with TestClient(app):
        said = {"email": "ada@example.org", "password": PASSWORD}
        cookie = visitor(app).post("/login", data=said).headers["set-cookie"]
    assert cookie.startswith("__Host-forethought_login=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


@given(text(max_size=40))
def test_a_return_address_never_leaves_this_site(said: str) -> None:
    for candidate in (said, "/" + said, "//" + said, "/\\" + said, "/a//" + said):
        path = local_path(candidate)
        assert path == HOME or (path == candidate and path[:1] == "/" and path[:2] not in ("//", "/\\"))
        assert not any(c in path for c in "\\\r\n\t ")


@pytest.mark.parametrize(
    "said",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a b", "\t/x", ""],
)
def test_a_strange_return_address_leads_home(server: FastAPI, ada: TestClient, said: str) -> None:
    assert log_in(visitor(server), "ada@example.org", next=said).headers["location"] == HOME


def test_a_change_with_a_cookie_must_say_that_it_comes_from_here(server: FastAPI, ada: TestClient) -> None:
    silent = TestClient(server, follow_redirects=False, cookies=ada.cookies)
    assert silent.get("/api/v1/account").status_code == 200
    for path in ("/logout", "/account/deletions", "/api/v1/account/tokens"):
        answer = silent.post(path, json={})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:forethought:cross-site"), path
        foreign = silent.post(path, json={}, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
    assert ada.get("/api/v1/account").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/login", "/register", "/licences", "/api", "/openapi.json", "/track-record", "/experience",
             "/experience/runs", "/api/v1/experience/tasks", "/healthz", "/readyz", "/static/app.css"]
)  # fmt: skip
def test_public_pages_need_no_account(anonymous: TestClient, path: str) -> None:
    assert anonymous.get(path, headers=PAGE).status_code in (200, 503)


@pytest.mark.parametrize(
    "path", ["/nothing", "/experience-of-mine", "/static", "/account", "/api/v1/track-record/own"]
)
def test_everything_else_needs_one(anonymous: TestClient, path: str) -> None:
    assert not is_public("GET", path)
    assert anonymous.get(path, headers=PAGE).status_code in (303, 401)


def test_nobody_changes_anything_through_a_public_address(anonymous: TestClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = anonymous.request(method, "/experience")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="forethought"')
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_is_refused_before_it_is_read(anonymous: TestClient, server_settings: Settings) -> None:
    read = []

    def pieces():  # type: ignore[no-untyped-def]
        for _ in range(3):
            read.append(1)
            yield b"x" * 1_000

    assert anonymous.put("/api/v1/uploads", content=pieces()).status_code == 401
    assert not list((server_settings.data / "uploads").glob("*.part"))


def test_in_local_mode_there_is_nothing_to_log_in_to(wise: TestClient) -> None:
    assert wise.get("/account", headers=PAGE).status_code == 200
    assert "Log in" not in wise.get("/", headers=PAGE).text
    assert wise.get("/login", headers=PAGE).status_code == 409
    assert wise.post("/api/v1/account/tokens", json={"name": "x"}).status_code == 409
    account = wise.get("/api/v1/account").json()
    assert (account["email"], account["mode"]) == (None, "local")


def test_of_every_secret_only_a_fingerprint_is_stored(server: FastAPI, engine: Engine, enter: Enter) -> None:
    browser = enter("lea@example.org")
    token = browser.post("/api/v1/account/tokens", json={"name": "x"}).json()["token"]
    with transaction(engine) as session:
        invitation = service.invite(session, "new@example.org")
        rows = [
            repr(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        ]
    for secret in (browser.cookies[COOKIE], token, token.split("_", 2)[2], PASSWORD, invitation):
        assert not [row for row in rows if secret in row]
