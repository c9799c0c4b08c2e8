"""Planned runs become recorded runs: one single-threaded process for each core, a task at a time.

Every run is recorded in a transaction of its own the moment it ends, so that a kill at any moment loses
at most the runs in progress, and the next start continues. A process that dies takes its run with it
as a failure with its reason, and another does the rest of its task.
"""

import multiprocessing
import os
import queue
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path

import torch
from sqlalchemy import Engine
from threadpoolctl import threadpool_limits

from app.db.session import transaction
from app.db.tether import die_with_parent
from app.experiments import queries, service
from app.experiments.service import EndedRun, TaskPlan
from app.experiments.tables import Origin
from app.storage import Storage
from dvn.architecture import Architecture
from dvn.data.split import Split
from dvn.embeddings.cache import VectorCache
from dvn.errors import DvnError
from dvn.training import Budget, TaskFeatures, train

RUN_SECONDS = 120.0
"""Most seconds of one run of the experience; a median one takes two."""

_POLL_SECONDS = 0.5
_GUESSED_RUN_SECONDS = 2.5


@dataclass(frozen=True, slots=True)
class PopulateProgress:
    """How far populating is; `seconds_left` at the pace so far."""

    done: int
    total: int
    failed: int
    seconds: float
    seconds_left: float
    task: str


Report = Callable[[PopulateProgress], None]


@dataclass(frozen=True, slots=True)
class _Started:
    """A process tells which run it begins, so that its death can be told of that run."""

    process: int
    task_id: int
    architecture_id: int
    origin: Origin
    at: datetime


@dataclass(frozen=True, slots=True)
class _Work:
    """One task for one process: where its texts are, how they are split, what to train."""

    plan: TaskPlan
    split: Split
    folder: Path
    cache_bytes: int


def estimated_hours(plans: Sequence[TaskPlan], storage: Storage, processes: int) -> float:
    """Hours that the plans take, from their number of runs and the length of their texts."""
    seconds = 0.0
    for plan in plans:
        seconds += len(plan.runs) * _GUESSED_RUN_SECONDS
        seconds += service.encoder_seconds(storage.load_dataset(plan.content_hash))
    return seconds / processes / 3600


def populate(
    engine: Engine,
    storage: Storage,
    plans: Sequence[TaskPlan],
    *,
    processes: int,
    cache_bytes: int,
    report: Report,
) -> PopulateProgress:
    """Train and record everything planned; returns the last progress."""
    works: list[_Work] = []
    with transaction(engine) as session:
        for plan in plans:
            split = service.stored_split(queries.task_with_split(session, plan.task_id))
            works.append(_Work(plan, split, storage.folder, cache_bytes))
    crew = _Crew(multiprocessing.get_context("spawn"), processes, works[::-1])
    total = sum(len(plan.runs) for plan in plans)
    names = {plan.task_id: plan.name for plan in plans}
    began = time.monotonic()
    done = failed = 0
    progress = PopulateProgress(0, total, 0, 0.0, 0.0, "")
    try:
        while done < total and (ended := crew.next_run()) is not None:
            with transaction(engine) as session:
                service.record(session, ended)
            done += 1
            failed += ended.error is not None
            seconds = time.monotonic() - began
            left = seconds / done * (total - done)
            progress = PopulateProgress(done, total, failed, seconds, left, names[ended.task_id])
            report(progress)
    finally:
        crew.stop()
    return progress


@dataclass(slots=True)
class _Crew:
    """The training processes, the tasks they take (the last first), and what they say."""

    context: SpawnContext
    size: int
    works: list[_Work]
    members: dict[int, SpawnProcess] = field(default_factory=dict)
    running: dict[int, _Started] = field(default_factory=dict)
    assigned: dict[int, _Work] = field(default_factory=dict)
    said: "multiprocessing.Queue[_Started | EndedRun]" = field(init=False)

    def __post_init__(self) -> None:
        self.said = self.context.Queue()

    def next_run(self) -> EndedRun | None:
        """The next run to end; None when there is nothing left to do."""
        while True:
            self._hire()
            if not self.members:
                return None
            try:
                message = self.said.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if (lost := self._lost()) is not None:
                    return lost
                continue
            if isinstance(message, EndedRun):
                self.running = {
                    process: started
                    for process, started in self.running.items()
                    if (started.task_id, started.architecture_id)
                    != (message.task_id, message.architecture_id)
                }
                return message
            if isinstance(message, _Started):
                self.running[message.process] = message

    def stop(self) -> None:
        """End every process now."""
        for member in self.members.values():
            member.kill()
            member.join()
        self.members.clear()
        self.said.cancel_join_thread()

    def _hire(self) -> None:
        for number, member in list(self.members.items()):
            if member.exitcode == 0:
                del self.members[number]
        while len(self.members) < self.size and self.works:
            work = self.works.pop()
            member = self.context.Process(
                target=_train_task, args=(work, self.said, os.getpid()), daemon=True
            )
            member.start()
            assert member.pid is not None
            self.members[member.pid] = member
            self.assigned[member.pid] = work

    def _lost(self) -> EndedRun | None:
        """The run of a process that died, as a failure; the rest of its task goes back to be done."""
        for number, member in list(self.members.items()):
            if member.exitcode not in (None, 0):
                del self.members[number]
                started = self.running.pop(number, None)
                if started is None:
                    raise RuntimeError(
                        f"a training process ended with {member.exitcode} before its first run"
                    )
                self._give_back(self.assigned[number], started)
                reason = f"The training process ended with exit code {member.exitcode}."
                now = datetime.now(UTC)
                return EndedRun(
                    started.task_id, started.architecture_id, started.origin, started.at, now, None, reason
                )
        return None

    def _give_back(self, work: _Work, lost: _Started) -> None:
        plan = work.plan
        places = [architecture_id for architecture_id, _, _ in plan.runs]
        rest = plan.runs[places.index(lost.architecture_id) + 1 :]
        if rest:
            left = TaskPlan(plan.task_id, plan.name, plan.content_hash, plan.rows, rest)
            self.works.append(_Work(left, work.split, work.folder, work.cache_bytes))


def _train_task(work: _Work, said: "multiprocessing.Queue[_Started | EndedRun]", parent: int) -> None:
    """The body of a training process: every planned run of one task."""
    die_with_parent(signal.SIGKILL, parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The parent hears Ctrl-C and ends its children.
    torch.set_num_threads(1)
    with threadpool_limits(1):
        storage = Storage(work.folder)
        dataset = storage.load_dataset(work.plan.content_hash)
        cache = VectorCache(storage.vectors, max_bytes=work.cache_bytes)
        features = TaskFeatures(dataset, work.split, cache)
        for architecture_id, architecture, origin in work.plan.runs:
            now = datetime.now(UTC)
            said.put(_Started(os.getpid(), work.plan.task_id, architecture_id, origin, now))
            said.put(_ended(features, work.plan.task_id, architecture_id, architecture, origin))


def _ended(
    features: TaskFeatures, task_id: int, architecture_id: int, architecture: Architecture, origin: Origin
) -> EndedRun:
    started = datetime.now(UTC)
    outcome, reason = None, None
    try:
        budget = Budget(max_seconds=RUN_SECONDS)
        outcome = train(
            features.dataset, features.split, architecture, features=features, budget=budget
        ).outcome
    except DvnError as error:
        reason = str(error)
    return EndedRun(task_id, architecture_id, origin, started, datetime.now(UTC), outcome, reason)
