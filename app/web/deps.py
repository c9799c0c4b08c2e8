"""One request becomes a `Visit`: a transaction and all that answering may need."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.settings import Settings
from app.storage import Storage
from app.web.computing import ComputePool
from app.web.request_visitor import visitor_of
from app.web.visitor import ANONYMOUS, Visitor


@dataclass(frozen=True, slots=True)
class Visit:
    """One request; its transaction connects when it is first used and is committed before the answer.

    The transaction is the visitor's: to it, what another account has does not exist (`app.db.owned`).
    """

    request: Request
    session: Session
    settings: Settings
    storage: Storage
    pool: ComputePool
    visitor: Visitor = ANONYMOUS


def open_visit(request: Request) -> Iterator[Visit]:
    state, visitor = request.app.state, visitor_of(request)
    with transaction(state.engine, owner=visitor.account_id) as session:
        yield Visit(request, session, state.settings, state.storage, state.pool, visitor)


# Scope "function": commit, then answer. With the default scope a failed commit would look like success.
VisitDep = Annotated[Visit, Depends(open_visit, scope="function")]
