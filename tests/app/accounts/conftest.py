"""A service for several people, and people who visit it."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from app.accounts import service
from app.db.session import transaction
from app.main import create_app
from app.settings import Mode, Settings

PASSWORD: Final = "correct horse battery"
ORIGIN: Final = {"origin": "http://testserver"}
Enter = Callable[..., TestClient]


@pytest.fixture(scope="module")
def server_settings(wise_settings: Settings) -> Settings:
    """Settings of a server that can recommend; limits that a test can reach."""
    return wise_settings.model_copy(
        update={
            "mode": Mode.server,
            "account_requests_per_minute": 100_000,
            "address_requests_per_minute": 100_000,
            "login_attempts": 1_000,
        }
    )


@pytest.fixture(scope="module")
def server(server_settings: Settings) -> Iterator[FastAPI]:
    app = create_app(server_settings)
    with TestClient(app):
        yield app


@pytest.fixture(scope="module")
def engine(server: FastAPI) -> Engine:
    engine: Engine = server.state.engine
    return engine


@pytest.fixture(scope="module")
def anonymous(server: FastAPI) -> TestClient:
    return visitor(server)


@pytest.fixture(scope="module")
def enter(server: FastAPI, engine: Engine) -> Enter:
    """Makes an account and a browser that is logged in to it."""

    def invited(email: str, password: str = PASSWORD) -> TestClient:
        with transaction(engine) as session:
            invitation = service.invite(session, email)
        browser = visitor(server)
        said = {"email": email, "password": password, "invitation": invitation}
        answer = browser.post("/register", data=said)
        assert answer.status_code == 303, answer.text
        return browser

    return invited


@pytest.fixture(scope="module")
def ada(enter: Enter) -> TestClient:
    return enter("ada@example.org")


@pytest.fixture(scope="module")
def bob(enter: Enter) -> TestClient:
    return enter("bob@example.org")


def visitor(app: FastAPI) -> TestClient:
    """A browser without cookies; it says where its forms come from, as browsers do."""
    return TestClient(app, follow_redirects=False, raise_server_exceptions=False, headers=ORIGIN)
