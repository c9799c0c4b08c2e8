"""Shipped checkpoints become warm value networks, loaded once in the background."""

import logging
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Final, final

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from app.db.session import transaction
from app.errors import BusyError, NotFoundError
from app.experiments.records import upsert_checkpoint
from app.experiments.tables import CheckpointRow
from dvn.architecture_inference import Question, recommend
from dvn.errors import DvnError
from dvn.value_network import Checkpoint

log = logging.getLogger(__name__)

MOST_WAIT_SECONDS: Final = 20.0
_WARMING_TEXTS: Final = ("one short text", "another short text", "a third, to warm up", "and a fourth")
_WARMING_LABELS: Final = ("a", "b", "a", "b")


class WarmingUpError(BusyError):
    def __init__(self) -> None:
        super().__init__("The value network is still being loaded; ask again in a few seconds.")


class NoCheckpointError(NotFoundError):
    def __init__(self, space: str, found: list[str]) -> None:
        super().__init__(
            f"There is no checkpoint for the space {space!r} here; there is {', '.join(found) or 'none'}."
        )


@final
class Experience:
    """The checkpoints of one folder, `<space>/checkpoint`; questions wait until they are warm."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checkpoints: dict[str, Checkpoint] = {}
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
            for folder in sorted(self._folder.glob("*/checkpoint")):
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

    def checkpoint(self, space: str) -> Checkpoint:
        """The warm checkpoint of a space.

        Raises:
            WarmingUpError: It is still being loaded.
            NoCheckpointError: There is none for this space.
        """
        if not self._is_loaded.wait(MOST_WAIT_SECONDS):
            raise WarmingUpError
        if space not in self._checkpoints:
            raise NoCheckpointError(space, sorted(self._checkpoints))
        return self._checkpoints[space]

    def _load(self, folder: Path, engine: Engine) -> None:
        space = folder.parent.name
        checkpoint = Checkpoint.load(folder)
        recommend(_WARMING_TEXTS, _WARMING_LABELS, checkpoint, question=Question(top=1))
        manifest = checkpoint.manifest()
        row = CheckpointRow(
            id=checkpoint.id,
            space=space,
            space_version=str(manifest["space_version"]),
            snapshot_hash=checkpoint.snapshot_hash,
            manifest=manifest,
            scores=dict(checkpoint.scores),
            folder=str(folder),
        )
        with transaction(engine) as session:
            upsert_checkpoint(session, row)
        self._checkpoints[space] = checkpoint
