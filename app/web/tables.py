"""The rows of answers that are given again when a request is repeated under its idempotency key."""

from typing import Annotated

from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CreatedAt, Json
from app.db.owned import Owned

Headers = Annotated[Json, mapped_column(JSONB, default=dict)]


class AnswerRow(Owned, Base):
    """The answer to one changing request; `fingerprint` is a hash of the request."""

    __tablename__ = "kept_answer"
    __table_args__ = (PrimaryKeyConstraint("owner_id", "key"),)

    key: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[int]
    headers: Mapped[Headers]
    body: Mapped[bytes]
    created_at: Mapped[CreatedAt] = mapped_column(index=True)
