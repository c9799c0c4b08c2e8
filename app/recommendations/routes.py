"""Recommendations over HTTP: pages for people, `/api/v1` for programs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.datasets.forms import DatasetForm
from app.datasets.queries import datasets_by_id, get_dataset
from app.datasets.routes import dataset_or_page
from app.datasets.tables import DatasetState
from app.experience.known import known_experience
from app.experience.task_map import task_map
from app.recommendations import queries, service
from app.recommendations.answers import RecommendationAnswer, RecommendationsAnswer, recommendation_answer
from app.recommendations.forms import (
    QuestionForm,
    RecommendationForm,
    RecommendationsQuestion,
    TradeOffForm,
)
from app.recommendations.records import records_of
from app.recommendations.tables import RecommendationRow
from app.recommendations.views import recommendation_view
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from app.web.page_links import say_next
from app.web.templates import page

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["recommendations"], route_class=ApiRoute)


def recommended(
    visit: Visit, dataset_id: UUID, form: QuestionForm, *, reuse: bool = False
) -> RecommendationRow:
    """A new recommendation, or one of before if that may be used, computed on the computing threads."""
    asked = service.asked_by(form, dataset_id, visit.settings)
    experience = visit.request.app.state.experience
    return visit.pool.run(service.recommend_for, visit.session, visit.storage, experience, asked, reuse=reuse)


@api.post("/recommendations", status_code=201, summary="Which architectures to train")
def post_recommendation(visit: VisitDep, form: RecommendationForm) -> RecommendationAnswer:
    """Nothing is trained; the answer takes about a second."""
    row = recommended(visit, form.dataset, form)
    return recommendation_answer(row, get_dataset(visit.session, row.dataset_id))


@api.get("/recommendations", summary="Every recommendation")
def list_recommendations(
    visit: VisitDep, form: Annotated[RecommendationsQuestion, Query()], response: Response
) -> RecommendationsAnswer:
    """The newest first."""
    rows, more = queries.list_recommendations(visit.session, form)
    datasets = datasets_by_id(visit.session, {row.dataset_id for row in rows})
    answers = [recommendation_answer(row, datasets[row.dataset_id]) for row in rows]
    say_next(visit.request, response, more)
    return RecommendationsAnswer(recommendations=answers, next=more)


@api.get("/recommendations/{recommendation_id}", summary="A recommendation")
def get_recommendation(visit: VisitDep, recommendation_id: UUID) -> RecommendationAnswer:
    row = queries.get_recommendation(visit.session, recommendation_id)
    return recommendation_answer(row, get_dataset(visit.session, row.dataset_id))


@pages.post("/recommendations")
def recommend_upload(visit: VisitDep, form: Annotated[DatasetForm, Form()]) -> Response:
    """From the columns page straight to the recommendation, unless small classes wait for a choice."""
    made = dataset_or_page(visit, form)
    if isinstance(made, Response):
        return made
    if made.state == DatasetState.waiting:
        return RedirectResponse(f"/datasets/{made.id}", 303)
    row = recommended(visit, made.id, QuestionForm())
    return RedirectResponse(f"/recommendations/{row.id}", 303)


@pages.post("/datasets/{dataset_id}/recommendations")
def recommend_dataset(visit: VisitDep, dataset_id: UUID) -> RedirectResponse:
    row = recommended(visit, dataset_id, QuestionForm())
    return RedirectResponse(f"/recommendations/{row.id}", 303)


@pages.post("/recommendations/{recommendation_id}/questions")
def ask_again(
    visit: VisitDep, recommendation_id: UUID, form: Annotated[TradeOffForm, Form()]
) -> RedirectResponse:
    """Another question about the same dataset: the slider, the limits or the metric moved."""
    row = queries.get_recommendation(visit.session, recommendation_id)
    question = form.question(row.question["space"], row.question["seed"])
    found = recommended(visit, row.dataset_id, question, reuse=True)
    return RedirectResponse(f"/recommendations/{found.id}", 303)


@pages.get("/recommendations/{recommendation_id}", response_class=HTMLResponse)
def show_recommendation(visit: VisitDep, recommendation_id: UUID) -> HTMLResponse:
    row = queries.get_recommendation(visit.session, recommendation_id)
    dataset = get_dataset(visit.session, row.dataset_id)
    view = recommendation_view(row, records_of(visit.settings, row.question["space"]))
    known = known_experience(visit.settings)
    # By facts, since it is by these that the nearest tasks were found.
    nearest = task_map(visit.settings, known, view.space, by="facts", near=view.nearest)
    return page(
        visit.request,
        "recommendations/show.html",
        dataset=dataset,
        view=view,
        map=nearest,
        is_current=dataset.is_current(row.learned_hash),
    )
