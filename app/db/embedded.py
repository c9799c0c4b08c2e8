"""A data folder becomes the address of its PostgreSQL, started here or already running."""

import fcntl
import hashlib
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, final

import psycopg

from app.db.guardian import CLUSTER, LOCK, LOG, MAJOR, USER, USERS
from app.errors import DatabaseError, DataFolderError
from app.settings import PROJECT_ROOT

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0


class OtherPostgresError(DataFolderError):
    def __init__(self, data: Path, found: str) -> None:
        super().__init__(
            f"The database in {data} was made by PostgreSQL {found} and this Forethought brings {MAJOR}: use "
            "the Forethought that made it, or choose another folder with --data."
        )


class PostgresNotStartedError(DatabaseError):
    def __init__(self, data: Path, reason: str) -> None:
        super().__init__(f"PostgreSQL does not start: {reason.rstrip('.')}. Its log is {data / LOG}.")


class ForeignRuntimeFolderError(DatabaseError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} belongs to somebody else: remove it, so that PostgreSQL's socket can lie there."
        )


def runtime_folder(data: Path) -> Path:
    """Where the socket of a data folder's server lies, the same for every process of one user.

    A socket's path is limited to 107 bytes, so it cannot lie in the data folder.
    """
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    # Not TMPDIR: two processes with different ones must meet here. The folder's owner is checked.
    return Path("/tmp") / f"forethought-{os.getuid()}-{name}"  # noqa: S108


def embedded_url(data: Path) -> str:
    """The address of a data folder's server, whether it runs or not."""
    return f"postgresql+psycopg://{USER}@/postgres?host={runtime_folder(data)}"


@final
class EmbeddedPostgres:
    """Somebody's use of the server of one data folder; it runs at least until `close`."""

    def __init__(self, data: Path) -> None:
        """Join the users of the data folder's server, and start it if it does not run.

        Raises:
            DataFolderError: Another version of PostgreSQL made the data.
            DatabaseError: It does not start.
        """
        self.data = data.resolve()
        self.runtime = runtime_folder(data)
        self._check_major()
        self._users = (self.data / USERS).open("ab")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        try:
            self._make_runtime_folder()
            self.ensure_running()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return embedded_url(self.data)

    def ensure_running(self) -> None:
        """Return when the server answers; start it if nobody guards it.

        Raises:
            DatabaseError: It does not start.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise PostgresNotStartedError(self.data, f"no answer in {START_SECONDS:g} s")
            if not self.is_guarded():
                self._run_guardian(deadline)
            time.sleep(0.02)

    def is_guarded(self) -> bool:
        """Whether a guardian lives; it starts the server and restarts it if need be."""
        return is_locked(self.data / LOCK, fcntl.LOCK_SH)

    def close(self) -> None:
        """Leave. The last user to leave returns when the server has stopped."""
        self._users.close()
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_guarded() and time.monotonic() < deadline:
            stopping = is_locked(self.data / USERS, fcntl.LOCK_SH)
            if not stopping and is_locked(self.data / USERS, fcntl.LOCK_EX):
                return
            time.sleep(0.02)

    def __enter__(self) -> "EmbeddedPostgres":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_major(self) -> None:
        version = self.data / CLUSTER / "PG_VERSION"
        if version.exists() and (found := version.read_text().strip()) != str(MAJOR):
            raise OtherPostgresError(self.data, found)

    def _make_runtime_folder(self) -> None:
        self.runtime.mkdir(mode=0o700, exist_ok=True)
        facts = self.runtime.lstat()
        if self.runtime.is_symlink() or facts.st_uid not in (os.getuid(), 65534) or facts.st_mode & 0o077:
            raise ForeignRuntimeFolderError(self.runtime)

    def _answers(self) -> bool:
        try:
            psycopg.connect(user=USER, dbname="postgres", host=str(self.runtime), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run_guardian(self, deadline: float) -> None:
        """Start a guardian, which leaves this process at once; wait for the server, or its giving up."""
        command = [sys.executable, "-m", "app.db.guardian", str(self.data), str(self.runtime)]
        with subprocess.Popen(  # noqa: S603  (our own program)
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd=PROJECT_ROOT,
        ) as guardian:
            assert guardian.stderr is not None
            # The pipe ends with the guardian. One that found another at work ends without a word.
            while not self._answers() and time.monotonic() < deadline:
                if select.select([guardian.stderr], [], [], 0.02)[0]:
                    if reason := guardian.stderr.read().decode().strip():
                        raise PostgresNotStartedError(self.data, reason)
                    return


def is_locked(path: Path, mode: int) -> bool:
    """Whether somebody else's lock keeps this process from locking the file in that mode right now."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
