"""A password becomes a login, a wish a token, an invitation an account; each can be taken back."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.passwords import check_password, hash_password, is_password
from app.accounts.tables import InvitationRow, LoginRow, TokenRow
from app.db.owned import AccountRow
from app.errors import BadInputError, ConflictError, ForbiddenError
from app.settings import Mode, Registration, Settings
from app.web.visitor import Scope, Visitor

INVITATION_DAYS: Final = 7
MOST_TOKENS: Final = 50
SEEN_EVERY: Final = timedelta(seconds=60)
"""How exactly it is noted when a login or a token was last used."""
TOKEN_MARK: Final = "ft"  # noqa: S105  (how tokens begin)
_PREFIX_BYTES, _SECRET_BYTES = 5, 32


class WrongPasswordError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("The address or the password is not right; check both and try again.")


class InvitationError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__(
            "An account here needs an invitation that was not used before and is not too old; ask whoever "
            "runs this service for one."
        )


class TakenError(ConflictError):
    def __init__(self) -> None:
        super().__init__("There is an account with this address already; log in instead.")


class NoAccountsError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "This service runs for one user on this machine, without accounts, logins and tokens; "
            "FORETHOUGHT_MODE=server is for several people."
        )


class TooManyTokensError(ConflictError):
    def __init__(self) -> None:
        super().__init__(f"An account may have {MOST_TOKENS} tokens; revoke one that is not used.")


class WiderTokenError(BadInputError):
    def __init__(self, scopes: Iterable[str]) -> None:
        super().__init__(f"A token cannot give what it does not have itself: {', '.join(sorted(scopes))}.")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person says to log in, to register, or to set a password."""

    email: str
    password: str


def refuse_local(settings: Settings) -> None:
    if settings.mode is Mode.local:
        raise NoAccountsError


def log_in(session: Session, settings: Settings, said: Credentials, browser: str) -> str:
    """The secret of a new login. Takes as long for an address that nobody has.

    Raises:
        WrongPasswordError: They do not fit, or the account is disabled.
    """
    refuse_local(settings)
    account = queries.account_by_email(session, said.email)
    fits = is_password(said.password, account.password_hash if account else None)
    if account is None or not fits or account.disabled_at is not None:
        raise WrongPasswordError
    return _new_login(session, settings, account, browser)


def register(session: Session, settings: Settings, said: Credentials, invitation: str, browser: str) -> str:
    """The secret of the first login of a new account, or of one whose password an invitation sets anew.

    Raises:
        InvitationError: It is needed, and there is no such one for this address.
        TakenError: Somebody has this address.
        WeakPasswordError: The password would be guessed.
    """
    refuse_local(settings)
    check_password(said.password, said.email)
    invited = queries.open_invitation(session, hash_secret(invitation), lock=True) if invitation else None
    if invited is not None and invited.email != said.email:
        invited = None
    if invited is None and (invitation or settings.registration is not Registration.open):
        raise InvitationError
    account = queries.account_by_email(session, said.email)
    if account is not None and invited is None:
        raise TakenError
    if account is None:
        account = AccountRow(email=said.email)
        session.add(account)
    account.password_hash = hash_password(said.password)
    session.flush()
    if invited is not None:
        session.delete(invited)
        end_logins(session, account.id)
    return _new_login(session, settings, account, browser)


def change_password(session: Session, visitor: Visitor, old: str, new: str) -> None:
    """Set another password; every other login of the account ends.

    Raises:
        WrongPasswordError: The old one is not right.
        WeakPasswordError: The new one would be guessed.
    """
    account = session.get_one(AccountRow, visitor.account_id)
    if not is_password(old, account.password_hash):
        raise WrongPasswordError
    check_password(new, account.email or "")
    account.password_hash = hash_password(new)
    end_logins(session, account.id, but=visitor.session_id)


def end_logins(session: Session, account_id: UUID, *, but: UUID | None = None) -> None:
    """Log an account out everywhere, one login apart."""
    doomed = delete(LoginRow).where(LoginRow.owner_id == account_id)
    session.execute(doomed if but is None else doomed.where(LoginRow.id != but))


def make_token(
    session: Session, visitor: Visitor, name: str, scopes: frozenset[Scope], *, days: int | None
) -> tuple[TokenRow, str]:
    """A new token and its words, which nobody can read again.

    Raises:
        WiderTokenError: A program asks for more than it may do itself.
        TooManyTokensError: There are enough.
    """
    if wider := scopes - visitor.scopes:
        raise WiderTokenError(wider)
    if len(queries.tokens(session)) >= MOST_TOKENS:
        raise TooManyTokensError
    prefix, secret = secrets.token_hex(_PREFIX_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    words = f"{TOKEN_MARK}_{prefix}_{secret}"
    ends_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    row = TokenRow(
        name=name, prefix=prefix, secret_hash=hash_secret(words), scopes=sorted(scopes), ends_at=ends_at
    )
    session.add(row)
    session.flush()
    return row, words


def visitor_of_login(session: Session, secret: str, *, idle: timedelta) -> Visitor | None:
    """Whose login this is, if it lives; that it was used is noted."""
    now = datetime.now(UTC)
    found = queries.live_login(session, hash_secret(secret), seen_after=now - idle)
    if found is None:
        return None
    login, account = found
    if now - login.seen_at > SEEN_EVERY:
        login.seen_at = now
    return Visitor(account.id, account.email, session_id=login.id)


def visitor_of_token(session: Session, words: str) -> Visitor | None:
    """For whom a program with this token acts, if it is good; that it was used is noted."""
    mark, _, rest = words.partition("_")
    found = queries.token_of_prefix(session, rest.partition("_")[0]) if mark == TOKEN_MARK else None
    if found is None or not hmac.compare_digest(found[0].secret_hash, hash_secret(words)):
        return None
    token, account = found
    now = datetime.now(UTC)
    if token.ends_at is not None and token.ends_at <= now:
        return None
    if token.used_at is None or now - token.used_at > SEEN_EVERY:
        token.used_at = now
    scopes = frozenset(Scope(one) for one in token.scopes)
    return Visitor(account.id, account.email, scopes=scopes, token_id=token.id)


def invite(session: Session, email: str) -> str:
    """The secret of a new invitation for this address; older ones are void."""
    session.execute(delete(InvitationRow).where(InvitationRow.email == email))
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    ends_at = datetime.now(UTC) + timedelta(days=INVITATION_DAYS)
    session.add(InvitationRow(email=email, secret_hash=hash_secret(secret), ends_at=ends_at))
    session.flush()
    return secret


def set_disabled(session: Session, email: str, *, is_disabled: bool) -> AccountRow:
    """Keep an account from logging in and its tokens from working, or let it again; its data stays."""
    account = queries.find_account(session, email)
    account.disabled_at = datetime.now(UTC) if is_disabled else None
    if is_disabled:
        end_logins(session, account.id)
    return account


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _new_login(session: Session, settings: Settings, account: AccountRow, browser: str) -> str:
    secret, now = secrets.token_urlsafe(_SECRET_BYTES), datetime.now(UTC)
    ends_at = now + timedelta(days=settings.login_days)
    session.add(
        LoginRow(
            owner_id=account.id,
            secret_hash=hash_secret(secret),
            browser=browser,
            seen_at=now,
            ends_at=ends_at,
        )
    )
    session.flush()
    return secret
