"""A database of any older version becomes one of this version."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from app.errors import DatabaseError, DataFolderError
from app.settings import PROJECT_ROOT

MIGRATION_LOCK: Final = 0x0F0E_7406_4711


class NewerDatabaseError(DataFolderError):
    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database was written by a newer Forethought (its schema {revision} is unknown here): "
            "update Forethought, or choose another data folder with --data."
        )


class UnreachableDatabaseError(DatabaseError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"The database does not answer ({reason}); check FORETHOUGHT_DATABASE_URL.")


class MigrationError(DatabaseError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"The database could not be upgraded and stays as it was ({reason}); try again.")


def config() -> Config:
    settings = Config(str(PROJECT_ROOT / "alembic.ini"))
    settings.set_main_option("script_location", str(Path(PROJECT_ROOT, "migrations")))
    return settings


def migrate(url: str) -> None:
    """Upgrade the schema to this version's; two processes at once do it once.

    Raises:
        DataFolderError: A newer version wrote it.
        DatabaseError: It does not answer, or a table stayed locked; nothing has changed.
    """
    engine = create_engine(url, poolclass=NullPool)
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise UnreachableDatabaseError(first_line(error)) from None
    with connection:
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        try:
            upgrade(connection)
        except OperationalError as error:
            raise MigrationError(first_line(error)) from None
    # The connection's end drops the lock.
    engine.dispose()


def upgrade(connection: Connection) -> None:
    settings = config()
    scripts = ScriptDirectory.from_config(settings)
    found = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    if found == scripts.get_current_head():
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerDatabaseError(found)
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


def first_line(error: OperationalError) -> str:
    return str(error.orig).partition("\n")[0].strip()
