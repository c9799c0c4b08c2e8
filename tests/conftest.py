"""Shared by all tests: one embedded PostgreSQL for the session, and databases on it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url, text, true
from sqlalchemy.orm import Session

import app.accounts.tables
import app.classifiers.tables
import app.erasure.tables
import app.jobs.tables
import app.registry.tables
import app.web.tables  # noqa: F401  (the six imports bring every table into the metadata)
from app.db.base import Base
from app.db.embedded import EmbeddedPostgres
from app.db.migrate import migrate
from app.db.owned import LOCAL_ACCOUNT, AccountRow
from app.db.session import make_engine
from app.settings import Settings, load_settings

# Tests started in a shell's background would ignore Ctrl-C, and every process that they start with them.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server for all tests of this process; it stops with the last of its users."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres")) as server:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            run_apart(server.url, f"ALTER SYSTEM SET {name} = off")
        run_apart(server.url, "SELECT pg_reload_conf()")
        yield server


@pytest.fixture(scope="session")
def migrated_template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated, empty database to copy; nobody may be connected to it."""
    name = f"template_{uuid4().hex[:8]}"
    run_apart(postgres.url, f"CREATE DATABASE {name}")
    migrate(url_of(postgres.url, name))
    return name


@pytest.fixture(scope="session")
def migrated_url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    with copied_database(postgres.url, migrated_template) as url:
        yield url


@pytest.fixture
def session(migrated_url: str) -> Iterator[Session]:
    """A session whose every change, committed or not, is gone after the test."""
    engine = create_engine(migrated_url, poolclass=NullPool)
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as opened:
            yield opened
        outer.rollback()


@pytest.fixture
def database_url(migrated_url: str) -> Iterator[str]:
    """The migrated database without a row, for tests with several processes or real commits."""
    yield migrated_url
    engine = create_engine(migrated_url, poolclass=NullPool)
    with engine.begin() as connection:
        # A test's worker may have left a connection open in the middle of something.
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        for table in reversed(Base.metadata.sorted_tables):
            is_data = AccountRow.id != LOCAL_ACCOUNT if table is AccountRow.__table__ else true()
            connection.execute(table.delete().where(is_data))


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database of this test's own without any table."""
    with copied_database(postgres.url, "template1") as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = make_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of this test's own: an empty data folder, a migrated database, short waits."""
    return load_settings(
        data=tmp_path / "data",
        database_url=database_url,
        lease_seconds=1.5,
        cancel_poll_seconds=0.1,
        reconcile_seconds=0.3,
    )


@contextmanager
def copied_database(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex[:8]}"
    run_apart(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield url_of(server, name)
    run_apart(server, f"DROP DATABASE {name} WITH (FORCE)")


def url_of(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def run_apart(url: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
