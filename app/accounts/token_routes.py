"""API tokens over HTTP: made, listed, revoked."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from app.accounts import queries, service
from app.accounts.forms import TokenBody, TokenForm
from app.web.deps import VisitDep
from app.web.templates import page
from app.web.visitor import Scope

pages = APIRouter(include_in_schema=False)
# Plain routes: an ApiRoute would keep a token's words with its answer for a repeated request.
api = APIRouter(tags=["account"])


class TokenAnswer(BaseModel):
    """A token; its words are told once, when it is made."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    used_at: datetime | None
    ends_at: datetime | None


class NewTokenAnswer(TokenAnswer):
    """A token with its words, which nobody can read again."""

    token: str = Field(description="Send it as 'Authorization: Bearer …'.")


class TokensAnswer(BaseModel):
    """The tokens of an account, newest first."""

    tokens: list[TokenAnswer]


@api.get("/account/tokens", summary="API tokens")
def get_tokens(visit: VisitDep) -> TokensAnswer:
    return TokensAnswer(tokens=[TokenAnswer.model_validate(row) for row in queries.tokens(visit.session)])


@api.post("/account/tokens", status_code=201, summary="Make an API token")
def post_token(visit: VisitDep, form: TokenBody) -> NewTokenAnswer:
    """Its words are in this answer and nowhere else: only their hash is stored."""
    service.refuse_local(visit.settings)
    row, words = service.make_token(visit.session, visit.visitor, form.name, form.scopes, days=form.days)
    told = TokenAnswer.model_validate(row).model_dump()
    return NewTokenAnswer(**told, token=words)


@api.delete("/account/tokens/{token_id}", status_code=204, summary="Revoke an API token")
def delete_token(visit: VisitDep, token_id: UUID) -> Response:
    """It stops working at once."""
    visit.session.delete(queries.get_token(visit.session, token_id))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@pages.post("/account/tokens", response_class=HTMLResponse)
def make_token(visit: VisitDep, form: Annotated[TokenForm, Form()]) -> HTMLResponse:
    """Answered at once rather than redirected: the words must not enter an address or a table."""
    service.refuse_local(visit.settings)
    row, words = service.make_token(visit.session, visit.visitor, form.name, form.scopes, days=form.days)
    base_url = str(visit.request.base_url).rstrip("/")
    return page(visit.request, "accounts/token.html", token=row, words=words, base_url=base_url)


@pages.post("/account/tokens/{token_id}/revoke")
def revoke_token(visit: VisitDep, token_id: UUID) -> RedirectResponse:
    visit.session.delete(queries.get_token(visit.session, token_id))
    return RedirectResponse("/account#tokens", HTTPStatus.SEE_OTHER)
