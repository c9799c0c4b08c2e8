"""An account comes to its end: locked, so that nothing is made for it any more, then gone with its logins.

Decision: the receipt goes to the operator. Why: nobody can log in to fetch it again, and whoever runs the
service must be able to prove what was done; it names the account by its id alone.
"""

from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from app.accounts.tables import InvitationRow
from app.db.base import Base
from app.db.owned import AccountRow, Owned
from app.errors import AccountGoneError


def lock_account(session: Session, account_id: UUID) -> None:
    """Wait for what is being made for this account, and let nothing more be made.

    Raises:
        AccountGoneError: It was deleted already.
    """
    wanted = select(AccountRow.id).where(AccountRow.id == account_id, AccountRow.email.is_not(None))
    if session.scalar(wanted.with_for_update()) is None:
        raise AccountGoneError


def end_account(session: Session, account_id: UUID) -> dict[str, int]:
    """Delete a locked account, whose data is gone, and all that lets anybody in; the rows of each table."""
    email = select(AccountRow.email).where(AccountRow.id == account_id)
    owned = [mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, Owned)]
    doomed = {
        InvitationRow.__tablename__: delete(InvitationRow).where(
            InvitationRow.email == email.scalar_subquery()
        ),
        **{str(one.local_table): delete(one).where(one.c.owner_id == account_id) for one in owned},
        AccountRow.__tablename__: delete(AccountRow).where(AccountRow.id == account_id),
    }
    counts = {}
    for name, statement in doomed.items():
        done = session.execute(statement)
        assert isinstance(done, CursorResult)
        counts[name] = done.rowcount
    return {name: count for name, count in counts.items() if count}
