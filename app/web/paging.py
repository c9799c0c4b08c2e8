"""Rows become pages of a list, newest first, by a cursor that new rows do not disturb."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from app.db.base import Base
from app.errors import BadInputError

MOST_ENTRIES: Final = 200

Row = TypeVar("Row", bound=Base)


class UnknownCursorError(BadInputError):
    def __init__(self) -> None:
        super().__init__("This `after` is no `next` of a list; ask again without it to begin at the newest.")


class PageForm(BaseModel):
    """Which part of a list is wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=MOST_ENTRIES, description="Most entries of one answer.")
    after: str = Field(default="", max_length=200, description="`next` of the answer before.")


def newest(
    session: Session, kind: type[Row], form: PageForm, *conditions: ColumnElement[bool]
) -> tuple[Sequence[Row], str | None]:
    """Rows from the newest to the oldest, after the cursor; and the next cursor, if there are more.

    Raises:
        UnknownCursorError: The cursor is none of ours.
    """
    columns: Any = kind
    place = tuple_(columns.created_at, columns.id)
    wanted = select(kind).where(*conditions)
    if form.after:
        wanted = wanted.where(place < tuple_(*_read(form.after)))
    wanted = wanted.order_by(columns.created_at.desc(), columns.id.desc()).limit(form.limit + 1)
    rows = session.scalars(wanted).all()
    shown = rows[: form.limit]
    return shown, _cursor(shown[-1]) if len(rows) > form.limit else None


def _cursor(row: Any) -> str:
    return urlsafe_b64encode(f"{row.created_at.isoformat()} {row.id}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        when, _, key = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(" ")
        moment, row_id = datetime.fromisoformat(when), UUID(key)
    except (binascii.Error, ValueError):
        raise UnknownCursorError from None
    if moment.tzinfo is None:
        raise UnknownCursorError
    return moment, row_id
