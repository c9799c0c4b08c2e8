"""Who asks too often waits, and is told how long."""

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.accounts.door import address_of
from app.accounts.rates import Rates
from app.errors import TooOftenError
from app.main import create_app
from app.settings import Settings
from tests.app.accounts.conftest import PASSWORD, visitor
from tests.app.visiting import PAGE


def few(settings: Settings, **rates: int) -> FastAPI:
    return create_app(settings.model_copy(update=rates))


def test_too_many_requests_of_an_address_are_answered_429_with_the_wait(server_settings: Settings) -> None:
    app = few(server_settings, address_requests_per_minute=5)
    with TestClient(app):
        browser = visitor(app)
        answers = [browser.get("/licences") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert answers[0].headers["ratelimit-policy"] == '"address";q=5;w=60'
    assert answers[0].headers["ratelimit"].startswith('"address";r=4;t=')
    assert answers[-1].headers["ratelimit"].startswith('"address";r=0;t=')
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["type"] == "urn:forethought:too-often"


def test_an_account_has_a_rate_of_its_own(
    server_settings: Settings, ada: TestClient, bob: TestClient
) -> None:
    app = few(server_settings, account_requests_per_minute=3)
    with TestClient(app):
        for person in (ada, bob):
            browser = visitor(app)
            browser.cookies.update(person.cookies)
            codes = [browser.get("/api/v1/account").status_code for _ in range(4)]
            assert codes == [200, 200, 200, 429]


def test_tries_to_log_in_are_few_and_the_right_password_starts_anew(
    server_settings: Settings, ada: TestClient
) -> None:
    app = few(server_settings, login_attempts=3)
    with TestClient(app):
        browser = visitor(app)

        def tried(password: str) -> int:
            said = {"email": "ada@example.org", "password": password}
            return browser.post("/login", data=said, headers=PAGE).status_code

        assert [tried("wrong"), tried("wrong"), tried(PASSWORD)] == [403, 403, 303]
        assert [tried("wrong"), tried("wrong"), tried("wrong")] == [403] * 3
        assert tried(PASSWORD) == 429
        said = {"email": "ada@example.org", "password": PASSWORD}
        shown = browser.post("/login", data=said, headers=PAGE)
        assert "tries to log in" in shown.text
        # The window ends with a quarter of an hour of the clock.
        assert 1 <= int(shown.headers["retry-after"]) <= 900


def test_one_address_cannot_try_many_accounts(server_settings: Settings) -> None:
    app = few(server_settings, login_attempts=2)
    with TestClient(app):
        said = [{"email": f"user{n}@example.org", "password": "wrong"} for n in range(8)]
        codes = [visitor(app).post("/login", data=one, headers=PAGE).status_code for one in said]
    assert codes == [403] * 6 + [429] * 2


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "9.9.9.9"),
        (1, "", "9.9.9.9"),
    ],
)
def test_an_address_is_believed_from_trusted_proxies_only(
    server: FastAPI, server_settings: Settings, proxies: int, header: str, address: str
) -> None:
    app = few(server_settings, proxies=proxies)
    headers = [(b"x-forwarded-for", header.encode())]
    scope = {"type": "http", "app": app, "headers": headers, "client": ("9.9.9.9", 1)}
    assert address_of(Request(scope)) == address


def test_a_counter_that_does_not_answer_leaves_this_process_counting_alone(server_settings: Settings) -> None:
    nowhere = SecretStr("redis://127.0.0.1:1")
    rates = Rates(server_settings.model_copy(update={"rates_url": nowhere, "login_attempts": 2}))
    for _ in range(2):
        rates.spend(rates.login, "ada")
    with pytest.raises(TooOftenError):
        rates.spend(rates.login, "ada")
    rates.forget(rates.login, "ada")
    rates.spend(rates.login, "ada")
