"""The experience over HTTP: pages for people, `/api/v1` for programs."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, PlainTextResponse

from app.errors import NotFoundError
from app.experience import answers, queries, value_networks
from app.experience.forms import MapForm, RunsForm, RunsQuestion, TasksForm, TasksQuestion
from app.experience.known import curves_of, known_experience
from app.experience.task_map import TaskMap, task_map
from app.experience.views import runs_listing, task_view, tasks_listing
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from app.web.listing import following
from app.web.templates import page
from dvn.architecture import SPACES
from dvn.evaluation.model_card import ModelCard, to_markdown

SPACE = "wide_deep"
"""The product's space, whose value network answers the pages."""

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["experience"], route_class=ApiRoute)


class NoMapError(NotFoundError):
    def __init__(self, space: str) -> None:
        super().__init__(
            f"There is no map of tasks, since no checkpoint of {space} can be read; "
            "`forethought fit` makes one."
        )


@pages.get("/experience", response_class=HTMLResponse)
def show_tasks(visit: VisitDep, form: Annotated[TasksForm, Query()]) -> HTMLResponse:
    known = known_experience(visit.settings)
    return page(
        visit.request,
        "experience/tasks.html",
        known=known,
        form=form,
        listing=tasks_listing(known, form),
        own=queries.own_counts(visit.session),
    )


@pages.get("/experience/tasks/{task_id}", response_class=HTMLResponse)
def show_task(visit: VisitDep, task_id: str) -> HTMLResponse:
    task = known_experience(visit.settings).task(task_id)
    record = value_networks.shipped_record(visit.settings, SPACE)
    view = task_view(task, curves_of(visit.settings, task), record)
    drawn = _map(visit, MapForm(by="facts", near=task.name))
    return page(visit.request, "experience/task.html", view=view, task=task, map=drawn)


@pages.get("/experience/runs", response_class=HTMLResponse)
def show_runs(visit: VisitDep, form: Annotated[RunsForm, Query()]) -> HTMLResponse:
    known = known_experience(visit.settings)
    task = known.task(form.task) if form.task else None
    return page(
        visit.request,
        "experience/runs.html",
        known=known,
        form=form,
        task=task,
        listing=runs_listing(known, form),
        own=queries.own_counts(visit.session),
    )


@pages.get("/experience/map", response_class=HTMLResponse)
def show_map(visit: VisitDep, form: Annotated[MapForm, Query()]) -> HTMLResponse:
    return page(visit.request, "experience/map.html", map=_map(visit, form), form=form)


@pages.get("/experience/checkpoints", response_class=HTMLResponse)
def show_checkpoints(visit: VisitDep) -> HTMLResponse:
    seen = value_networks.seen_checkpoints(visit.session, visit.settings)
    records = {space: value_networks.shipped_record(visit.settings, space) for space in SPACES}
    return page(visit.request, "experience/checkpoints.html", checkpoints=seen, records=records)


@pages.get("/experience/checkpoints/{checkpoint_id}", response_class=HTMLResponse)
def show_card(visit: VisitDep, checkpoint_id: str) -> HTMLResponse:
    seen, card = _card(visit, checkpoint_id)
    return page(visit.request, "experience/card.html", checkpoint=seen, card=card)


@pages.get("/experience/checkpoints/{checkpoint_id}/MODEL_CARD.md", response_class=PlainTextResponse)
def download_card(visit: VisitDep, checkpoint_id: str) -> PlainTextResponse:
    return PlainTextResponse(to_markdown(_card(visit, checkpoint_id)[1]), media_type="text/markdown")


@api.get("/experience/tasks", summary="What the value networks learned from")
def get_tasks(visit: VisitDep, form: Annotated[TasksQuestion, Query()]) -> answers.TasksAnswer:
    """Tasks by name, those that hold each word of `q` in their name, family or language."""
    found = queries.tasks_with(known_experience(visit.settings), form.q)
    shown, more = following(found, form, lambda task: task.id)
    return answers.TasksAnswer(tasks=[*map(answers.task_answer, shown)], total=len(found), next=more)


@api.get("/experience/tasks/{task_id}", summary="A known task")
def get_task(visit: VisitDep, task_id: str) -> answers.TaskAnswer:
    return answers.task_answer(known_experience(visit.settings).task(task_id))


@api.get("/experience/runs", summary="Recorded runs")
def get_runs(visit: VisitDep, form: Annotated[RunsQuestion, Query()]) -> answers.RunsAnswer:
    """Runs by task and then the best by validation first, failures last."""
    found = queries.runs_with(known_experience(visit.settings), form)
    shown, more = following(found, form, lambda run: run.id)
    return answers.RunsAnswer(runs=[*map(answers.run_answer, shown)], total=len(found), next=more)


@api.get("/experience/map", summary="The map of tasks")
def get_map(visit: VisitDep, form: Annotated[MapForm, Query()]) -> answers.MapAnswer:
    """Tasks on the plane on which they differ most; neighbours are told by all numbers."""
    drawn = _map(visit, form)
    if drawn is None:
        raise NoMapError(SPACE)
    return answers.map_answer(drawn)


@api.get("/experience/checkpoints", summary="Value networks and their history")
def get_checkpoints(visit: VisitDep) -> answers.CheckpointsAnswer:
    seen = value_networks.seen_checkpoints(visit.session, visit.settings)
    return answers.CheckpointsAnswer(checkpoints=[*map(answers.checkpoint_answer, seen)])


@api.get("/experience/checkpoints/{checkpoint_id}", summary="A value network with its model card")
def get_checkpoint(visit: VisitDep, checkpoint_id: str) -> answers.CardAnswer:
    return answers.card_answer(*_card(visit, checkpoint_id))


def _map(visit: Visit, form: MapForm) -> TaskMap | None:
    near = [name.strip() for name in form.near.split(",") if name.strip()]
    known = known_experience(visit.settings)
    # The first map of a checkpoint asks its network about every task.
    return visit.pool.run(task_map, visit.settings, known, SPACE, by=form.by, near=near)


def _card(visit: Visit, checkpoint_id: str) -> tuple[value_networks.SeenCheckpoint, ModelCard]:
    seen = value_networks.seen_checkpoint(visit.session, visit.settings, checkpoint_id)
    record = value_networks.shipped_record(visit.settings, seen.space)
    card = value_networks.card_of(seen.manifest, known_experience(visit.settings), record)
    return seen, card
