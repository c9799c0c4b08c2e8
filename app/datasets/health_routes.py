"""What is wrong with a dataset, and fixes that are applied and taken back, over HTTP."""

from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from app.datasets import fixing, health, queries
from app.datasets.answers import DatasetAnswer, dataset_answer
from app.datasets.health_answers import FixForm, HealthAnswer, health_answer
from app.datasets.tables import DatasetRow
from app.jobs.tables import ENDED
from app.storage import MissingDatasetError
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from dvn.health import Fix

pages = APIRouter()
api = APIRouter(route_class=ApiRoute)


_BY_A_JOB: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": DatasetAnswer, "description": "A job will do it; `Location` names it."}
}
_LATER: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": HealthAnswer, "description": "A job makes the report; `job` says how far it is."}
}


@api.get("/datasets/{dataset_id}/health", summary="What is wrong with a dataset", responses=_LATER)
def get_health(visit: VisitDep, dataset_id: UUID, response: Response) -> HealthAnswer:
    """Of a large dataset a job makes the report: until it has, the status is 202 and `job` says how far."""
    row = queries.get_dataset(visit.session, dataset_id)
    known = examined(visit, row)
    if known.report is None:
        response.status_code = 202
    return health_answer(row, known)


@api.post("/datasets/{dataset_id}/health", summary="Examine a dataset again", responses=_LATER)
def post_health(visit: VisitDep, dataset_id: UUID, response: Response) -> HealthAnswer:
    """After a job on it failed or was cancelled. A report that is there is not made again."""
    health.examine_again(visit.session, visit.settings, dataset_id)
    return get_health(visit, dataset_id, response)


@api.put("/datasets/{dataset_id}/fixes/{fix}", summary="Apply a fix", responses=_BY_A_JOB)
def put_fix(visit: VisitDep, dataset_id: UUID, fix: Fix, response: Response) -> DatasetAnswer:
    """It takes the place of another fix of the same trouble. What was read stays, so it can be taken back.

    Of a large dataset a job does it: the status is 202, `Location` names the job, and the answer is the
    dataset as it is until the job has ended.
    """
    return changed_answer(visit, changed(visit, dataset_id, fix, is_applied=True), response)


@api.delete("/datasets/{dataset_id}/fixes/{fix}", summary="Take a fix back", responses=_BY_A_JOB)
def delete_fix(visit: VisitDep, dataset_id: UUID, fix: Fix, response: Response) -> DatasetAnswer:
    """One that is not applied is taken back already. Of a large dataset a job does it, as when applied."""
    return changed_answer(visit, changed(visit, dataset_id, fix, is_applied=False), response)


@pages.post("/datasets/{dataset_id}/fixes")
def choose_fix(visit: VisitDep, dataset_id: UUID, form: Annotated[FixForm, Form()]) -> RedirectResponse:
    changed(visit, dataset_id, form.fix, is_applied=form.applied)
    return RedirectResponse(f"/datasets/{dataset_id}#health", 303)


@pages.post("/datasets/{dataset_id}/health")
def examine_again(visit: VisitDep, dataset_id: UUID) -> RedirectResponse:
    health.examine_again(visit.session, visit.settings, dataset_id)
    return RedirectResponse(f"/datasets/{dataset_id}#health", 303)


@pages.post("/datasets/{dataset_id}/fixes/cancel")
def cancel_fix(visit: VisitDep, dataset_id: UUID) -> RedirectResponse:
    fixing.cancel_fix(visit.session, dataset_id)
    return RedirectResponse(f"/datasets/{dataset_id}#health", 303)


def changed(visit: Visit, dataset_id: UUID, fix: Fix, *, is_applied: bool) -> DatasetRow:
    """The dataset with a fix or without it, made on the computing threads."""
    row = queries.get_dataset(visit.session, dataset_id, lock=True)
    fixes = fixing.wanted_fixes(row, fix, is_applied=is_applied)
    return visit.pool.run(fixing.choose_fix, visit.session, visit.storage, visit.settings, dataset_id, fixes)


def changed_answer(visit: Visit, row: DatasetRow, response: Response) -> DatasetAnswer:
    """The dataset; if a job changes it, the answer says so."""
    job = fixing.fix_job(visit.session, row)
    if job is not None and job.state not in ENDED:
        response.status_code = 202
        response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return dataset_answer(row)


def examined(visit: Visit, row: DatasetRow) -> health.Health:
    """What is known of a dataset's health; a small one is examined on the computing threads."""
    known = visit.pool.run(health.health_of, visit.session, visit.storage, visit.settings, row)
    return replace(known, fixing=fixing.fix_job(visit.session, row))


def seen_health(visit: Visit, row: DatasetRow) -> health.Health | None:
    """The same for a page, which is shown without it if the texts are not on this machine."""
    try:
        return examined(visit, row)
    except MissingDatasetError:
        return None
