"""A request becomes the visitor who makes it."""

from fastapi import Request

from app.settings import Mode
from app.web.visitor import ANONYMOUS, LOCAL_VISITOR, Visitor


def visitor_of(request: Request) -> Visitor:
    """Who makes a request: in server mode whom the door has let in, and nobody if it has not."""
    settings = getattr(request.app.state, "settings", None)
    if settings is not None and settings.mode is Mode.local:
        return LOCAL_VISITOR
    found: Visitor = getattr(request.state, "visitor", ANONYMOUS)
    return found
