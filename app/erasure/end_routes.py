"""The end of an account over HTTP: asked with the password, answered with the receipt."""

import json
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from app.accounts.cookies import drop_cookie
from app.accounts.login_routes import spend_attempt
from app.accounts.passwords import is_password
from app.accounts.rates import Rates
from app.accounts.service import hash_secret, refuse_local
from app.datasets.queries import count_datasets
from app.db.owned import AccountRow
from app.erasure.forms import EndForm
from app.erasure.routes import ReceiptAnswer, erased
from app.erasure.tables import ReceiptRow
from app.errors import AccountGoneError, ForbiddenError, TooOftenError
from app.web.deps import Visit, VisitDep
from app.web.errors import status_of
from app.web.templates import page
from app.web.visitor import ANONYMOUS

pages = APIRouter(include_in_schema=False)
# Plain routes: an ApiRoute would keep the answer for a repeated request, of an account that is gone.
api = APIRouter(tags=["deletion"])


class NotItsPasswordError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("That is not the password of this account; nothing was deleted.")


@api.post("/account/end", summary="Delete the account itself")
def end_account(visit: VisitDep, form: EndForm) -> ReceiptAnswer:
    """Everything it has, its logins, its tokens, and then itself; the answer is the receipt, told this once.

    Jobs are cancelled first, which may take some seconds. The address may be registered anew.
    """
    return ReceiptAnswer(**ended(visit, form.password).document)


@pages.get("/account/end", response_class=HTMLResponse)
def ask_before_ending(visit: VisitDep) -> HTMLResponse:
    refuse_local(visit.settings)
    return _ask(visit)


@pages.post("/account/end", response_class=HTMLResponse)
def end_account_by_form(visit: VisitDep, form: Annotated[EndForm, Form()]) -> Response:
    """Answered at once rather than redirected: nobody is logged in any more who could look at the receipt."""
    refuse_local(visit.settings)
    try:
        receipt = ended(visit, form.password)
    except (NotItsPasswordError, TooOftenError) as refused:
        response = _ask(visit, status=status_of(refused), problem=str(refused))
        response.headers.update(getattr(refused, "headers", {}))
        return response
    visit.request.state.visitor = ANONYMOUS
    file = quote(json.dumps(dict(receipt.document), ensure_ascii=False))
    response = page(visit.request, "erasure/ended.html", id=receipt.id, receipt=receipt.document, file=file)
    drop_cookie(visit.request, response)
    return response


def ended(visit: Visit, password: str) -> ReceiptRow:
    """The receipt of the account that asks, which is gone.

    Raises:
        NoAccountsError: There are no accounts here.
        TooOftenError: The password was tried too often.
        NotItsPasswordError: It is another one.
        AccountGoneError: Somebody was faster.
    """
    refuse_local(visit.settings)
    email = visit.visitor.email or ""
    spend_attempt(visit, email)
    account = visit.session.get(AccountRow, visit.visitor.account_id)
    if account is None:
        raise AccountGoneError
    if not is_password(password, account.password_hash):
        raise NotItsPasswordError
    rates: Rates = visit.request.app.state.rates
    rates.forget(rates.login, hash_secret(email))
    # The visit's transaction has read the account; it must not stand in the way of its end.
    visit.session.rollback()
    return erased(visit, None, ends_account=True)


def _ask(visit: Visit, *, status: int = 200, problem: str | None = None) -> HTMLResponse:
    datasets = count_datasets(visit.session)
    return page(visit.request, "erasure/end.html", status=status, datasets=datasets, problem=problem)
