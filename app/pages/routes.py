"""Home, demo, health, licences and how to call the service from a program."""

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict

from app.classifiers.queries import classifiers_of
from app.datasets.forms import DatasetForm
from app.datasets.health_routes import seen_health
from app.datasets.health_views import health_view
from app.datasets.queries import get_dataset
from app.datasets.routes import made_dataset
from app.datasets.upload_keeping import keep
from app.datasets.views import dataset_view
from app.pages import queries
from app.pages.api_page import operation_groups
from app.pages.waiting import waiting_files
from app.recommendations.queries import recommendations_of
from app.settings import Mode, Registration
from app.web.api_route import ApiRoute
from app.web.deps import VisitDep
from app.web.templates import page
from dvn.data.demo_rows import FILE_NAME, demo_csv
from dvn.embeddings import MODULES
from dvn.embeddings.licences import LICENCES

MOST_LISTED = 50

router = APIRouter()
api = APIRouter(tags=["experience"], route_class=ApiRoute)


class ModuleAnswer(BaseModel):
    """An embedding module that is in use here."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: str
    bytes: int
    licence: str
    package: str


class ModulesAnswer(BaseModel):
    modules: list[ModuleAnswer]


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
def home(visit: VisitDep) -> HTMLResponse:
    if visit.visitor.is_anonymous:
        is_open = visit.settings.registration is Registration.open
        return page(visit.request, "accounts/welcome.html", is_open=is_open)
    return page(
        visit.request,
        "pages/home.html",
        datasets=queries.recent_datasets(visit.session, limit=MOST_LISTED),
        waiting=waiting_files(visit.session, visit.storage, limit=MOST_LISTED),
        keep_hours=round(visit.settings.upload_keep_hours),
    )


@router.post("/demo", include_in_schema=False)
async def try_demo(visit: VisitDep) -> RedirectResponse:
    """Made-up messages become a dataset by the way that a person's file takes."""
    upload, _ = await keep(visit, _pieces(await run_in_threadpool(demo_csv)), FILE_NAME)
    dataset = await run_in_threadpool(made_dataset, visit, DatasetForm(upload=upload.id))
    return RedirectResponse(f"/datasets/{dataset.id}", 303)


@router.get("/demo.csv", include_in_schema=False)
def demo_file() -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(demo_csv(), media_type="text/csv", headers=disposition)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


@router.get("/datasets/{dataset_id}", response_class=HTMLResponse, include_in_schema=False)
def show_dataset(visit: VisitDep, dataset_id: UUID) -> HTMLResponse:
    dataset = get_dataset(visit.session, dataset_id)
    return page(
        visit.request,
        "datasets/show.html",
        dataset=dataset,
        view=dataset_view(dataset),
        health=health_view(dataset, seen_health(visit, dataset)),
        recommendations=recommendations_of(visit.session, dataset_id),
        classifiers=classifiers_of(visit.session, dataset_id),
    )


@router.get("/licences", response_class=HTMLResponse, include_in_schema=False)
def licences(request: Request) -> HTMLResponse:
    texts = {licence.file: licence for licences in LICENCES.values() for licence in licences}
    return page(
        request, "pages/licences.html", modules=MODULES.values(), licences=LICENCES, texts=texts.values()
    )


@router.get("/api", response_class=HTMLResponse, include_in_schema=False)
def how_to_call(request: Request) -> HTMLResponse:
    groups = operation_groups(request.app)
    needs_token = request.app.state.settings.mode is Mode.server
    return page(
        request,
        "pages/api.html",
        base_url=str(request.base_url).rstrip("/"),
        groups=groups,
        operations=sum(len(group.operations) for group in groups),
        needs_token=needs_token,
        python_token=', token="TOKEN"' if needs_token else "",
        curl_token=" -H 'Authorization: Bearer TOKEN'" if needs_token else "",
    )


@api.get("/modules", summary="Embedding modules and their licences")
def list_modules() -> ModulesAnswer:
    """Every classifier starts from weights that others trained and gave away."""
    return ModulesAnswer(modules=[ModuleAnswer.model_validate(module) for module in MODULES.values()])


@router.get("/healthz", tags=["health"], summary="Is the process alive?")
def healthz() -> dict[str, str]:
    return {"status": "alive"}


@router.get(
    "/readyz", tags=["health"], summary="Can it recommend?", responses={503: {"description": "Not yet"}}
)
def readyz(visit: VisitDep) -> JSONResponse:
    """Ready once the database answers and the checkpoint and its embedding table are in memory."""
    experience = visit.request.app.state.experience
    ready = queries.is_answering(visit.session) and experience.is_ready
    body = {"status": "ready" if ready else "starting", "experience": experience.words}
    return JSONResponse(body, 200 if ready else 503)
