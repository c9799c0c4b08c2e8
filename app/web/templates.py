"""Templates and static files become pages; the one Jinja environment is built here."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.settings import PROJECT_ROOT, Mode, Settings
from app.web.limits import PageLimits
from app.web.request_visitor import visitor_of
from app.web.wording import FILTERS

STATIC_FOLDER: Final = Path(__file__).resolve().parent.parent / "static"
TEMPLATE_FOLDER: Final = PROJECT_ROOT / "templates"


def build_environment(settings: Settings) -> Environment:
    """The environment of all pages: escaping on, a misspelt name is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(
        static=static_url,
        limits=PageLimits.from_settings(settings),
        has_accounts=settings.mode is Mode.server,
    )
    return environment


@lru_cache(maxsize=64)
def static_url(name: str) -> str:
    """The address of a static file, with a mark of its content: it may be cached for ever."""
    digest = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A rendered page."""
    environment: Environment = request.app.state.environment
    shown = environment.get_template(template).render(context, visitor=visitor_of(request))
    return HTMLResponse(shown, status)
