"""In server mode every request passes here before its body is read: who is it, and may it come in?

    too many from this address? ─► whose login or token? ─► too many of this account?
      ─► nobody, and the page is not public? ─► does the token reach so far? ─► in

Decision: what is public is listed, everything else needs an account. Why: a route that is added later is
closed until somebody opens it. In local mode there is no door.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from app.accounts import service
from app.accounts.cookies import cookie_name
from app.accounts.rates import Rates
from app.db.session import transaction
from app.errors import AppError, DatabaseError, ForbiddenError, NotLoggedInError
from app.settings import Mode, Settings
from app.web.errors import CrossSiteError, refusal, wants_page
from app.web.visitor import ANONYMOUS, Scope, Visitor

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_UNWATCHED: Final = ("/static/", "/healthz")
"""Neither asks the database nor shows anything of anybody."""
_PUBLIC: Final = re.compile(
    r"/|/licences|/api|/openapi\.json|/readyz|/login|/register"
    r"|/track-record|/api/v1/track-record|/experience(/.*)?|/api/v1/experience/.*"
)
_OPEN_FORMS: Final = frozenset({"/login", "/register"})
_API: Final = "/api/"
_PREDICTS: Final = re.compile(r"/api/v1/classifiers/[^/]+/(predictions|files)")


class NoLoginError(NotLoggedInError):
    def __init__(self) -> None:
        super().__init__(
            "This needs an account: log in, or send an API token as 'Authorization: Bearer ft_…' "
            "(the account's page makes one)."
        )


class BadTokenError(NotLoggedInError):
    def __init__(self) -> None:
        super().__init__("This API token is not known, has ended or was revoked; make another one.")


class NarrowTokenError(ForbiddenError):
    def __init__(self, scope: Scope) -> None:
        super().__init__(f"This API token may not do that: it lacks the scope {scope.value!r}.")
        self.scope = scope


class NoDatabaseError(DatabaseError):
    def __init__(self) -> None:
        super().__init__("The database does not answer; try again in a moment.")


@dataclass(slots=True)
class Admission:
    """Who came in, and the headers that tell what is left of its rate."""

    visitor: Visitor
    headers: Mapping[str, str] = field(default_factory=dict)


def install_door(app: FastAPI, settings: Settings) -> None:
    """Set the door inside of the guards, if this mode has one."""
    app.state.rates = Rates(settings)
    if settings.mode is Mode.server:
        app.add_middleware(Door)


class Door:
    """Let in who may come in, under its name; answer everybody else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_UNWATCHED):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        settings: Settings = request.app.state.settings
        if (settings.public_url or "").startswith("https:"):
            scope["scheme"] = "https"
        found = await run_in_threadpool(admit, request)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        request.state.visitor = found.visitor

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                # What is refused for another limit tells of that one.
                for name, value in found.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_told)


def admit(request: Request) -> Admission | Response:
    """Who makes the request, or the answer to who may not."""
    rates: Rates = request.app.state.rates
    try:
        headers = rates.spend(rates.address, address_of(request))
        visitor = _identified(request)
        request.state.visitor = visitor
        if not visitor.is_anonymous:
            headers = rates.spend(rates.account, str(visitor.account_id))
        _refuse_unsaid_origin(request, visitor)
        if visitor.is_anonymous and not is_public(request.method, request.url.path):
            raise NoLoginError
        needed = needed_scope(request.method, request.url.path)
        if not visitor.is_anonymous and needed not in visitor.scopes:
            raise NarrowTokenError(needed)
    except AppError as error:
        return _refused(request, error)
    except OperationalError:
        return refusal(request, NoDatabaseError())
    return Admission(visitor, headers)


def is_public(method: str, path: str) -> bool:
    """Whether nobody need be logged in for this."""
    return path in _OPEN_FORMS or (method in _READS and _PUBLIC.fullmatch(path) is not None)


def needed_scope(method: str, path: str) -> Scope:
    """What a token must be good for, to do this."""
    if method in _READS:
        return Scope.read
    if path.startswith("/api/v1/account"):
        return Scope.account
    return Scope.predict if _PREDICTS.fullmatch(path) else Scope.write


def address_of(request: Request) -> str:
    """The network address of who asks, as the last proxy that is trusted saw it."""
    settings: Settings = request.app.state.settings
    seen = [one.strip() for one in request.headers.get("x-forwarded-for", "").split(",") if one.strip()]
    if settings.proxies and len(seen) >= settings.proxies:
        return seen[-settings.proxies]
    return request.client.host if request.client else "unknown"


def _identified(request: Request) -> Visitor:
    """The account of a token or of a login; nobody, if neither is there or the login has ended."""
    settings: Settings = request.app.state.settings
    kind, _, words = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(cookie_name(request))
    if kind.lower() == "bearer" and request.url.path.startswith(_API):
        with transaction(request.app.state.engine) as session:
            visitor = service.visitor_of_token(session, words.strip())
        if visitor is None:
            raise BadTokenError
        return visitor
    if not cookie:
        return ANONYMOUS
    with transaction(request.app.state.engine) as session:
        idle = timedelta(days=settings.login_idle_days)
        return service.visitor_of_login(session, cookie, idle=idle) or ANONYMOUS


def _refuse_unsaid_origin(request: Request, visitor: Visitor) -> None:
    """With a cookie a change must come from a page of ours that says so; every browser of today does.

    The guard before this door has refused those that name another site.
    """
    is_said = "origin" in request.headers or "sec-fetch-site" in request.headers
    if visitor.session_id is not None and request.method not in _READS and not is_said:
        raise CrossSiteError


def _refused(request: Request, error: AppError) -> Response:
    if isinstance(error, NoLoginError) and wants_page(request) and request.method in _READS:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", HTTPStatus.SEE_OTHER)
    response = refusal(request, error)
    challenge = 'Bearer realm="forethought"'
    if isinstance(error, BadTokenError):
        challenge += ', error="invalid_token"'
    if isinstance(error, NarrowTokenError):
        challenge += f', error="insufficient_scope", scope="{error.scope.value}"'
    if isinstance(error, NotLoggedInError | NarrowTokenError):
        response.headers["WWW-Authenticate"] = challenge
    return response
