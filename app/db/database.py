"""Settings become the address of a migrated database: the operator's own, or the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.db.data_folder import open_data_folder
from app.db.embedded import EmbeddedPostgres
from app.db.migrate import migrate
from app.settings import Settings


def driver_url(url: str) -> str:
    """The address with the driver this service uses, whatever form the operator gave."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if separator and scheme in ("postgres", "postgresql") else url


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """The address of the database, ready for use until the block ends.

    With the embedded database this joins the server that already runs in the data folder, or starts it.

    Raises:
        DataFolderError: A newer version wrote the data folder or the database.
        DatabaseError: PostgreSQL does not start or does not answer.
    """
    open_data_folder(settings.data)
    if settings.database_url is not None:
        url = driver_url(settings.database_url.get_secret_value())
        migrate(url)
        yield url
        return
    with EmbeddedPostgres(settings.data) as postgres:
        migrate(postgres.url)
        yield postgres.url
