"""The page of an account: who it is, what it has used, its sessions and tokens, and what it may delete."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from app.accounts import queries as account_queries
from app.classifiers.queries import trainings_under_way
from app.datasets.queries import count_datasets, shared_datasets, stored_bytes
from app.erasure.queries import receipts
from app.settings import Mode
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from app.web.templates import page
from app.web.visitor import Scope

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["account"], route_class=ApiRoute)


class QuotaAnswer(BaseModel):
    """How much of something an account has used; without a limit in local mode."""

    name: str
    used: int
    limit: int | None


class AccountAnswer(BaseModel):
    """Who asks, what the token or the login may do, and what is used up."""

    id: UUID
    email: str | None = Field(description="Null in local mode.")
    mode: Mode
    scopes: list[Scope]
    quotas: list[QuotaAnswer]


@dataclass(frozen=True, slots=True)
class QuotaView:
    """One bar: what is used of what may be; the width is in percent."""

    words: str
    used: int
    limit: int
    width: float
    is_bytes: bool

    @property
    def is_nearly_full(self) -> bool:
        return self.used >= 0.9 * self.limit


_WORDS = {
    "bytes": "Files kept",
    "datasets": "Datasets",
    "trainings": "Trainings waiting or running",
    "predictions": "Texts classified today",
}


@api.get("/account", summary="Who asks, and what is used up")
def get_account(visit: VisitDep) -> AccountAnswer:
    return AccountAnswer(
        id=visit.visitor.account_id,
        email=visit.visitor.email,
        mode=visit.settings.mode,
        scopes=sorted(visit.visitor.scopes),
        quotas=quotas_of(visit),
    )


@pages.get("/account", response_class=HTMLResponse)
def show_account(visit: VisitDep) -> HTMLResponse:
    session = visit.session
    return page(
        visit.request,
        "accounts/show.html",
        quotas=[_view(one) for one in quotas_of(visit)],
        logins=account_queries.logins(session),
        tokens=account_queries.tokens(session),
        scopes=list(Scope),
        shared=shared_datasets(session),
        receipts=receipts(session),
        datasets=count_datasets(session),
    )


def quotas_of(visit: Visit) -> list[QuotaAnswer]:
    """What the visitor's account has used of what it may."""
    session, settings = visit.session, visit.settings
    today = datetime.now(UTC).date()
    used = {
        "bytes": stored_bytes(session),
        "datasets": count_datasets(session),
        "trainings": trainings_under_way(session),
        "predictions": account_queries.predictions_on(session, today),
    }
    has_limits = settings.mode is Mode.server
    return [
        QuotaAnswer(name=name, used=count, limit=getattr(settings, f"quota_{name}") if has_limits else None)
        for name, count in used.items()
    ]


def _view(quota: QuotaAnswer) -> QuotaView:
    limit = quota.limit or max(1, quota.used)
    width = round(min(100.0, 100 * quota.used / limit), 2)
    return QuotaView(_WORDS[quota.name], quota.used, limit, width, quota.name == "bytes")
