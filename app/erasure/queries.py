"""Every SELECT on receipts."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.erasure.tables import ReceiptRow
from app.errors import NotFoundError


class UnknownReceiptError(NotFoundError):
    def __init__(self, receipt_id: UUID) -> None:
        super().__init__(f"There is no receipt {receipt_id}; the account's page lists those there are.")


def get_receipt(session: Session, receipt_id: UUID) -> ReceiptRow:
    """The receipt of this id.

    Raises:
        UnknownReceiptError: There is none.
    """
    row = session.get(ReceiptRow, receipt_id)
    if row is None:
        raise UnknownReceiptError(receipt_id)
    return row


def receipts(session: Session, *, limit: int = 100) -> Sequence[ReceiptRow]:
    """The receipts of the session's owner, newest first."""
    newest = (ReceiptRow.created_at.desc(), ReceiptRow.id)
    return session.scalars(select(ReceiptRow).order_by(*newest).limit(limit)).all()
