"""The track record over HTTP: a page for people, `/api/v1` for programs."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from app.errors import NotFoundError
from app.experience.known import known_experience
from app.experience.value_networks import seen_checkpoints, track_record_file
from app.settings import Settings
from app.track_record import answers
from app.track_record.forms import OwnQuestion, TrackRecordForm, TrackRecordQuestion
from app.track_record.queries import own_outcomes
from app.track_record.views import own_view, track_view
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from app.web.listing import following
from app.web.templates import page
from dvn.architecture import get_space
from dvn.evaluation.track_record import TrackRecord, UnusableTrackRecordError, read_track_record

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["track record"], route_class=ApiRoute)


class NoTrackRecordError(NotFoundError):
    def __init__(self, space: str) -> None:
        super().__init__(
            f"No track record ships for the space {space!r}; "
            "`forethought evaluate --track-record FILE` makes one."
        )


@pages.get("/track-record", response_class=HTMLResponse)
def show_track_record(visit: VisitDep, form: Annotated[TrackRecordForm, Query()]) -> HTMLResponse:
    space = get_space(form.space).name
    record, trouble = None, ""
    try:
        record = _record(visit.settings, space)
    except UnusableTrackRecordError as error:
        trouble = str(error)
    view = record and track_view(record, known_experience(visit.settings), form, _in_use(visit, space))
    return page(
        visit.request,
        "track_record/show.html",
        view=view,
        own=own_view(own_outcomes(visit.session)),
        space=space,
        trouble=trouble,
    )


@api.get("/track-record", summary="Every left-out task, predicted and true")
def get_track_record(
    visit: VisitDep, form: Annotated[TrackRecordQuestion, Query()]
) -> answers.TrackRecordAnswer:
    """Each task was predicted by a value network that knew none of its family."""
    space = get_space(form.space).name
    record = _record(visit.settings, space)
    if record is None:
        raise NoTrackRecordError(space)
    return answers.track_record_answer(record)


@api.get("/track-record/own", summary="This installation's recommendations, predicted and true")
def get_own_outcomes(visit: VisitDep, form: Annotated[OwnQuestion, Query()]) -> answers.OwnOutcomesAnswer:
    """Those that a classifier was trained from, the newest first."""
    found = own_outcomes(visit.session)
    shown, more = following(found, form, lambda outcome: str(outcome.classifier_id))
    return answers.OwnOutcomesAnswer(outcomes=[*map(answers.own_answer, shown)], total=len(found), next=more)


def _record(settings: Settings, space: str) -> TrackRecord | None:
    path = track_record_file(settings, space)
    return read_track_record(path) if path.is_file() else None


def _in_use(visit: Visit, space: str) -> str | None:
    seen = seen_checkpoints(visit.session, visit.settings)
    return next((one.id for one in seen if one.space == space and one.is_in_use), None)
