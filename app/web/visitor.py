"""Who makes a request: the user of local mode, an account, a program with a token, or nobody."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.db.owned import LOCAL_ACCOUNT, NOBODY


class Scope(StrEnum):
    """What a token may be used for; a person who is logged in may do all of it."""

    read = "read"
    """Look at what the account has."""
    write = "write"
    """Upload, recommend, train, share, delete."""
    predict = "predict"
    """Classify texts."""
    account = "account"
    """Make and revoke tokens, delete everything."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who makes a request, and what it may do."""

    account_id: UUID
    email: str | None = None
    scopes: frozenset[Scope] = frozenset(Scope)
    session_id: UUID | None = None
    """The login session, for a person in a browser."""
    token_id: UUID | None = None
    """The API token, for a program."""

    @property
    def is_anonymous(self) -> bool:
        return self.account_id == NOBODY

    @property
    def has_login(self) -> bool:
        """Whether there is an account to look at and to log out of."""
        return self.session_id is not None


LOCAL_VISITOR: Final = Visitor(LOCAL_ACCOUNT)
ANONYMOUS: Final = Visitor(NOBODY, scopes=frozenset())
