"""Refits are queued and their results stored; checkpoints are promoted, rolled back and retired.

Decision: promoting is one row, written in the transaction that ends the refit, after the checkpoint's
folder is in its place. Why: killed at any moment, the service answers with the old value network or with
the new one, never with half of one.
"""

import zlib
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid5

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.base import Json
from app.errors import ConflictError, NotFoundError
from app.experiments import snapshots
from app.experiments.checkpoints import FITTED
from app.experiments.records import upsert_checkpoint
from app.experiments.tables import CheckpointRow
from app.jobs.service import enqueue
from app.jobs.tables import JobId, JobState
from app.registry import queries
from app.registry.refitting import REFIT_PREFIX, Places, Refitted, RefitWork
from app.registry.tables import PromotionRow, RefitRow, RefitState
from app.settings import Settings
from app.storage import is_older, remove
from dvn.architecture import SPACES, get_space
from dvn.value_network import Checkpoint, FitOptions, read_experience
from dvn.value_network.joined import RunKeys

REFIT: Final = "registry.refit"
PROMOTION_LOCK: Final = 0x0F0E_7406_4713
_NIGHTS: Final = UUID("6d3c6c0e-5b0c-4f5e-9d57-2f6c1f6b8a11")
_OVERTAKEN: Final = "Another value network was promoted, or runs were taken back, meanwhile: refit again."


class NothingPromotedError(ConflictError):
    def __init__(self, space: str) -> None:
        super().__init__(
            f"Nothing is promoted for the space {space}: the checkpoint that ships answers already."
        )


class UnknownCheckpointError(NotFoundError):
    def __init__(self, checkpoint_id: str) -> None:
        super().__init__(
            f"There is no checkpoint {checkpoint_id} here; `forethought checkpoints` shows what there is."
        )


class RetiredCheckpointError(ConflictError):
    def __init__(self, checkpoint_id: str) -> None:
        super().__init__(
            f"The checkpoint {checkpoint_id} learned from runs that their owner took back, so it is not "
            "used again; `forethought refit` makes another."
        )


def answering_checkpoint(session: Session, space: str) -> CheckpointRow | None:
    """The promoted checkpoint of a space at its present version; None: the one that ships answers."""
    found = queries.active_promotion(session, space, version_of(space))
    return None if found is None else found[1]


def version_of(space: str) -> str:
    return str(get_space(space).version)


def checkpoint_row(checkpoint: Checkpoint, folder: Path) -> CheckpointRow:
    """A checkpoint as it is noted in the database."""
    manifest = checkpoint.manifest()
    return CheckpointRow(
        id=checkpoint.id,
        space=checkpoint.space,
        space_version=str(manifest["space_version"]),
        snapshot_hash=checkpoint.snapshot_hash,
        manifest=manifest,
        scores=dict(checkpoint.scores),
        folder=str(folder),
    )


def promote(
    session: Session, checkpoint: Checkpoint, folder: Path, *, refit_id: UUID | None = None
) -> PromotionRow:
    """Put a checkpoint to use; whoever asks from the commit on is answered by it.

    Raises:
        RetiredCheckpointError: It learned from runs that were taken back, and no refit made it anew.
    """
    _lock(session)
    upsert_checkpoint(session, checkpoint_row(checkpoint, folder))
    row = session.get_one(CheckpointRow, checkpoint.id, populate_existing=True)
    if row.folder is None and refit_id is None:
        raise RetiredCheckpointError(checkpoint.id)
    row.folder, row.promoted_at = str(folder), datetime.now(UTC)
    promotion = PromotionRow(checkpoint_id=checkpoint.id, refit_id=refit_id)
    session.add(promotion)
    session.flush()
    return promotion


def roll_back(session: Session, space: str) -> tuple[CheckpointRow, CheckpointRow | None]:
    """Withdraw the promoted checkpoint of a space; it, and what answers now (None: the one that ships).

    Raises:
        NothingPromotedError: The one that ships answers already.
    """
    _lock(session)
    found = queries.active_promotion(session, space, version_of(space))
    if found is None:
        raise NothingPromotedError(space)
    _withdraw(session, found[1])
    return found[1], answering_checkpoint(session, space)


def _withdraw(session: Session, checkpoint: CheckpointRow) -> None:
    for promotion in queries.standing_promotions(session, checkpoint.id):
        promotion.withdrawn_at = datetime.now(UTC)
    checkpoint.promoted_at = None
    session.flush()


def retire(session: Session, keys: RunKeys, content_hash: str) -> int:
    """Withdraw for good every checkpoint that learned from one of these runs; how many.

    What answers next is the newest promoted one that did not. A refit that is under way ends without effect.
    """
    _lock(session)
    for refit in queries.waiting_refits(session):
        refit.state, refit.sentence, refit.ended_at = RefitState.kept, _OVERTAKEN, datetime.now(UTC)
    retired: set[str] = set()
    for refit in queries.refits_with_runs(session):
        if refit.checkpoint_id is not None and np.isin(keys, unpack_keys(refit.run_keys)).any():
            retired.add(refit.checkpoint_id)
            refit.run_keys = None
    for checkpoint_id in sorted(retired):
        row = session.get_one(CheckpointRow, checkpoint_id)
        _withdraw(session, row)
        tasks = [task for task in row.manifest["tasks"] if task["content_hash"] != content_hash]
        row.folder, row.manifest = None, {**row.manifest, "tasks": tasks}
    session.flush()
    return len(retired)


