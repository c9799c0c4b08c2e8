"""Checkpoints become warm value networks: those that ship once in the background, promoted ones when asked.

Decision: each question looks up which checkpoint is promoted, by one indexed query. Why: a promotion and a
rollback count from their commit on, in every process, without a restart or a message.
"""

import logging
from pathlib import Path
from threading import Event
from time import monotonic, perf_counter
from typing import Final, final

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.errors import BusyError, NotFoundError
from app.experiments.checkpoints import CHECKPOINTS
from app.experiments.records import upsert_checkpoint
from app.experiments.tables import CheckpointRow
from app.recommendations.warm_answers import WarmAnswers
from app.registry.service import answering_checkpoint, checkpoint_row
from dvn.architecture_inference import Question, recommend
from dvn.errors import CheckpointError, DvnError
from dvn.value_network import Checkpoint, Metric, UnusableCheckpointError

log = logging.getLogger(__name__)

MOST_WAIT_SECONDS: Final = 20.0
RETRY_SECONDS: Final = 60.0
"""How long a promoted checkpoint that could not be loaded is not tried again."""

_WARMING_TEXTS: Final = ("one short text", "another short text", "a third, to warm up", "and a fourth")
_WARMING_LABELS: Final = ("a", "b", "a", "b")


class WarmingUpError(BusyError):
    def __init__(self) -> None:
        super().__init__("The value network is still being loaded; ask again in a few seconds.")


class NoCheckpointError(NotFoundError):
    def __init__(self, space: str, metric: Metric, found: list[str]) -> None:
        super().__init__(
            f"There is no checkpoint for {metric} in the space {space!r} here; "
            f"there is {', '.join(found) or 'none'}."
        )


@final
class Experience:
    """The checkpoints of one folder, one a space and a metric, and those for accuracy promoted since."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checkpoints: dict[tuple[str, Metric], Checkpoint] = {}
        self.answers: Final = WarmAnswers()
        self._promoted: dict[str, Checkpoint] = {}
        self._refused: dict[str, float] = {}
        self._is_loaded = Event()
        self._words = "loading the checkpoints"

    @property
    def is_ready(self) -> bool:
        return self._is_loaded.is_set() and bool(self._checkpoints)

    @property
    def words(self) -> str:
        """How far it is, for the readiness check."""
        return self._words

    def warm(self, engine: Engine) -> None:
        """Load every checkpoint, note it in the database, and ask it once so that its table is in memory."""
        began = perf_counter()
        try:
            for name in CHECKPOINTS.values():
                for folder in sorted(self._folder.glob(f"*/{name}")):
                    self._load(folder, engine)
            found = ", ".join(checkpoint.id for checkpoint in self._checkpoints.values())
            self._words = f"ready: {found}" if found else f"no checkpoint in {self._folder}"
        except DvnError as error:
            self._words = str(error)
        except OperationalError as error:
            self._words = f"the database did not answer ({type(error).__name__}); restart the web server"
        finally:
            self._is_loaded.set()
        log.info(
            "experience.loaded checkpoints=%d seconds=%.2f", len(self._checkpoints), perf_counter() - began
        )

    def checkpoint(
        self, space: str, session: Session | None = None, metric: Metric = "accuracy"
    ) -> Checkpoint:
        """The warm checkpoint of a space: the promoted one, as the session sees it, else the one that ships.

        One that foretells another metric than accuracy is never promoted.

        Raises:
            WarmingUpError: It is still being loaded.
            NoCheckpointError: There is none for this space.
        """
        if not self._is_loaded.wait(MOST_WAIT_SECONDS):
            raise WarmingUpError
        row = None
        if session is not None and metric == "accuracy":
            row = answering_checkpoint(session, space)
        promoted = None if row is None else self._find_promoted(row)
        if promoted is not None:
            return promoted
        if (space, metric) not in self._checkpoints:
            found = [f"{name} for {foretold}" for name, foretold in sorted(self._checkpoints)]
            raise NoCheckpointError(space, metric, found)
        return self._checkpoints[space, metric]

    def _find_promoted(self, row: CheckpointRow) -> Checkpoint | None:
        """A promoted checkpoint, loaded once; None, and a line in the log, if it cannot be used."""
        shipped, held = self._checkpoints.get((row.space, "accuracy")), self._promoted.get(row.space)
        for known in (shipped, held):
            if known is not None and known.id == row.id:
                return known
        if monotonic() - self._refused.get(row.id, -RETRY_SECONDS) < RETRY_SECONDS:
            return None
        try:
            found = Checkpoint.load(Path(row.folder or ""))
            if found.id != row.id:
                raise UnusableCheckpointError(Path(row.folder or ""), f"it holds {found.id}, not {row.id}")
        except CheckpointError as error:
            self._refused[row.id] = monotonic()
            log.warning("experience.fell_back space=%s promoted=%s reason=%s", row.space, row.id, error)
            return None
        log.info("experience.switched space=%s promoted=%s", row.space, row.id)
        self._promoted[row.space] = found
        return found

    def _load(self, folder: Path, engine: Engine) -> None:
        space = folder.parent.name
        checkpoint = Checkpoint.load(folder)
        recommend(_WARMING_TEXTS, _WARMING_LABELS, checkpoint, question=Question(top=1))
        with transaction(engine) as session:
            upsert_checkpoint(session, checkpoint_row(checkpoint, folder))
        self._checkpoints[space, checkpoint.metric] = checkpoint
