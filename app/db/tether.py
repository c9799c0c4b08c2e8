"""A command becomes a process that the kernel ends when its parent dies.

Run as a script of its own, so that nothing happens between fork and exec of a process
that has threads: `python -I -S tether.py SIGNAL PARENT NICE [--as-user] -- COMMAND...`.
Only the standard library is imported.

Decision: PostgreSQL, which refuses to be root, runs for root in a user namespace in which root is 'nobody'.
Why: files keep their owner, no account is made, no folder is opened to others.
Rejected: setuid, which needs every parent folder to be open; it is left as fallback where the kernel forbids
namespaces.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

CLONE_NEWUSER: Final = 0x10000000
PR_SET_PDEATHSIG: Final = 1
NOBODY: Final = 65534


def tethered(
    command: Sequence[str], *, end: signal.Signals, nice: int = 0, as_user: bool = False
) -> list[str]:
    """The command line that runs `command` tied to the calling thread: when that ends, it gets `end`."""
    numbers = [str(number) for number in (int(end), os.getpid(), nice)]
    flags = ["--as-user"] if as_user else []
    return [sys.executable, "-I", "-S", __file__, *numbers, *flags, "--", *command]


def die_with_parent(end: signal.Signals, parent: int) -> None:
    """Ask the kernel to send `end` to this process when its parent dies; at once if it is dead already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(end), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os.kill(os.getpid(), end)


def can_make_user_namespace() -> bool:
    """Whether the kernel lets this process make a user namespace; tried in a short-lived child."""
    child = os.fork()
    if child == 0:
        try:
            enter_user_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def enter_user_namespace() -> None:
    """Become 'nobody' for this process only: outside, its files still belong to the same user."""
    outside = os.geteuid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {outside} 1")


def stop_being_root() -> None:
    """Leave root by a user namespace, else by setuid."""
    if os.geteuid() != 0:
        return
    if can_make_user_namespace():
        enter_user_namespace()
        return
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def main() -> None:
    options, command = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    os.nice(int(options[2]))
    if "--as-user" in options:
        stop_being_root()
    # After setuid and unshare: both clear the signal.
    die_with_parent(signal.Signals(int(options[0])), int(options[1]))
    os.execv(command[0], command)  # noqa: S606  (no shell is wanted)


if __name__ == "__main__":
    main()