def sweep_folders(session: Session, data: Path, *, age_seconds: float) -> int:
    """Remove the folders of refits that no checkpoint in use needs; how many."""
    needed = queries.checkpoint_folders(session)
    left = [
        path
        for path in (data / FITTED).glob(f"{REFIT_PREFIX}*")
        if str(path) not in needed and is_older(path, age_seconds)
    ]
    for path in left:
        remove(path)
    return len(left)


def queue_refit(session: Session, settings: Settings, space: str, *, night: str | None = None) -> JobId:
    """Queue a refit; one of a night is queued once, however often it is asked for."""
    key = None if night is None else f"{REFIT}:{space}:{night}"
    refit_id = start_refit(session, space, refit_id=None if key is None else uuid5(_NIGHTS, key))
    places = {"data": str(settings.data), "experience": str(settings.experience)}
    return enqueue(session, REFIT, refit_id, arguments=places, idempotency_key=key)


def queue_nightly(session: Session, settings: Settings, now: datetime) -> None:
    """Queue the refits of this night if their hour has come, and do nothing if they are queued."""
    if settings.refit_at is None or now.hour != settings.refit_at:
        return
    for space in SPACES:
        if Places(settings.data, settings.experience).shipped_snapshot(space).is_dir():
            queue_refit(session, settings, space, night=now.date().isoformat())


def start_refit(session: Session, space: str, *, refit_id: UUID | None = None) -> UUID:
    """The id of a new refit that waits; with an id of its own it is noted once."""
    values: dict[str, Any] = {"space": space, "space_version": version_of(space)}
    if refit_id is None:
        row = RefitRow(**values)
        session.add(row)
        session.flush()
        return row.id
    session.execute(insert(RefitRow).values(id=refit_id, **values).on_conflict_do_nothing())
    return refit_id


def load_work(
    session: Session,
    refit_id: UUID,
    places: Places,
    *,
    options: FitOptions,
    skip_judged: bool = False,
) -> RefitWork:
    """What a refit starts from; notes what it is compared with. `skip_judged`: judge no candidate twice."""
    row = queries.get_refit(session, refit_id)
    answering = answering_checkpoint(session, row.space)
    row.compared_with = None if answering is None else answering.id
    # Runs that were taken back while it still waited are not among those read here.
    row.state, row.sentence = RefitState.waiting, ""
    keys = None
    if answering is not None:
        made = queries.refits_with_runs(session, checkpoint_id=answering.id)
        keys = unpack_keys(made[0].run_keys) if made else None
    with TemporaryDirectory(prefix="forethought-") as folder:
        snapshots.write(session, Path(folder), space=row.space)
        recorded = read_experience(Path(folder), row.space)
    return RefitWork(
        space=row.space,
        places=places,
        recorded=recorded,
        answering=Path(answering.folder) if answering is not None and answering.folder else None,
        answering_keys=keys,
        options=options,
        judged=judged_before(session, row) if skip_judged else (),
    )


def judged_before(session: Session, refit: RefitRow) -> tuple[RunKeys, ...]:
    """The runs of candidates found no better than what answers now, and of those that were rolled back."""
    earlier = queries.refits_with_runs(session, space=refit.space)
    return tuple(
        unpack_keys(row.run_keys)
        for row in earlier
        if (row.state == RefitState.kept and row.compared_with == refit.compared_with)
        or (row.checkpoint_id is not None and not queries.standing_promotions(session, row.checkpoint_id))
    )


def store_refit(session: Session, refit_id: UUID, found: Refitted) -> Json:
    """Note how a refit ended, and promote its checkpoint if what it was compared with still answers."""
    _lock(session)
    row = session.get_one(RefitRow, refit_id, populate_existing=True)
    answering = answering_checkpoint(session, row.space)
    now_answers = None if answering is None else answering.id
    is_overtaken = row.state != RefitState.waiting or now_answers != row.compared_with
    row.state = RefitState.kept if is_overtaken else found.state
    row.sentence = _OVERTAKEN if is_overtaken else found.sentence
    row.run_keys = None if is_overtaken else pack_keys(found.keys)
    row.tasks, row.runs, row.ended_at = found.tasks, found.runs, datetime.now(UTC)
    row.figures = {} if found.verdict is None else found.verdict.figures()
    if row.state == RefitState.promoted:
        assert found.checkpoint is not None, "a promoted refit has made one"
        assert found.folder is not None, "a promoted refit has made one"
        promote(session, found.checkpoint, found.folder, refit_id=row.id)
        row.checkpoint_id = found.checkpoint.id
    session.flush()
    return document(row)


def document(row: RefitRow) -> Json:
    """A refit as the command line and the job's result show it."""
    names = ("space", "sentence", "compared_with", "checkpoint_id", "tasks", "runs")
    facts = {name: getattr(row, name) for name in names}
    return {"refit": str(row.id), "state": row.state.value, **facts, "figures": dict(row.figures)}


def give_up(session: Session, subject_id: UUID, state: JobState, sentence: str) -> None:
    """Note that a refit ended without a result; the present value network stays."""
    row = session.get(RefitRow, subject_id)
    if row is not None and row.state == RefitState.waiting:
        row.state = RefitState.cancelled if state is JobState.cancelled else RefitState.failed
        row.sentence, row.ended_at = sentence, datetime.now(UTC)


def pack_keys(keys: RunKeys) -> bytes:
    return zlib.compress(keys.astype("<u8").tobytes())


def unpack_keys(stored: bytes | None) -> RunKeys:
    return np.frombuffer(zlib.decompress(stored) if stored else b"", dtype="<u8")


def _lock(session: Session) -> None:
    """Until the transaction ends nobody else promotes, withdraws or stores a refit."""
    session.execute(select(func.pg_advisory_xact_lock(PROMOTION_LOCK)))
