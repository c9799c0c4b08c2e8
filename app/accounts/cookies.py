"""A login's secret becomes a cookie that scripts cannot read and other sites cannot send."""

from typing import Final

from fastapi import Request
from fastapi.responses import Response

from app.settings import Settings

_NAME: Final = "forethought_login"
_SECURE_NAME: Final = "__Host-forethought_login"
"""Browsers take a name that begins so from this host only, over https only."""


def cookie_name(request: Request) -> str:
    return _SECURE_NAME if request.url.scheme == "https" else _NAME


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Log the browser in."""
    settings: Settings = request.app.state.settings
    response.set_cookie(
        cookie_name(request),
        secret,
        max_age=round(settings.login_days * 86_400),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response) -> None:
    """Log the browser out."""
    response.delete_cookie(
        cookie_name(request), path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )
