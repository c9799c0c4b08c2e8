"""Every SELECT on refits and promotions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.errors import NotFoundError
from app.experiments.tables import CheckpointRow
from app.registry.tables import PromotionRow, RefitRow, RefitState


class UnknownRefitError(NotFoundError):
    def __init__(self, refit_id: UUID) -> None:
        super().__init__(f"There is no refit {refit_id}; `forethought refit` starts one.")


def get_refit(session: Session, refit_id: UUID) -> RefitRow:
    """The refit of this id.

    Raises:
        UnknownRefitError: There is none.
    """
    row = session.get(RefitRow, refit_id)
    if row is None:
        raise UnknownRefitError(refit_id)
    return row


def refits(session: Session, *, space: str | None = None, limit: int = 50) -> Sequence[RefitRow]:
    """Attempts to refit, newest first."""
    wanted = select(RefitRow).order_by(RefitRow.created_at.desc(), RefitRow.id).limit(limit)
    return session.scalars(wanted if space is None else wanted.where(RefitRow.space == space)).all()


def waiting_refits(session: Session) -> Sequence[RefitRow]:
    """Those that have not ended."""
    waiting = RefitRow.state == RefitState.waiting
    return session.scalars(select(RefitRow).where(waiting).order_by(RefitRow.created_at, RefitRow.id)).all()


def active_promotion(session: Session, space: str, version: str) -> tuple[PromotionRow, CheckpointRow] | None:
    """What answers for a version of a space; None: the checkpoint that ships."""
    joined = (
        select(PromotionRow, CheckpointRow)
        .join(CheckpointRow, CheckpointRow.id == PromotionRow.checkpoint_id)
        .where(CheckpointRow.space == space, CheckpointRow.space_version == version)
        .where(PromotionRow.withdrawn_at.is_(None))
        .order_by(PromotionRow.id.desc())
        .limit(1)
    )
    found = session.execute(joined).one_or_none()
    return None if found is None else (found[0], found[1])


def promotions(
    session: Session, *, space: str | None = None, limit: int = 100
) -> Sequence[tuple[PromotionRow, CheckpointRow]]:
    """What was put to use, newest first, with its checkpoint; those withdrawn, too."""
    joined = select(PromotionRow, CheckpointRow).join(
        CheckpointRow, CheckpointRow.id == PromotionRow.checkpoint_id
    )
    if space is not None:
        joined = joined.where(CheckpointRow.space == space)
    rows = session.execute(joined.order_by(PromotionRow.id.desc()).limit(limit))
    return [(promotion, checkpoint) for promotion, checkpoint in rows]


def standing_promotions(session: Session, checkpoint_id: str) -> Sequence[PromotionRow]:
    """The promotions of a checkpoint that are not withdrawn."""
    standing = (PromotionRow.checkpoint_id == checkpoint_id, PromotionRow.withdrawn_at.is_(None))
    return session.scalars(select(PromotionRow).where(*standing).order_by(PromotionRow.id)).all()


def refits_with_runs(
    session: Session, *, checkpoint_id: str | None = None, space: str | None = None
) -> Sequence[RefitRow]:
    """Refits that judged a candidate, newest first, with its runs; all, those of a checkpoint or a space."""
    wanted = select(RefitRow).where(RefitRow.run_keys.is_not(None)).options(undefer(RefitRow.run_keys))
    if checkpoint_id is not None:
        wanted = wanted.where(RefitRow.checkpoint_id == checkpoint_id)
    if space is not None:
        wanted = wanted.where(RefitRow.space == space)
    return session.scalars(wanted.order_by(RefitRow.created_at.desc(), RefitRow.id)).all()


def checkpoint_folders(session: Session) -> set[str]:
    """The folders of all checkpoints that may be put to use."""
    wanted = select(CheckpointRow.folder).where(CheckpointRow.folder.is_not(None))
    return {folder for folder in session.scalars(wanted.order_by(CheckpointRow.id)) if folder is not None}
