"""Every SELECT on accounts, logins, tokens and invitations."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.tables import InvitationRow, LoginRow, TokenRow, UsageRow
from app.db.owned import AccountRow
from app.errors import NotFoundError


class UnknownLoginError(NotFoundError):
    def __init__(self, login_id: UUID) -> None:
        super().__init__(f"There is no session {login_id}; it may have ended.")


class UnknownTokenError(NotFoundError):
    def __init__(self, token_id: UUID) -> None:
        super().__init__(f"There is no token {token_id}; it may have been revoked.")


class UnknownAccountError(NotFoundError):
    def __init__(self, email: str) -> None:
        super().__init__(f"There is no account {email}; `forethought accounts list` shows those there are.")


def account_by_email(session: Session, email: str) -> AccountRow | None:
    return session.scalars(select(AccountRow).where(AccountRow.email == email)).one_or_none()


def find_account(session: Session, email: str) -> AccountRow:
    """The account of this address.

    Raises:
        UnknownAccountError: There is none.
    """
    account = account_by_email(session, email)
    if account is None:
        raise UnknownAccountError(email)
    return account


def accounts(session: Session) -> Sequence[AccountRow]:
    """Every account of a person, oldest first."""
    people = select(AccountRow).where(AccountRow.email.is_not(None))
    return session.scalars(people.order_by(AccountRow.created_at, AccountRow.id)).all()


def live_login(
    session: Session, secret_hash: str, *, seen_after: datetime
) -> tuple[LoginRow, AccountRow] | None:
    """A login that has not ended, was seen lately, and whose account is not disabled."""
    live = (
        LoginRow.secret_hash == secret_hash,
        LoginRow.ends_at > datetime.now(UTC),
        LoginRow.seen_at > seen_after,
        AccountRow.disabled_at.is_(None),
    )
    joined = select(LoginRow, AccountRow).join(AccountRow, AccountRow.id == LoginRow.owner_id)
    found = session.execute(joined.where(*live)).one_or_none()
    return None if found is None else (found[0], found[1])


def token_of_prefix(session: Session, prefix: str) -> tuple[TokenRow, AccountRow] | None:
    """The token of this prefix, unless its account is disabled."""
    joined = select(TokenRow, AccountRow).join(AccountRow, AccountRow.id == TokenRow.owner_id)
    found = session.execute(
        joined.where(TokenRow.prefix == prefix, AccountRow.disabled_at.is_(None))
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def logins(session: Session) -> Sequence[LoginRow]:
    """The logins of the session's owner that have not ended, last seen first."""
    live = LoginRow.ends_at > datetime.now(UTC)
    return session.scalars(select(LoginRow).where(live).order_by(LoginRow.seen_at.desc(), LoginRow.id)).all()


def get_login(session: Session, login_id: UUID) -> LoginRow:
    row = session.get(LoginRow, login_id)
    if row is None:
        raise UnknownLoginError(login_id)
    return row


def tokens(session: Session) -> Sequence[TokenRow]:
    """The tokens of the session's owner, newest first."""
    return session.scalars(select(TokenRow).order_by(TokenRow.created_at.desc(), TokenRow.id)).all()


def get_token(session: Session, token_id: UUID) -> TokenRow:
    row = session.get(TokenRow, token_id)
    if row is None:
        raise UnknownTokenError(token_id)
    return row


def open_invitation(session: Session, secret_hash: str, *, lock: bool = False) -> InvitationRow | None:
    """An invitation that was not used and has not ended."""
    is_open = (InvitationRow.secret_hash == secret_hash, InvitationRow.ends_at > datetime.now(UTC))
    wanted = select(InvitationRow).where(*is_open)
    return session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def predictions_on(session: Session, day: date) -> int:
    """How many texts the session's owner had classified on a day."""
    return session.scalar(select(UsageRow.predictions).where(UsageRow.day == day)) or 0
