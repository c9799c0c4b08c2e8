"""Tasks are dealt to training processes; what becomes of each run comes back, deaths included.

Decision: each process has a pipe of its own. Why: a process killed while it writes to a queue that all
share leaves it locked, or half a message in it, for all the others. Rejected: `multiprocessing.Queue`; a
`ProcessPoolExecutor`, which one dead process ends.
"""

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from app.experiments.service import EndedRun
from app.experiments.training_process import GivenUpTask, Ready, StartedRun, Work, train_task

MOST_STARTS = 2
"""A task whose processes die so often before any run is given up."""

_END_SECONDS = 5.0

Body = Callable[[Connection, int], None]


@dataclass(slots=True)
class _Member:
    """One training process, its line, and what it was last heard to do."""

    process: SpawnProcess
    line: Connection
    work: Work
    starts: int
    begun: StartedRun | None = None
    ended: int = 0
    has_given_up: bool = False


@dataclass(slots=True)
class Crew:
    """At most `size` training processes at a time, one for each task, in the order of `works`."""

    size: int
    works: Sequence[Work]
    body: Body = train_task
    _waiting: list[tuple[Work, int]] = field(init=False)
    _members: list[_Member] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._waiting = [(work, 1) for work in reversed(self.works)]

    def news(self) -> Iterator[EndedRun | GivenUpTask]:
        """Every run as it ends and every task that is given up, until nothing is left to do.

        The run of a process that died is one that failed; another process does the rest of its task.
        """
        while self._hire():
            lines = {member.line: member for member in self._members}
            for line in connection.wait(list(lines)):
                yield from self._hear(lines[line])  # type: ignore[index]  # only lines were given

    def stop(self) -> None:
        """End every process now."""
        for member in self._members:
            member.process.kill()
        for member in self._members:
            member.process.join()
            member.line.close()
        self._members.clear()
        self._waiting.clear()

    def _hire(self) -> bool:
        """Fill the crew; whether anybody is at work."""
        while len(self._members) < self.size and self._waiting:
            work, starts = self._waiting.pop()
            ours, theirs = connection.Pipe()
            process = get_context("spawn").Process(target=self.body, args=(theirs, os.getpid()), daemon=True)
            # A Ctrl-C at the terminal reaches all processes; the parent alone hears it and ends the rest.
            # Python's tracker goes first: to begin it, once, lets the signal through again.
            resource_tracker.ensure_running()
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                process.start()
                self._members.append(_Member(process, ours, work, starts))
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                theirs.close()  # So that the line ends when the process does.
        return bool(self._members)

    def _hear(self, member: _Member) -> Iterator[EndedRun | GivenUpTask]:
        try:
            message = member.line.recv()
            if isinstance(message, Ready):
                member.line.send(member.work)
        except (EOFError, OSError, pickle.UnpicklingError):
            yield from self._part_with(member)
            return
        if isinstance(message, StartedRun):
            member.begun = message
        elif isinstance(message, EndedRun):
            member.begun = None
            member.ended += 1
            yield message
        elif isinstance(message, GivenUpTask):
            member.has_given_up = True
            yield message

    def _part_with(self, member: _Member) -> Iterator[EndedRun | GivenUpTask]:
        """See why a line ended: the work is done, or its process died and the rest is still to be done."""
        member.process.join(_END_SECONDS)
        member.process.kill()
        member.process.join()
        member.line.close()
        self._members.remove(member)
        plan = member.work.plan
        rest = plan.runs[member.ended :]
        if member.has_given_up or not rest:
            return
        reason = f"The training process ended with exit code {member.process.exitcode}."
        starts = 1 if member.ended else member.starts + 1
        if (begun := member.begun) is not None:
            now = datetime.now(UTC)
            yield EndedRun(
                plan.task_id, begun.architecture_id, begun.origin, begun.at, now, None, reason, begun.seed
            )
            rest, starts = rest[1:], 1
        if starts > MOST_STARTS:
            yield GivenUpTask(plan.task_id, plan.name, reason)
        elif rest:
            self._waiting.append((replace(member.work, plan=replace(plan, runs=rest)), starts))
