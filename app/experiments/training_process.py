"""The body of a training process: one task and its planned runs become a message for each run."""

import logging
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from traceback import extract_tb

from app.db.tether import die_with_parent
from app.errors import AppError
from app.experiments.service import EndedRun, PlannedTraining, TaskPlan
from app.experiments.tables import Origin
from app.settings import PROJECT_ROOT
from app.storage import Storage
from dvn.data.dataset import Dataset
from dvn.data.smaller import cut
from dvn.data.split import Split
from dvn.embeddings.cache import VectorCache
from dvn.errors import DvnError, EmbeddingError
from dvn.training import Budget, TaskFeatures, train
from dvn.training.features import Whole
from dvn.training.single_thread import single_thread

RUN_SECONDS = 120.0
"""Most seconds of one run of the experience; a median one takes one and a half."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """One task for one process: where its texts are, how they are split, what to train."""

    plan: TaskPlan
    split: Split
    folder: Path
    cache_bytes: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A process has started and waits for its work."""


@dataclass(frozen=True, slots=True)
class StartedRun:
    """A process tells which run it begins, so that its death can be told of that run."""

    architecture_id: int
    origin: Origin
    at: datetime
    seed: int = 0


@dataclass(frozen=True, slots=True)
class GivenUpTask:
    """A task that cannot be trained on here and now; its runs stay to be done."""

    task_id: int
    name: str
    reason: str


def train_task(line: Connection, parent: int) -> None:
    """Every planned run of one task, each told when it begins and when it ends."""
    die_with_parent(signal.SIGKILL, parent)
    line.send(Ready())
    work: Work = line.recv()
    with single_thread():
        try:
            _train_all(line, work)
        except (DvnError, AppError, OSError) as error:
            line.send(GivenUpTask(work.plan.task_id, work.plan.name, str(error)))


def _train_all(line: Connection, work: Work) -> None:
    storage = Storage(work.folder)
    dataset = storage.load_dataset(work.plan.content_hash)
    cache = VectorCache(storage.vectors, max_bytes=work.cache_bytes)
    features = features_of(dataset, work.split, cache)
    for run in work.plan.runs:
        line.send(StartedRun(run.architecture_id, run.origin, datetime.now(UTC), run.seed))
        line.send(ended_run(features, work.plan.task_id, run))


def features_of(dataset: Dataset, split: Split, cache: VectorCache) -> TaskFeatures:
    """The inputs of a task: of the rows in use alone where these are few, as in a smaller task."""
    used = len(split.train) + len(split.validation) + len(split.test)
    if used == len(dataset):
        return TaskFeatures(dataset, split, cache)
    small, parts, rows = cut(dataset, split)
    return TaskFeatures(small, parts, cache, Whole(dataset.texts, rows))


def ended_run(features: TaskFeatures, task_id: int, run: PlannedTraining) -> EndedRun:
    """One run with its outcome, or the reason of its failure.

    Raises:
        EmbeddingError: Weights are missing: that is this machine's failure and not the run's.
        OSError: A file cannot be read.
    """
    started = datetime.now(UTC)
    outcome, reason = None, None
    try:
        budget = Budget(max_seconds=RUN_SECONDS)
        outcome = train(
            features.dataset,
            features.split,
            run.architecture,
            features=features,
            seed=run.seed,
            budget=budget,
        ).outcome
    except EmbeddingError:
        raise
    except DvnError as error:
        reason = str(error)
    except (MemoryError, RuntimeError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        reason = _place(error)
        log.exception("run.crashed task=%s architecture=%s", task_id, run.architecture.hash)
    ended = datetime.now(UTC)
    return EndedRun(task_id, run.architecture_id, run.origin, started, ended, outcome, reason, run.seed)


def _place(error: BaseException) -> str:
    """Kind and place of an unforeseen error; its text may quote the user's, so it is only logged."""
    frame = extract_tb(error.__traceback__)[-1]
    path = Path(frame.filename)
    shown = path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path.name
    return f"{type(error).__name__} at {shown}:{frame.lineno}."
