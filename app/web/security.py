"""Requests from other sites are refused, and every answer carries the headers that bind a browser."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import Settings
from app.web.errors import SENTENCES, CrossSiteError, answer, slug_of
from app.web.headers import HEADERS

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def install_guards(app: FastAPI, settings: Settings) -> None:
    """Guard every request; the one added last is the first a request meets."""
    app.add_middleware(SameSiteGuard)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts_of(settings), www_redirect=False)
    # Starlette's own rather than FastAPI's setting: that one stands outside these guards, so that its
    # answer could be neither a problem document nor carry the headers. A route may still raise the limit.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes)
    app.add_middleware(Answers)


def hosts_of(settings: Settings) -> list[str]:
    """The host names that requests may carry: those of the settings, and that of the public address."""
    public = urlsplit(settings.public_url or "").hostname
    return [*settings.allowed_hosts, *([public] if public else [])]


def is_cross_site(method: str, headers: Headers) -> bool:
    """Whether a browser says that a changing request comes from another site.

    Programs that are no browser send neither header and pass: they carry no one's cookies.
    """
    if method in _SAFE_METHODS:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


class SameSiteGuard:
    """Refuse forms and requests that another site's page sends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_cross_site(scope["method"], Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        error = CrossSiteError()
        response = answer(Request(scope), HTTPStatus.FORBIDDEN, str(error), slug=slug_of(error))
        await response(scope, receive, send)


class Answers:
    """Add the headers, and put our own page or problem in place of a middleware's plain words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        replaced = 0

        async def send_ours(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                if message["status"] >= 400 and headers.get("content-type", "").startswith("text/plain"):
                    replaced = message["status"]
                    return
                _add_headers(headers, scope)
            if not replaced:
                await send(message)

        await self.app(scope, receive, send_ours)
        if replaced:
            response = answer(Request(scope), replaced, SENTENCES.get(replaced, SENTENCES[400]))
            _add_headers(response.headers, scope)
            await response(scope, receive, send)


def _add_headers(headers: MutableHeaders, scope: Scope) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    # By a mark of its content only: a script that another one imports has none, and is asked for again.
    is_marked = scope["path"].startswith("/static/") and scope["query_string"].startswith(b"v=")
    headers.setdefault(
        "Cache-Control",
        "public, max-age=31536000, immutable" if is_marked and "etag" in headers else "private, no-cache",
    )
