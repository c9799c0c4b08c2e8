"""The name of a kind of job becomes the function that does it."""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app.errors import AppError
from app.jobs.tables import JobState

Work = Callable[[Any], None]
"""Takes an `app.jobs.runner.RunningJob`, which cannot be named here: the runner needs this module."""


class GiveUp(Protocol):
    """What a feature does to its own row when its job ends without a result."""

    def __call__(self, session: Session, subject_id: UUID, state: JobState, sentence: str) -> None:
        """Runs in the transaction that ends the job; `state` is failed or cancelled."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job: its work, and what is left to do when the work gives no result."""

    name: str
    work: Work
    give_up: GiveUp | None


class UnknownJobKindError(AppError):
    def __init__(self, name: str) -> None:
        super().__init__(f"No worker here knows jobs of the kind {name!r}; update the worker.")


KINDS: Final[dict[str, JobKind]] = {}


def job(name: str, *, give_up: GiveUp | None = None) -> Callable[[Work], Work]:
    """Make the decorated function the work of the jobs of this kind. It may be delivered twice."""

    def register(work: Work) -> Work:
        assert name not in KINDS or KINDS[name].work.__module__ == work.__module__, f"two kinds {name!r}"
        KINDS[name] = JobKind(name, work, give_up)
        return work

    return register


def kind_of(name: str) -> JobKind:
    if name not in KINDS:
        raise UnknownJobKindError(name)
    return KINDS[name]


def load_kinds(modules: Iterable[str] = ()) -> None:
    """Import the modules with jobs; without names, the module `jobs` of every feature."""
    app = Path(__file__).resolve().parent.parent
    for name in list(modules) or [f"app.{path.parent.name}.jobs" for path in sorted(app.glob("*/jobs.py"))]:
        importlib.import_module(name)
