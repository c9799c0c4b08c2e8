"""A transaction in the name of one account sees, changes and makes that account's rows only.

Decision: ownership is kept here and nowhere else. Every SELECT, UPDATE and DELETE of a transaction that
has an owner gets `owner_id = …` added for each owned table in it, wherever that stands in the statement,
and what it makes gets that owner. Why: a query that forgets the owner would show one person's texts to
another, and somebody forgets; so a stranger meets "there is no such thing" by construction. Rejected: a
condition in every query (see above); PostgreSQL's row security (one more statement in every transaction,
and the embedded server's only user owns the tables and is exempt).

A transaction without an owner sees everything: those of workers, of the command line, of the sweep. It makes
rows in the name of the local account, or of `makes_for`: that is how a worker does a person's job.
"""

from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Select, Table, TextClause, event
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from app.db.base import Base, CreatedAt, PublicId

LOCAL_ACCOUNT: Final = UUID(int=1)
"""Owns everything in local mode, and what the operator adds. Nobody can log in to it."""
NOBODY: Final = UUID(int=0)
"""The owner of nothing: who is not logged in."""
EVERYONES: Final = "everyones_rows"
"""An execution option: this statement reads the rows of all accounts, and says in a comment why."""
_OWNER: Final = "owner_id"
_MAKES_FOR: Final = "makes_for"


class AccountRow(Base):
    """A person who may log in; without an e-mail address it is the local account.

    It stands here, below all features, since their rows point to it.
    """

    __tablename__ = "account"

    id: Mapped[PublicId]
    email: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class Owned:
    """A mixin for the rows that belong to one account."""

    is_data: ClassVar[bool] = True
    """Whether it is what a person sent or what was made of it, which goes when that shall be deleted."""

    owner_id: Mapped[UUID] = mapped_column(ForeignKey(AccountRow.id), index=True)


class UnownedStatementError(Exception):
    """Our own mistake: a statement that ownership cannot be added to, in a transaction that has an owner."""

    def __init__(self, what: str) -> None:
        super().__init__(f"A transaction with an owner may not touch {what} but through its mapped class.")


def session_facts(owner: UUID | None, makes_for: UUID | None) -> dict[str, UUID]:
    """What a session carries so that its statements keep to its owner."""
    facts = {_OWNER: owner, _MAKES_FOR: owner or makes_for}
    return {name: value for name, value in facts.items() if value is not None}


def owner_of(session: Session) -> UUID:
    """In whose name the session makes rows; statements that insert must say it themselves."""
    owner: UUID = session.info.get(_MAKES_FOR, LOCAL_ACCOUNT)
    return owner


@event.listens_for(Session, "do_orm_execute")
def _keep_to_owner(state: ORMExecuteState) -> None:
    owner = state.session.info.get(_OWNER)
    if owner is None or state.is_column_load or state.execution_options.get(EVERYONES):
        return
    if not state.is_orm_statement:
        _refuse_owned_tables(state.statement)
    elif state.is_select or state.is_update or state.is_delete:
        mine = with_loader_criteria(Owned, lambda row: row.owner_id == owner, include_aliases=True)
        state.statement = state.statement.options(mine)


@event.listens_for(Session, "before_flush")
def _make_for_owner(session: Session, _: UOWTransaction, __: Any) -> None:
    maker, owner = owner_of(session), session.info.get(_OWNER)
    for row in session.new:
        if isinstance(row, Owned):
            # Not yet set it is None, whatever its type says.
            row.owner_id = row.owner_id or maker
            assert owner in (None, row.owner_id), "a row made in the name of somebody else"


def _refuse_owned_tables(statement: Any) -> None:
    if isinstance(statement, TextClause):
        raise UnownedStatementError("tables by plain SQL")
    owned = {mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, Owned)}
    tables = statement.get_final_froms() if isinstance(statement, Select) else []
    for element in (*tables, *visitors.iterate(statement)):
        if isinstance(element, Table) and element in owned:
            raise UnownedStatementError(f"the table {element.name!r}")
