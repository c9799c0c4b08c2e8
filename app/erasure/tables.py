"""The row behind a receipt of a deletion."""

from typing import ClassVar

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CreatedAt, Json, PublicId
from app.db.owned import Owned


class ReceiptRow(Owned, Base):
    """A signed receipt; it holds ids, counts and fingerprints, and nothing that a person sent."""

    __tablename__ = "receipt"
    is_data: ClassVar[bool] = False

    id: Mapped[PublicId]
    document: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
