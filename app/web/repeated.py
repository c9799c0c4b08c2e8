"""A changing request that is repeated under its idempotency key is answered as before, and changes nothing.

Decision: the answer is kept in the transaction that does the work, under an advisory lock on the key. Why: a
process that is killed leaves either both or neither, so that no claim has to be timed out and nothing is
done twice. A request that is raised out of (refused, failed) rolls back, and its key is free again.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session

from app.errors import BadInputError, UnderWayError
from app.web.deps import VisitDep
from app.web.tables import AnswerRow

KEEP_HOURS: Final = 24.0

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Any word of your own, such as a UUID. The same request with the same key is carried out "
        f"once; repeated within {KEEP_HOURS:g} hours it is answered as before.",
    ),
]


class KeyReusedError(BadInputError):
    def __init__(self) -> None:
        super().__init__(
            "This idempotency key was used for another request; take a new key for each request, and the "
            "same one only to repeat the same request."
        )


class StillAnsweringError(UnderWayError):
    def __init__(self) -> None:
        super().__init__(
            "The first request with this idempotency key is still being answered; repeat it soon."
        )


class RepeatedAnswer(Exception):  # noqa: N818  (no error: it ends a request that was answered before)
    """The answer that was given before."""

    def __init__(self, kept: AnswerRow) -> None:
        super().__init__()
        self.kept = kept


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that this request holds until its transaction ends."""

    session: Session
    key: str
    fingerprint: str


async def fingerprint_of(request: Request) -> str:
    """What makes two requests the same: method, address and body."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    return digest.hexdigest()


def claim_key(
    visit: VisitDep, fingerprint: Annotated[str, Depends(fingerprint_of)], idempotency_key: Key = None
) -> None:
    """Hold the key for this request, or end it with what was answered before.

    Raises:
        RepeatedAnswer: The same request was answered.
        KeyReusedError: Another request was.
        StillAnsweringError: The first request with this key is under way.
    """
    if idempotency_key is None:
        return
    owner, session = visit.visitor.account_id, visit.session
    digest = hashlib.sha256(f"{owner} {idempotency_key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise StillAnsweringError
    kept = session.get(AnswerRow, (owner, idempotency_key))
    if kept is None:
        visit.request.state.claim = Claim(session, idempotency_key, fingerprint)
    elif kept.fingerprint != fingerprint:
        raise KeyReusedError
    else:
        raise RepeatedAnswer(kept)


def keep_answer(claim: Claim, response: Response) -> None:
    """Keep the answer together with what the request has done."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    answer = AnswerRow(
        key=claim.key,
        fingerprint=claim.fingerprint,
        status=response.status_code,
        headers=headers,
        body=bytes(response.body),
    )
    claim.session.add(answer)
    claim.session.flush()


async def answer_again(_: Request, repeated: Exception) -> Response:
    """The kept answer, marked as such."""
    kept = cast(RepeatedAnswer, repeated).kept
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    return Response(kept.body, kept.status, headers)


def sweep_answers(session: Session, *, keep_hours: float = KEEP_HOURS) -> int:
    """Forget answers that are older; how many."""
    before = datetime.now(UTC) - timedelta(hours=keep_hours)
    gone: CursorResult[Any] = cast(
        Any, session.execute(delete(AnswerRow).where(AnswerRow.created_at < before))
    )
    return gone.rowcount
