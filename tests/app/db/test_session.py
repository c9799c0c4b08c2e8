"""A transaction is kept whole or not at all."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from app.db.database import driver_url
from app.db.session import transaction
from tests.conftest import run_apart


def count(engine: Engine) -> int:
    with transaction(engine) as session:
        found: int = session.execute(text("SELECT count(*) FROM checkpoint")).scalar_one()
    return found


ADD = text(
    "INSERT INTO checkpoint (id, space, space_version, snapshot_hash, manifest, scores)"
    " VALUES ('one', 'wide_deep', '1', 'abc', '{}', '{}')"
)


def add_twice(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(ADD)
        session.execute(ADD)


def test_a_block_that_ends_is_committed_and_one_that_raises_is_not(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="pk_checkpoint"):
        add_twice(engine)
    assert count(engine) == 0
    with transaction(engine) as session:
        session.execute(ADD)
    assert count(engine) == 1


def test_a_server_that_dropped_every_connection_is_noticed(engine: Engine, database_url: str) -> None:
    assert count(engine) == 0
    run_apart(
        database_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert count(engine) == 0


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_usual_form_of_an_address_will_do(scheme: str) -> None:
    assert driver_url(f"{scheme}://me@host/name") == "postgresql+psycopg://me@host/name"
