"""Logging in, out, and making an account over HTTP; and the logins there are."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from app.accounts import queries, service
from app.accounts.cookies import drop_cookie, set_cookie
from app.accounts.door import address_of
from app.accounts.forms import HOME, LoginForm, NextPath, PasswordForm, RegisterForm
from app.accounts.rates import Rates
from app.accounts.tables import LoginRow
from app.db.session import transaction
from app.errors import AppError, TooOftenError
from app.settings import Registration
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from app.web.errors import status_of
from app.web.templates import page

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["account"], route_class=ApiRoute)

_BROWSERS: Final = ("Firefox", "Edg", "OPR", "Chrome", "Safari", "curl", "python")
_SYSTEMS: Final = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


class LoginAnswer(BaseModel):
    """A browser that is logged in."""

    id: UUID
    browser: str
    is_this_one: bool
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


class LoginsAnswer(BaseModel):
    """The browsers that are logged in, last seen first."""

    sessions: list[LoginAnswer]


def browser_of(request: Request) -> str:
    """The browser and the system as far as two words tell; more would be a fingerprint."""
    said = request.headers.get("user-agent", "")
    browser = next((name for name in _BROWSERS if name in said), "A browser")
    system = next((name for name in _SYSTEMS if re.search(re.escape(name), said)), "")
    named = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS"}
    return " on ".join(named.get(word, word) for word in (browser, system) if word)


def entered(visit: Visit, secret: str, target: str) -> Response:
    """On to the page, logged in anew: a cookie that was there before is worth nothing any more."""
    if visit.visitor.session_id is not None:
        _end(visit, visit.visitor.session_id)
    response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
    set_cookie(visit.request, response, secret)
    return response


def spend_attempt(visit: Visit, email: str) -> None:
    """Count a try to log in, by account and by address.

    Raises:
        TooOftenError: There were too many.
    """
    rates: Rates = visit.request.app.state.rates
    try:
        rates.spend(rates.login_address, address_of(visit.request))
        rates.spend(rates.login, service.hash_secret(email))
    except TooOftenError as error:
        raise TooOftenError(int(error.headers["Retry-After"]), error.headers, "tries to log in") from None


@pages.get("/login", response_class=HTMLResponse)
def show_login(visit: VisitDep, target: Annotated[NextPath, Query(alias="next")] = HOME) -> Response:
    service.refuse_local(visit.settings)
    return login_page(visit, target)


@pages.post("/login")
def log_in(visit: VisitDep, form: Annotated[LoginForm, Form()]) -> Response:
    try:
        spend_attempt(visit, form.email)
        said = service.Credentials(form.email, form.password)
        # Nobody is logged in yet, so the login is made in a transaction that has no owner.
        with transaction(visit.request.app.state.engine) as session:
            secret = service.log_in(session, visit.settings, said, browser_of(visit.request))
    except (service.WrongPasswordError, TooOftenError) as error:
        return login_page(visit, form.next, email=form.email, refused=error)
    rates: Rates = visit.request.app.state.rates
    rates.forget(rates.login, service.hash_secret(form.email))
    return entered(visit, secret, form.next)


@pages.get("/register", response_class=HTMLResponse)
def show_register(
    visit: VisitDep, invitation: Annotated[str, Query(max_length=200)] = "", email: str = ""
) -> Response:
    service.refuse_local(visit.settings)
    return register_page(visit, invitation, email=email[:255])


@pages.post("/register")
def register(visit: VisitDep, form: Annotated[RegisterForm, Form()]) -> Response:
    try:
        spend_attempt(visit, form.email)
        said = service.Credentials(form.email, form.password)
        browser = browser_of(visit.request)
        with transaction(visit.request.app.state.engine) as session:
            secret = service.register(session, visit.settings, said, form.invitation, browser)
    except AppError as error:
        return register_page(visit, form.invitation, email=form.email, refused=error)
    return entered(visit, secret, HOME)


@pages.post("/logout")
def log_out(visit: VisitDep) -> Response:
    if visit.visitor.session_id is not None:
        _end(visit, visit.visitor.session_id)
    response = RedirectResponse(HOME, HTTPStatus.SEE_OTHER)
    drop_cookie(visit.request, response)
    return response


@pages.post("/account/password")
def change_password(visit: VisitDep, form: Annotated[PasswordForm, Form()]) -> Response:
    spend_attempt(visit, visit.visitor.email or "")
    service.refuse_local(visit.settings)
    service.change_password(visit.session, visit.visitor, form.old, form.new)
    return RedirectResponse("/account#password", HTTPStatus.SEE_OTHER)


@pages.post("/account/sessions/{login_id}/end")
def end_login_by_form(visit: VisitDep, login_id: UUID) -> Response:
    visit.session.delete(queries.get_login(visit.session, login_id))
    return RedirectResponse("/account#sessions", HTTPStatus.SEE_OTHER)


@api.get("/account/sessions", summary="Browsers that are logged in")
def get_logins(visit: VisitDep) -> LoginsAnswer:
    found = queries.logins(visit.session)
    return LoginsAnswer(sessions=[login_answer(visit, row) for row in found])


@api.delete("/account/sessions/{login_id}", status_code=204, summary="Log a browser out")
def end_login(visit: VisitDep, login_id: UUID) -> Response:
    visit.session.delete(queries.get_login(visit.session, login_id))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def login_answer(visit: Visit, row: LoginRow) -> LoginAnswer:
    return LoginAnswer(
        id=row.id,
        browser=row.browser,
        is_this_one=row.id == visit.visitor.session_id,
        created_at=row.created_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
    )


def login_page(visit: Visit, target: str, *, email: str = "", refused: AppError | None = None) -> Response:
    return _form_page(visit, "accounts/login.html", refused, next=target, email=email)


def register_page(
    visit: Visit, invitation: str, *, email: str = "", refused: AppError | None = None
) -> Response:
    return _form_page(visit, "accounts/register.html", refused, invitation=invitation, email=email)


def _form_page(visit: Visit, template: str, refused: AppError | None, **said: str) -> Response:
    """A form as it was filled in, with what is wrong about it; never with the password."""
    status = HTTPStatus.OK if refused is None else status_of(refused)
    is_open = visit.settings.registration is Registration.open
    problem = refused and str(refused)
    response = page(visit.request, template, status=status, problem=problem, is_open=is_open, **said)
    if isinstance(refused, TooOftenError):
        response.headers.update(refused.headers)
    return response


def _end(visit: Visit, login_id: UUID) -> None:
    row = visit.session.get(LoginRow, login_id)
    if row is not None:
        visit.session.delete(row)
