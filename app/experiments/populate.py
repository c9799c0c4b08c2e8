"""Planned runs become recorded runs: one single-threaded process for each core, a task at a time.

Every run is recorded in a transaction of its own the moment it ends, so that a kill at any moment loses
at most the runs in progress, and the next start continues. A process that dies takes its run with it
as a failure with its reason, and another does the rest of its task.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from statistics import fmean

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from app.db.session import transaction
from app.errors import ConflictError, DatabaseError
from app.experiments import queries, service
from app.experiments.crew import Crew
from app.experiments.service import EndedRun, TaskPlan
from app.experiments.training_process import GivenUpTask, Work
from app.storage import MissingDatasetError, Storage
from dvn.errors import DataError

_LOCK = 20190218
_GUESSED_RUN_SECONDS = 2.5


class AlreadyPopulatingError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "Another `forethought populate` is filling this space: let it end, or stop it and start again."
        )


class RunNotRecordedError(DatabaseError):
    def __init__(self, recorded: int, reason: str) -> None:
        super().__init__(
            f"The database took {recorded} runs and refuses the next ({reason}): put that right, "
            "then the same command continues."
        )


class StoppedError(ConflictError):
    def __init__(self) -> None:
        super().__init__("Stopped; every run that had ended is recorded, and the same command continues.")


@dataclass(frozen=True, slots=True)
class PopulateProgress:
    """How far populating is; `seconds_left` at the pace so far, `task` the one last heard of."""

    done: int
    total: int
    failed: int
    seconds: float
    seconds_left: float
    task: str
    given_up: tuple[GivenUpTask, ...] = ()


class TasksGivenUpError(ConflictError):
    def __init__(self, progress: PopulateProgress) -> None:
        names = ", ".join(task.name for task in progress.given_up)
        super().__init__(
            f"{progress.done} of {progress.total} runs are recorded; some tasks could not be trained on "
            f"({names}): put right what was said of them, then the same command continues."
        )


Report = Callable[[PopulateProgress], None]


@contextmanager
def populating_alone(engine: Engine, space: str) -> Iterator[None]:
    """The right to populate this space in this database, while the block runs or the process lives.

    Raises:
        AlreadyPopulatingError: Another process has it.
    """
    named = {"key": _LOCK, "space": space}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key, hashtext(:space))"), named):
            raise AlreadyPopulatingError
        try:
            yield
        finally:
            # If the connection is lost, so is the lock.
            with suppress(OperationalError):
                connection.execute(text("SELECT pg_advisory_unlock(:key, hashtext(:space))"), named)


def expected_seconds(
    plans: Sequence[TaskPlan], storage: Storage, recorded: Mapping[int, float]
) -> dict[int, float]:
    """Seconds that each task takes: its runs as long as those recorded, its texts encoded once.

    Args:
        plans: What is left to train.
        storage: Where the texts are.
        recorded: Mean seconds of a recorded run, by task; a guess stands in where there is none.
    """
    usual = fmean(recorded.values()) if recorded else _GUESSED_RUN_SECONDS
    expected = {}
    for plan in plans:
        seconds = len(plan.runs) * recorded.get(plan.task_id, usual)
        if plan.task_id not in recorded:
            with suppress(DataError, MissingDatasetError):  # Told of when its turn comes.
                seconds += service.encoder_seconds(storage.load_dataset(plan.content_hash))
        expected[plan.task_id] = seconds
    return expected


def expected_hours(expected: Mapping[int, float], processes: int) -> float:
    """Hours until all tasks are done, each by one process at a time."""
    return max(sum(expected.values()) / processes, max(expected.values(), default=0.0)) / 3600


def deal(
    engine: Engine, storage: Storage, plans: Sequence[TaskPlan], *, processes: int, cache_bytes: int
) -> Crew:
    """The crew that trains these plans; it starts no process yet."""
    works = []
    with transaction(engine) as session:
        for plan in plans:
            split = service.stored_split(queries.task_with_split(session, plan.task_id))
            works.append(Work(plan, split, storage.folder, cache_bytes))
    return Crew(processes, works)


def populate(
    engine: Engine, crew: Crew, expected: Mapping[int, float], *, report: Report
) -> PopulateProgress:
    """Train and record all that the crew has to do; returns the last progress.

    However this ends, no training process outlives it.

    Raises:
        RunNotRecordedError: The database takes no more; what is recorded stays.
    """
    tally = _Tally([work.plan for work in crew.works], expected)
    try:
        for event in crew.news():
            if isinstance(event, EndedRun):
                with transaction(engine) as session:
                    service.record(session, event)
            tally.count(event)
            report(tally.progress)
    except OperationalError as error:
        raise RunNotRecordedError(tally.progress.done, str(error.orig).partition("\n")[0]) from error
    finally:
        crew.stop()
    return tally.progress


@dataclass(slots=True)
class _Tally:
    """What has ended, and from the pace so far when the rest will have."""

    plans: Sequence[TaskPlan]
    expected: Mapping[int, float]
    progress: PopulateProgress = field(init=False)
    _began: float = field(default_factory=time.monotonic)
    _spent: float = 0.0

    def __post_init__(self) -> None:
        self.progress = PopulateProgress(0, sum(len(plan.runs) for plan in self.plans), 0, 0.0, 0.0, "")

    def count(self, event: EndedRun | GivenUpTask) -> None:
        plan = next(plan for plan in self.plans if plan.task_id == event.task_id)
        now = self.progress
        seconds = time.monotonic() - self._began
        if isinstance(event, GivenUpTask):
            self.progress = replace(now, seconds=seconds, task=plan.name, given_up=(*now.given_up, event))
            return
        self._spent += self.expected.get(plan.task_id, 1.0) / len(plan.runs)
        left = max(sum(self.expected.values()) - self._spent, 0.0)
        self.progress = replace(
            now,
            done=now.done + 1,
            failed=now.failed + (event.error is not None),
            seconds=seconds,
            seconds_left=seconds / self._spent * left,
            task=plan.name,
        )
