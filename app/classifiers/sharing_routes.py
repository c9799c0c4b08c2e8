"""Whether a dataset's trainings are shared, over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.classifiers import queries
from app.classifiers.forms import SharingBody, SharingForm
from app.classifiers.shared_runs import set_sharing
from app.datasets.queries import get_dataset
from app.datasets.tables import DatasetRow
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["datasets"], route_class=ApiRoute)


class SharingAnswer(BaseModel):
    """`runs` is how many trainings of the dataset are in the experience; none unless it is shared."""

    dataset: UUID
    shared: bool
    shared_at: datetime | None
    runs: int


def sharing_answer(visit: Visit, dataset: DatasetRow) -> SharingAnswer:
    return SharingAnswer(
        dataset=dataset.id,
        shared=dataset.shared_at is not None,
        shared_at=dataset.shared_at,
        runs=len(queries.shared_run_ids(visit.session, dataset.id)),
    )


def chosen_sharing(visit: Visit, dataset_id: UUID, form: SharingForm) -> DatasetRow:
    """The dataset after its owner's choice; describing it may take a second."""

    def choose() -> DatasetRow:
        return set_sharing(visit.session, visit.storage, visit.settings, dataset_id, is_shared=form.shared)

    return visit.pool.run(choose)


@api.get("/datasets/{dataset_id}/sharing", summary="Are its trainings shared?")
def get_sharing(visit: VisitDep, dataset_id: UUID) -> SharingAnswer:
    return sharing_answer(visit, get_dataset(visit.session, dataset_id))


@api.put("/datasets/{dataset_id}/sharing", summary="Share its trainings, or take that back")
def put_sharing(visit: VisitDep, dataset_id: UUID, form: SharingBody) -> SharingAnswer:
    """What is shared are scores, costs and figures about the texts: no text, no vector, no name of a class.

    Taking it back removes them, and the value networks that learned from them.
    """
    return sharing_answer(visit, chosen_sharing(visit, dataset_id, form))


@pages.post("/datasets/{dataset_id}/sharing")
def choose_sharing(
    visit: VisitDep, dataset_id: UUID, form: Annotated[SharingForm, Form()]
) -> RedirectResponse:
    chosen_sharing(visit, dataset_id, form)
    return RedirectResponse(f"/datasets/{dataset_id}#sharing", 303)
