"""Deletions and their receipts over HTTP: pages for people, `/api/v1` for programs."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from app.datasets.queries import get_dataset
from app.erasure import queries, service
from app.erasure.forms import EverythingForm
from app.erasure.tables import ReceiptRow
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from app.web.templates import page

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["deletion"], route_class=ApiRoute)


# No datetime: it would be written another way than the one that was signed.
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class ReceiptAnswer(BaseModel):
    """What was deleted, when, and the server's signature over all of it."""

    model_config = ConfigDict(extra="allow")

    receipt: UUID
    service: str
    account: UUID
    scope: str
    requested_at: Moment
    completed_at: Moment
    cancelled_jobs: int
    rows: Mapping[str, int] = Field(description="How many rows of which table.")
    files: list[Mapping[str, Any]] = Field(description="Name, bytes and SHA-256 of every file.")
    signature: Mapping[str, str]


class ReceiptsAnswer(BaseModel):
    """The receipts of an account, newest first."""

    receipts: list[ReceiptAnswer]


def erased(visit: Visit, dataset_ids: tuple[UUID, ...] | None, *, ends_account: bool = False) -> ReceiptRow:
    """The receipt of a deletion, which needs transactions of its own."""
    state = visit.request.app.state
    place = service.Place(state.engine, visit.storage, visit.settings)
    receipt = service.erase(place, service.Wish(visit.visitor.account_id, dataset_ids, ends_account))
    things = receipt.document["things"]
    state.classifiers.forget(UUID(thing["id"]) for thing in things if thing["kind"] == "classifier")
    return receipt


@api.delete("/datasets/{dataset_id}", summary="Delete a dataset and all that was made of it")
def delete_dataset(visit: VisitDep, dataset_id: UUID) -> ReceiptAnswer:
    """Its texts, recommendations, classifiers, jobs and what was shared of it; the answer is the receipt.

    Jobs on it are cancelled first, which may take some seconds.
    """
    dataset = get_dataset(visit.session, dataset_id)
    return ReceiptAnswer(**erased(visit, (dataset.id,)).document)


@api.post("/account/deletions", summary="Delete everything this account has")
def delete_everything(visit: VisitDep, form: EverythingForm) -> ReceiptAnswer:
    """All datasets with all that was made of them; the account itself stays."""
    del form
    return ReceiptAnswer(**erased(visit, None).document)


@api.get("/account/receipts", summary="Receipts of deletions")
def get_receipts(visit: VisitDep) -> ReceiptsAnswer:
    found = queries.receipts(visit.session)
    return ReceiptsAnswer(receipts=[ReceiptAnswer(**row.document) for row in found])


@api.get("/account/receipts/{receipt_id}", summary="A receipt of a deletion")
def get_receipt(visit: VisitDep, receipt_id: UUID) -> ReceiptAnswer:
    return ReceiptAnswer(**queries.get_receipt(visit.session, receipt_id).document)


@pages.get("/datasets/{dataset_id}/delete", response_class=HTMLResponse)
def ask_before_deleting(visit: VisitDep, dataset_id: UUID) -> HTMLResponse:
    return page(visit.request, "erasure/ask.html", dataset=get_dataset(visit.session, dataset_id))


@pages.post("/datasets/{dataset_id}/delete")
def delete_dataset_by_form(visit: VisitDep, dataset_id: UUID) -> RedirectResponse:
    receipt = erased(visit, (get_dataset(visit.session, dataset_id).id,))
    return RedirectResponse(f"/account/receipts/{receipt.id}", 303)


@pages.post("/account/deletions")
def delete_everything_by_form(visit: VisitDep, form: Annotated[EverythingForm, Form()]) -> RedirectResponse:
    del form
    return RedirectResponse(f"/account/receipts/{erased(visit, None).id}", 303)


@pages.get("/account/receipts/{receipt_id}", response_class=HTMLResponse)
def show_receipt(visit: VisitDep, receipt_id: UUID) -> HTMLResponse:
    row = queries.get_receipt(visit.session, receipt_id)
    return page(visit.request, "erasure/receipt.html", id=row.id, receipt=row.document)


@pages.get("/account/receipts/{receipt_id}/receipt.json")
def download_receipt(visit: VisitDep, receipt_id: UUID) -> JSONResponse:
    """As it was signed, as a file to keep."""
    row = queries.get_receipt(visit.session, receipt_id)
    headers = {"Content-Disposition": f'attachment; filename="forethought-receipt-{row.id}.json"'}
    return JSONResponse(dict(row.document), headers=headers)
