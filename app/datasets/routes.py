"""Datasets over HTTP, and the pages of uploads: pages for people, `/api/v1` for programs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.accounts.quotas import refuse_dataset
from app.datasets import health_routes, preview_view, queries, service, upload_transfers
from app.datasets.answers import DatasetAnswer, DatasetsAnswer, dataset_answer
from app.datasets.forms import DatasetBody, DatasetForm, RareForm, ReadForm
from app.datasets.tables import DatasetRow
from app.datasets.upload_keeping import keep
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from app.web.errors import refusal, status_of
from app.web.page_links import say_next
from app.web.paging import PageForm
from app.web.receiving import pieces_of
from app.web.templates import page
from dvn.data.preview import preview
from dvn.errors import DataError

pages = APIRouter(include_in_schema=False)
file_pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["datasets"], route_class=ApiRoute)
pages.include_router(health_routes.pages)
api.include_router(health_routes.api)


@api.post("/datasets", status_code=201, response_model=DatasetAnswer, summary="Make an upload a dataset")
def post_dataset(visit: VisitDep, form: DatasetBody) -> DatasetAnswer | Response:
    """The same content makes the same dataset. A file that cannot become one is deleted with its upload."""
    try:
        return dataset_answer(made_dataset(visit, form))
    except DataError as error:
        # Answered, not raised: raising would roll the deletion back.
        if not service.is_fault_of_choices(error):
            service.discard_upload(visit.session, visit.storage, form.upload)
        return refusal(visit.request, error)


@api.get("/datasets", summary="Every dataset")
def list_datasets(visit: VisitDep, form: Annotated[PageForm, Query()], response: Response) -> DatasetsAnswer:
    """The newest first."""
    rows, more = queries.list_datasets(visit.session, form)
    say_next(visit.request, response, more)
    return DatasetsAnswer(datasets=[*map(dataset_answer, rows)], next=more)


@api.put("/datasets/{dataset_id}/rare", summary="Choose what happens to small classes")
def put_rare(visit: VisitDep, dataset_id: UUID, form: RareForm) -> DatasetAnswer:
    """Classes of fewer than three different texts cannot be split; until this is chosen the dataset waits."""
    row = visit.pool.run(service.choose_rare, visit.session, visit.storage, dataset_id, form.rare)
    return dataset_answer(row)


@api.get("/datasets/{dataset_id}", summary="A dataset")
def get_dataset(visit: VisitDep, dataset_id: UUID) -> DatasetAnswer:
    return dataset_answer(queries.get_dataset(visit.session, dataset_id))


@file_pages.post("/uploads")
async def upload_by_form(visit: VisitDep, file: UploadFile) -> RedirectResponse:
    upload, _ = await keep(visit, pieces_of(file), file.filename or "")
    return RedirectResponse(f"/uploads/{upload.id}", 303)


@pages.post("/uploads/{upload_id}/discard")
def discard_upload(visit: VisitDep, upload_id: UUID) -> RedirectResponse:
    """Of a file that became no dataset, whole or in part, nothing stays."""
    upload_transfers.delete_upload(visit.session, visit.storage, upload_id)
    return RedirectResponse("/", 303)


@pages.get("/uploads/{upload_id}", response_class=HTMLResponse)
def show_upload(visit: VisitDep, upload_id: UUID, form: Annotated[ReadForm, Query()]) -> Response:
    return columns_page(visit, upload_id, form)


@pages.post("/datasets")
def make_dataset(visit: VisitDep, form: Annotated[DatasetForm, Form()]) -> Response:
    made = dataset_or_page(visit, form)
    return made if isinstance(made, Response) else RedirectResponse(f"/datasets/{made.id}", 303)


@pages.post("/datasets/{dataset_id}/rare")
def choose_rare(visit: VisitDep, dataset_id: UUID, form: Annotated[RareForm, Form()]) -> RedirectResponse:
    visit.pool.run(service.choose_rare, visit.session, visit.storage, dataset_id, form.rare)
    return RedirectResponse(f"/datasets/{dataset_id}", 303)


def made_dataset(visit: Visit, form: DatasetForm) -> DatasetRow:
    """The dataset that the form makes of its upload, read on the computing threads."""
    refuse_dataset(visit.settings, queries.count_datasets(visit.session))
    limits = service.limits_of(visit.settings)
    return visit.pool.run(service.create_dataset, visit.session, visit.storage, form, limits)


def dataset_or_page(visit: Visit, form: DatasetForm) -> DatasetRow | Response:
    """The dataset, or the columns page that says why there is none and lets it be corrected."""
    try:
        return made_dataset(visit, form)
    except DataError as error:
        if service.is_mendable(error):
            return columns_page(visit, form.upload, form, refused=error)
        service.discard_upload(visit.session, visit.storage, form.upload)
        return refusal(visit.request, error)


def columns_page(
    visit: Visit, upload_id: UUID, form: ReadForm, *, refused: DataError | None = None
) -> HTMLResponse:
    """Real rows with what was guessed or chosen about them."""
    upload, path = service.upload_file(visit.session, visit.storage, upload_id)
    try:
        seen = preview(path, choices=form.choices(), limits=service.limits_of(visit.settings))
    except DataError as error:
        refused, view = error, preview_view.unreadable_view(form)
    else:
        view = preview_view.preview_view(seen, form)
    problem = str(refused) if refused else seen.problem
    status = status_of(refused) if refused else 200
    return page(
        visit.request, "datasets/preview.html", status=status, upload=upload, view=view, problem=problem
    )
