"""Alembic's entry: migrates over the connection that `app.db.migrate` hands it, or `-x url=...`."""

from alembic import context
from sqlalchemy import Connection, create_engine, text

import app.accounts.tables
import app.classifiers.tables
import app.erasure.tables
import app.jobs.tables
import app.registry.tables
import app.web.tables  # noqa: F401  (the six imports bring every table into the metadata)
from app.db.base import Base

LOCK_TIMEOUT = "5s"


def migrate_over(connection: Connection) -> None:
    # A migration that waits for a lock makes every later query wait behind it: better to give up.
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text("SET lock_timeout = DEFAULT"))
    connection.commit()


connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).connect() as opened:
        migrate_over(opened)
else:
    migrate_over(connection)
