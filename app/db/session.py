"""A database address becomes an engine; an engine becomes transactions, committed here only."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from app.db.owned import session_facts


def make_engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine that notices when the server was restarted; it opens no connection yet."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"application_name": "forethought", "options": "-c timezone=UTC"},
    )


@contextmanager
def transaction(
    engine: Engine, *, owner: UUID | None = None, makes_for: UUID | None = None
) -> Iterator[Session]:
    """One session, one transaction: committed when the block ends, rolled back when it raises.

    With an `owner` it sees, changes and makes the rows of that account only (`app.db.owned`). Without, it
    sees all rows, and makes them in the name of `makes_for`, or of the local account.
    """
    with Session(engine, expire_on_commit=False, info=session_facts(owner, makes_for)) as session:
        yield session
        session.commit()
