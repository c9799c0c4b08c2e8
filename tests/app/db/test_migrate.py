"""Any older database becomes this version's, and a newer one is refused."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from app.db.base import Base
from app.db.migrate import NewerDatabaseError, UnreachableDatabaseError, config, migrate
from app.db.session import make_engine, transaction
from app.errors import DatabaseError
from app.jobs import lease as leases
from app.jobs.service import enqueue
from tests.conftest import run_apart, url_of

LOCAL_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


def differences(url: str) -> list[object]:
    """What a migration would still have to change."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))


def test_an_empty_database_gets_exactly_the_tables_of_the_code(empty_database_url: str) -> None:
    migrate(empty_database_url)
    assert differences(empty_database_url) == []
    migrate(empty_database_url)


def test_two_processes_migrate_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate, [empty_database_url] * 2))
    assert differences(empty_database_url) == []


def test_every_migration_can_be_undone(empty_database_url: str) -> None:
    migrate(empty_database_url)
    engine = create_engine(empty_database_url, poolclass=NullPool)
    settings = config()
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        assert tables.scalars().all() == ["alembic_version"]
    migrate(empty_database_url)
    assert differences(empty_database_url) == []


def test_a_newer_database_is_refused_and_left_alone(empty_database_url: str) -> None:
    migrate(empty_database_url)
    run_apart(empty_database_url, "UPDATE alembic_version SET version_num = 'from_tomorrow'")
    with pytest.raises(NewerDatabaseError, match=r"newer Forethought .*from_tomorrow.* update Forethought"):
        migrate(empty_database_url)


def test_an_address_where_nothing_answers_is_named_as_the_cause() -> None:
    with pytest.raises(UnreachableDatabaseError, match="FORETHOUGHT_DATABASE_URL") as caught:
        migrate("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    assert isinstance(caught.value, DatabaseError)


def test_migrations_have_one_head_and_dated_names_that_say_what_they_do() -> None:
    scripts = ScriptDirectory.from_config(config())
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        name = Path(script.path).name
        assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{4}_[a-z]+(_[a-z0-9]+){2,}\.py", name), name


def test_the_operators_own_postgresql_serves_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = LOCAL_SERVER.replace("+psycopg", "")
    try:
        psycopg.connect(plain, connect_timeout=2).close()
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL on 127.0.0.1:5432, so that of an operator is not tested")
    name = f"forethought_test_{uuid4().hex[:8]}"
    run_apart(LOCAL_SERVER, f"CREATE DATABASE {name}")
    url = url_of(LOCAL_SERVER, name)
    try:
        migrate(url)
        assert differences(url) == []
        engine = make_engine(url)
        with transaction(engine) as session:
            job_id = enqueue(session, "test.any", uuid4())
        with transaction(engine) as session:
            assert leases.claim(session, job_id, owner="me", lease_seconds=9, max_attempts=3)
        engine.dispose()
    finally:
        run_apart(LOCAL_SERVER, f"DROP DATABASE {name} WITH (FORCE)")
