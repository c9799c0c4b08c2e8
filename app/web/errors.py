"""Errors become answers: problem details (RFC 9457) for programs, a page for people.

The one table from error to status stands here. What a user sent never enters an answer's
`errors` nor a log line: only names of fields, types of errors and places in our code.
"""

import logging
import re
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from psycopg.errors import ForeignKeyViolation
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.errors import (
    AccountGoneError,
    AppError,
    BadInputError,
    BusyError,
    ConflictError,
    DatabaseError,
    ForbiddenError,
    NoSpaceError,
    NotFoundError,
    NotLoggedInError,
    TooLargeError,
    TooOftenError,
    UnderWayError,
)
from app.web.headers import HEADERS
from app.web.methods import allowed_methods
from app.web.templates import page
from dvn.errors import (
    ArchitectureError,
    CheckpointError,
    DataError,
    DvnError,
    EmbeddingError,
    TrainingError,
)

log = logging.getLogger(__name__)

PROBLEM_TYPE: Final = "application/problem+json"
STATUS_OF: Final[tuple[tuple[type[Exception], HTTPStatus], ...]] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (NotLoggedInError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (TooOftenError, HTTPStatus.TOO_MANY_REQUESTS),
    (TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (NoSpaceError, HTTPStatus.INSUFFICIENT_STORAGE),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DatabaseError, HTTPStatus.SERVICE_UNAVAILABLE),
    (CheckpointError, HTTPStatus.SERVICE_UNAVAILABLE),
    (EmbeddingError, HTTPStatus.SERVICE_UNAVAILABLE),
    # A stored classifier that cannot be loaded any more: it can be trained again.
    (TrainingError, HTTPStatus.CONFLICT),
    (BadInputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DataError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ArchitectureError, HTTPStatus.UNPROCESSABLE_ENTITY),
)
SENTENCES: Final[Mapping[int, str]] = {
    400: "The request cannot be understood; check its address and its headers.",
    404: "There is nothing at this address; the way back is the list of datasets.",
    405: "This address does not take this kind of request; see /openapi.json for what it takes.",
    413: "That is larger than this address takes; upload large files with scripts on, or by the API.",
    415: "The body is not of a type this address takes; see /openapi.json.",
    500: "Something went wrong here and nothing was changed. Try again; if it stays, report the reference.",
    503: "The service is not able to answer just now; the same request works a little later.",
}


class CrossSiteError(ForbiddenError):
    """A page of another site sent a form or a request."""

    def __init__(self) -> None:
        super().__init__("The request came from another site and was refused; use the pages of this service.")


def install_error_answers(app: FastAPI) -> None:
    """Answer every error of this program, of the framework and of nobody in one style."""
    for kind in (AppError, DvnError):
        app.add_exception_handler(kind, _answer_known)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(OperationalError, _answer_database)
    app.add_exception_handler(IntegrityError, _answer_ownerless)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    app.add_exception_handler(Exception, _answer_unknown)
    logging.getLogger("uvicorn.error").addFilter(_says_no_texts)


def status_of(error: Exception) -> int:
    """The status of an error that has a sentence of its own."""
    return next((int(status) for kind, status in STATUS_OF if isinstance(error, kind)), 500)


def answer(
    request: Request,
    status: int,
    detail: str,
    *,
    slug: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """An error as a page for a browser's pages, as problem details for everything else."""
    title = HTTPStatus(status).phrase
    if wants_page(request):
        return_to = request.headers.get("referer", "/") if request.method == "POST" else "/"
        back = return_to if return_to.startswith(str(request.base_url)) else "/"
        context = {"error_status": status, "detail": detail, "back": back, "reference": more.get("reference")}
        response: Response = page(request, "error.html", status=status, **context)
    else:
        kind = f"urn:forethought:{slug}" if slug else "about:blank"
        body = {"type": kind, "title": title, "status": status, "detail": detail, **more}
        response = JSONResponse(body, status, media_type=PROBLEM_TYPE)
    response.headers.update(headers or {})
    return response


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks, rather than a program."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def slug_of(error: Exception) -> str:
    """The stable name of an error in a problem's type: UnknownColumnError -> unknown-column."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__.removesuffix("Error")).lower()


def refusal(request: Request, error: AppError | DvnError) -> Response:
    """The answer to an error with a sentence of its own."""
    status = status_of(error)
    works_later = status == HTTPStatus.SERVICE_UNAVAILABLE or isinstance(error, UnderWayError)
    headers = {"Retry-After": "2"} if works_later else {}
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request.refused status=%d error=%s", status, type(error).__name__)
    if isinstance(error, TooOftenError):
        headers |= error.headers
    return answer(request, status, str(error), slug=slug_of(error), headers=headers)


async def _answer_known(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError | DvnError)
    return refusal(request, error)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [
        {"field": ".".join(str(part) for part in item["loc"][1:]) or "body", "message": item["msg"]}
        for item in error.errors()
    ]
    first = found[0]
    detail = f"The field {first['field']!r} cannot be used: {first['message']}."
    return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, slug="invalid-request", errors=found)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = SENTENCES.get(error.status_code, f"{HTTPStatus(error.status_code).phrase}.")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(allowed_methods(request.app, request.url.path))
    return answer(request, error.status_code, detail, headers=headers)


async def _answer_database(request: Request, error: Exception) -> Response:
    log.warning("database.unreachable error=%s", type(error).__name__)
    headers = {"Retry-After": "2"}
    return answer(request, 503, "The database does not answer; try again in a moment.", headers=headers)


async def _answer_ownerless(request: Request, error: Exception) -> Response:
    """Something was made for an account that was deleted meanwhile; any other clash is our own mistake."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, ForeignKeyViolation) and (cause.diag.constraint_name or "").endswith(
        "owner_id_account"
    ):
        return refusal(request, AccountGoneError())
    return await _answer_unknown(request, error)


async def _answer_nobody(_: Request, error: Exception) -> Response:
    """Nobody reads it: the client went away before its request was whole."""
    log.info("request.broken_off error=%s", type(error).__name__)
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _answer_unknown(request: Request, error: Exception) -> Response:
    reference = uuid4().hex[:12]
    places = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)[:-9:-1]
    )
    # The message is left out: it may hold what a user sent.
    log.error("request.failed reference=%s error=%s at=%s", reference, type(error).__name__, places)
    # This answer is given outside the guards, which add the headers to all others.
    return answer(request, 500, SENTENCES[500], slug="internal", headers=HEADERS, reference=reference)


def _says_no_texts(record: logging.LogRecord) -> bool:
    """Drop the web server's own traceback: its message may hold what a user sent, and we logged the rest."""
    return not (record.exc_info and "Exception in ASGI application" in str(record.msg))
