"""Folders and rows become the history of value networks: shipped, fitted here, promoted, and gone.

A checkpoint is told by its manifest alone, so that a list of many loads no weights.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.experience.known import Known
from app.experiments import queries
from app.experiments.checkpoints import FITTED, shipped_folder
from app.experiments.tables import CheckpointRow
from app.settings import Settings
from dvn.architecture import SPACES
from dvn.evaluation.model_card import CardTask, ModelCard, model_card
from dvn.evaluation.track_record import FILE, TrackRecord, UnusableTrackRecordError, read_track_record
from dvn.value_network.checkpoint import MANIFEST

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEEDED: Final = frozenset({"id", "space", "snapshot_hash", "tasks"})


class UnknownCheckpointError(NotFoundError):
    def __init__(self, checkpoint_id: str) -> None:
        super().__init__(
            f"There is no value network {checkpoint_id!r} here; "
            "`forethought checkpoints` lists those there are."
        )


@dataclass(frozen=True, slots=True)
class SeenCheckpoint:
    """One value network: when it was fitted, whether it answers, and its manifest."""

    id: str
    space: str
    is_shipped: bool
    is_in_use: bool
    fitted_at: datetime | None
    """Unknown for a shipped one: the time of its file is that of the installation."""
    promoted_at: datetime | None
    scores: Mapping[str, float]
    manifest: Mapping[str, Any]

    @property
    def snapshot_hash(self) -> str:
        return str(self.manifest["snapshot_hash"])

    @property
    def tasks(self) -> int:
        return len(self.manifest["tasks"])

    @property
    def families(self) -> int:
        return len({task["family"] for task in self.manifest["tasks"]})


@dataclass(frozen=True, slots=True)
class _Found:
    """A manifest with where it is from."""

    manifest: Mapping[str, Any]
    is_shipped: bool
    fitted_at: datetime | None


def seen_checkpoints(session: Session, settings: Settings) -> list[SeenCheckpoint]:
    """Those that ship, then those fitted here, the newest first; rows whose folder is gone are among them."""
    rows = {row.id: row for row in queries.checkpoints(session)}
    found: dict[str, _Found] = {}
    for one in [*_on_disk(settings), *_in_database(rows.values())]:
        found.setdefault(one.manifest["id"], one)
    used = _in_use(found.values(), rows)
    seen = [_seen(one, rows.get(name), is_in_use=name in used) for name, one in found.items()]
    # Two stable sorts: by id first, so that the order is total.
    seen.sort(key=lambda one: (one.space, one.id))
    return sorted(seen, key=lambda one: (not one.is_shipped, -(one.fitted_at or _LONG_AGO).timestamp()))


def seen_checkpoint(session: Session, settings: Settings, checkpoint_id: str) -> SeenCheckpoint:
    """The value network of this id.

    Raises:
        UnknownCheckpointError: There is none.
    """
    seen = seen_checkpoints(session, settings)
    found = next((one for one in seen if one.id == checkpoint_id), None)
    if found is None:
        raise UnknownCheckpointError(checkpoint_id)
    return found


def track_record_file(settings: Settings, space: str) -> Path:
    """Where the track record that ships for a space lies."""
    return settings.experience / space / FILE


def shipped_record(settings: Settings, space: str) -> TrackRecord | None:
    """The track record that ships for a space, if there is one that can be read."""
    path = track_record_file(settings, space)
    try:
        return read_track_record(path) if path.is_file() else None
    except UnusableTrackRecordError:
        return None


def card_of(manifest: Mapping[str, Any], known: Known, record: TrackRecord | None) -> ModelCard:
    """The model card of a checkpoint, with what the snapshots say of its tasks."""
    tasks = [
        CardTask(task.name, task.family, task.language, task.licence, task.rows, task.classes)
        for task in known.tasks
    ]
    return model_card(manifest, tasks, record)


def _on_disk(settings: Settings) -> Iterator[_Found]:
    for space in SPACES:
        manifest = _read_manifest(shipped_folder(settings, space) / MANIFEST)
        if manifest is not None:
            yield _Found(manifest, is_shipped=True, fitted_at=None)
    for path in sorted((settings.data / FITTED).glob(f"*/{MANIFEST}")):
        manifest = _read_manifest(path)
        if manifest is not None:
            fitted_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            yield _Found(manifest, is_shipped=False, fitted_at=fitted_at)


def _in_database(rows: Iterable[CheckpointRow]) -> Iterator[_Found]:
    for row in rows:
        if _is_whole(row.manifest):
            yield _Found(row.manifest, is_shipped=False, fitted_at=row.created_at)


def _in_use(found: Iterable[_Found], rows: Mapping[str, CheckpointRow]) -> set[str]:
    """For each space the one that was promoted last, or else the one that ships."""
    used = {one.manifest["space"]: one.manifest["id"] for one in found if one.is_shipped}
    promoted = [(row.promoted_at, row.id, row.space) for row in rows.values() if row.promoted_at is not None]
    return set((used | {space: name for _, name, space in sorted(promoted)}).values())


def _seen(found: _Found, row: CheckpointRow | None, *, is_in_use: bool) -> SeenCheckpoint:
    manifest = found.manifest
    scores = row.scores if row is not None and row.scores else manifest.get("scores", {})
    return SeenCheckpoint(
        id=manifest["id"],
        space=manifest["space"],
        is_shipped=found.is_shipped,
        is_in_use=is_in_use,
        fitted_at=found.fitted_at,
        promoted_at=None if row is None else row.promoted_at,
        scores={name: value for name, value in scores.items() if isinstance(value, int | float)},
        manifest=manifest,
    )


def _read_manifest(path: Path) -> Mapping[str, Any] | None:
    """A manifest; none where there is no file or something else in it."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and _is_whole(manifest) else None


def _is_whole(manifest: Mapping[str, Any]) -> bool:
    return manifest.keys() >= _NEEDED
