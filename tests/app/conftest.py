"""Shared by the tests of the service: an application over a database of its own, and files to send it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from app.db.embedded import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings, load_settings
from tests.small_experience import save_small_experience, save_whole_experience
from tests.synthetic import csv_of, texts_of


@pytest.fixture(scope="module")
def module_database_url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """A migrated database that the tests of one module share."""
    name = f"module_{uuid4().hex[:8]}"
    address = make_url(postgres.url)
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_template} STRATEGY file_copy")
        yield address.set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def web_settings(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Settings:
    """Settings of one module's application: small limits, no checkpoint, a data folder of its own."""
    folder = tmp_path_factory.mktemp("web")
    return load_settings(
        data=folder / "data",
        experience=folder / "no-experience",
        database_url=module_database_url,
        max_upload_bytes=12_000_000,
        max_prediction_texts=50,
        allowed_hosts=("127.0.0.1", "localhost", "testserver"),
    )


@pytest.fixture(scope="module")
def client(web_settings: Settings) -> Iterator[TestClient]:
    """A visitor of an application that runs as long as the module's tests; redirects are not followed."""
    with TestClient(
        create_app(web_settings), follow_redirects=False, raise_server_exceptions=False
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
def small_experience(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a value network that is fitted in a moment."""
    folder = tmp_path_factory.mktemp("experience")
    save_small_experience(folder)
    return folder


@pytest.fixture(scope="module")
def wise_settings(web_settings: Settings, small_experience: Path) -> Settings:
    """Settings of an application that has a checkpoint."""
    return web_settings.model_copy(update={"experience": small_experience})


@pytest.fixture(scope="module")
def wise(wise_settings: Settings) -> Iterator[TestClient]:
    """A visitor of an application that can recommend."""
    app = create_app(wise_settings)
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def whole_experience(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a value network with the snapshot it learned from and its track record."""
    folder = tmp_path_factory.mktemp("whole")
    save_whole_experience(folder)
    return folder


@pytest.fixture(scope="module")
def learned(web_settings: Settings, whole_experience: Path) -> Iterator[TestClient]:
    """A visitor of an application that ships with its whole experience."""
    app = create_app(web_settings.model_copy(update={"experience": whole_experience}))
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def tickets() -> bytes:
    """A table that can be learned: 40 texts in 4 classes."""
    return csv_of(texts_of(40))
