"""The embedded server lives as long as somebody uses it, and survives what may happen to it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from app.db.embedded import EmbeddedPostgres, OtherPostgresError, PostgresNotStartedError, runtime_folder
from app.settings import PROJECT_ROOT

HOLD = """
import sys, time
from pathlib import Path
from app.db.embedded import EmbeddedPostgres
held = EmbeddedPostgres(Path(sys.argv[1]))
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose path is longer than a socket's path may be."""
    path = tmp_path_factory.mktemp("embedded") / ("deep" * 20) / ("deeper" * 10)
    path.mkdir(parents=True)
    return path


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder) as opened:
        yield opened


def ask(server: EmbeddedPostgres, question: str) -> str:
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
        return str(connection.execute(question).fetchone()[0])  # type: ignore[arg-type,index]


def keep(server: EmbeddedPostgres, table: str, number: int) -> None:
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {table} AS SELECT {number} AS n")


def wait_until(is_true: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, f"not so within {seconds:g} s"
        time.sleep(0.02)


def processes(folder: Path) -> list[int]:
    """Everything that runs with this data folder on its command line: guardian and postmaster."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(os.fsencode(folder)) for word in words):
            found.append(int(line.parent.name))
    return found


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split("\n")[0])


def test_the_server_listens_on_one_private_socket_only(server: EmbeddedPostgres, folder: Path) -> None:
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW fsync") == "on"
    assert runtime_folder(folder).stat().st_mode & 0o777 == 0o700
    assert ask(server, "SELECT 'ä' < 'b'") == "False"


def test_data_stays_and_nothing_else_when_the_last_user_leaves(folder: Path) -> None:
    with EmbeddedPostgres(folder) as first:
        keep(first, "kept", 7)
        with EmbeddedPostgres(folder) as second:
            first.close()
            assert ask(second, "SELECT n FROM kept") == "7"
    assert processes(folder) == []
    assert not runtime_folder(folder).exists()
    with EmbeddedPostgres(folder) as again:
        assert ask(again, "SELECT n FROM kept") == "7"


def test_a_user_that_is_killed_takes_the_server_with_it(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, cwd=PROJECT_ROOT
    ) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"ready\n"
        assert processes(folder) != [user.pid]
        user.kill()
    wait_until(lambda: processes(folder) == [])


def test_a_killed_postmaster_is_back_with_every_committed_row(server: EmbeddedPostgres, folder: Path) -> None:
    keep(server, "survivor", 8)
    old = postmaster(folder)
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: (folder / "postgres" / "postmaster.pid").exists() and postmaster(folder) != old)
    server.ensure_running()
    assert ask(server, "SELECT n FROM survivor") == "8"


def test_a_killed_guardian_takes_the_server_with_it_and_both_come_back(
    server: EmbeddedPostgres, folder: Path
) -> None:
    old = postmaster(folder)
    [guardian] = [process for process in processes(folder) if process != old]
    os.kill(guardian, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{old}").exists())
    assert not server.is_guarded()
    server.ensure_running()
    assert ask(server, "SELECT 1") == "1"


def test_what_a_killed_initdb_left_is_removed(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new-99999"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path) as server:
        assert ask(server, "SELECT 1") == "1"
    assert not half.exists()
    assert (tmp_path / "postgres" / "PG_VERSION").read_text() == "18\n"


def test_a_stale_process_number_that_another_program_has_now_does_no_harm(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        text = (folder / "postgres" / "postmaster.pid").read_text()
    with subprocess.Popen(["/bin/sleep", "60"]) as other:
        stale = "\n".join([str(other.pid), *text.split("\n")[1:]])
        (folder / "postgres" / "postmaster.pid").write_text(stale)
        with EmbeddedPostgres(folder) as server:
            assert ask(server, "SELECT 1") == "1"
        other.kill()


def test_another_major_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(
        OtherPostgresError, match=r"made by PostgreSQL 16 and this Forethought brings 18: use"
    ):
        EmbeddedPostgres(tmp_path)


def test_a_damaged_cluster_is_reported_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(mode=0o700)
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
    with pytest.raises(PostgresNotStartedError, match=r"does not stay up: .*postgresql\.conf.*postgres\.log"):
        EmbeddedPostgres(tmp_path)
    assert processes(tmp_path) == []
