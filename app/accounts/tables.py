"""The rows behind logins, API tokens, invitations and what an account has used up.

Of every secret only its SHA-256 is stored: it is random and long, so that nobody can search for it.
"""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import ARRAY, BigInteger, PrimaryKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CreatedAt, PublicId
from app.db.owned import Owned


class LoginRow(Owned, Base):
    """A person who is logged in, in one browser."""

    __tablename__ = "login"
    is_data: ClassVar[bool] = False

    id: Mapped[PublicId]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    browser: Mapped[str]
    created_at: Mapped[CreatedAt]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class TokenRow(Owned, Base):
    """A token with which a program acts for an account."""

    __tablename__ = "token"
    is_data: ClassVar[bool] = False

    id: Mapped[PublicId]
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[CreatedAt]
    used_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


class InvitationRow(Base):
    """A link, good for one use, with which the person of this address sets a password."""

    __tablename__ = "invitation"

    id: Mapped[PublicId]
    email: Mapped[str] = mapped_column(index=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[CreatedAt]
    ends_at: Mapped[datetime]


class UsageRow(Owned, Base):
    """How many texts an account had classified on one day (UTC)."""

    __tablename__ = "usage"
    __table_args__ = (PrimaryKeyConstraint("owner_id", "day"),)
    is_data: ClassVar[bool] = False

    day: Mapped[date]
    predictions: Mapped[int] = mapped_column(BigInteger, default=0)
