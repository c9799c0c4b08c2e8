"""Classifiers over HTTP: pages for people, `/api/v1` for programs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from app.accounts.quotas import spend_predictions
from app.classifiers import predicting, queries, service
from app.classifiers.answers import (
    ClassifierAnswer,
    ClassifiersAnswer,
    PredictionsAnswer,
    TrainingAnswer,
    classifier_answer,
    predictions_answer,
    training_answer,
)
from app.classifiers.forms import ChosenForm, ClassifierForm, ClassifiersQuestion, TextsForm, TryForm
from app.classifiers.page import classifier_page
from app.classifiers.tried import tried_view
from app.datasets.queries import get_dataset
from app.datasets.service import limits_of
from app.jobs.queries import latest_jobs
from app.recommendations.queries import get_recommendation
from app.web.api_route import ApiRoute
from app.web.deps import VisitDep
from app.web.page_links import say_next
from dvn.assessment import MOST_WORDS

pages = APIRouter(include_in_schema=False)
file_pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["classifiers"], route_class=ApiRoute)
texts_api = APIRouter(tags=["classifiers"])


@api.post("/classifiers", status_code=202, summary="Train a classifier")
def post_classifier(visit: VisitDep, form: ClassifierForm) -> TrainingAnswer:
    """The same architecture on the same dataset is trained once: asking again gives the same classifier."""
    row, job = service.start_training(visit.session, visit.settings, form)
    return training_answer(row, queries.architecture_of(visit.session, row), job)


@api.get("/classifiers", summary="Every classifier")
def list_classifiers(
    visit: VisitDep, form: Annotated[ClassifiersQuestion, Query()], response: Response
) -> ClassifiersAnswer:
    """The newest first."""
    rows, more = queries.list_classifiers(visit.session, form)
    architectures = queries.architectures_by_id(visit.session, {row.architecture_id for row in rows})
    jobs = latest_jobs(visit.session, service.TRAIN, [row.id for row in rows])
    answers = [classifier_answer(row, architectures[row.architecture_id], jobs[row.id]) for row in rows]
    say_next(visit.request, response, more)
    return ClassifiersAnswer(classifiers=answers, next=more)


@api.post("/classifiers/{classifier_id}/again", status_code=202, summary="Train again")
def post_again(visit: VisitDep, classifier_id: UUID) -> TrainingAnswer:
    """A new classifier like one whose training failed or was cancelled."""
    row = service.train_again(visit.session, visit.settings, classifier_id)
    architecture = queries.architecture_of(visit.session, row)
    return training_answer(row, architecture, service.job_of(visit.session, row.id))


@api.get("/classifiers/{classifier_id}", summary="A classifier")
def get_classifier(visit: VisitDep, classifier_id: UUID) -> ClassifierAnswer:
    row = queries.get_classifier(visit.session, classifier_id)
    job = service.job_of(visit.session, row.id)
    return classifier_answer(row, queries.architecture_of(visit.session, row), job)


@texts_api.post("/classifiers/{classifier_id}/predictions", summary="Classify texts")
def post_predictions(visit: VisitDep, classifier_id: UUID, form: TextsForm) -> PredictionsAnswer:
    """One label with its probability for each text, in their order; the texts are not kept.

    Below the threshold `label` is null and `abstained` true: by `abstain_below`, or else by the classifier's
    own.
    """
    predicting.refuse_many(len(form.texts), visit.settings.max_prediction_texts)
    if form.explain:
        predicting.refuse_many_explained(len(form.texts))
    classifier = service.ready_classifier(visit.session, classifier_id)
    own = classifier.abstain_below or 0.0
    asked = predicting.Asked(own if form.abstain_below is None else form.abstain_below, form.explain)
    spend_predictions(visit.session, visit.settings, len(form.texts))
    loaded = visit.request.app.state.classifiers
    predicted = predicting.predict_in_turn(visit.pool, loaded, classifier_id, form.texts, asked)
    return predictions_answer(predicted, form)


@pages.post("/recommendations/{recommendation_id}/classifiers")
def train_recommended(
    visit: VisitDep, recommendation_id: UUID, form: Annotated[ChosenForm, Form()]
) -> RedirectResponse:
    row = get_recommendation(visit.session, recommendation_id)
    rank = service.recommended_choice(row, "hash", form.architecture).rank or 1
    wanted = ClassifierForm(dataset=row.dataset_id, recommendation=row.id, rank=rank)
    classifier, _ = service.start_training(visit.session, visit.settings, wanted)
    return RedirectResponse(f"/classifiers/{classifier.id}", 303)


@pages.get("/classifiers/{classifier_id}", response_class=HTMLResponse)
def show_classifier(visit: VisitDep, classifier_id: UUID) -> HTMLResponse:
    return classifier_page(visit, classifier_id)


@pages.post("/classifiers/{classifier_id}/again")
def train_again(visit: VisitDep, classifier_id: UUID) -> RedirectResponse:
    classifier = service.train_again(visit.session, visit.settings, classifier_id)
    return RedirectResponse(f"/classifiers/{classifier.id}", 303)


@pages.post("/classifiers/{classifier_id}/try", response_class=HTMLResponse)
def try_text(visit: VisitDep, classifier_id: UUID, form: Annotated[TryForm, Form()]) -> HTMLResponse:
    """Answered at once rather than redirected: the text must not enter an address or a table."""
    classifier = service.ready_classifier(visit.session, classifier_id)
    spend_predictions(visit.session, visit.settings, 1)
    loaded = visit.request.app.state.classifiers
    asked = predicting.Asked(classifier.abstain_below or 0.0, explains=True)
    predicted = visit.pool.run(predicting.predict_as_asked, loaded, classifier_id, [form.text], asked)
    return classifier_page(visit, classifier_id, tried_view(form.text, predicted, most_words=MOST_WORDS))


@file_pages.post("/classifiers/{classifier_id}/files")
def classify_file(visit: VisitDep, classifier_id: UUID, file: UploadFile) -> Response:
    classifier = service.ready_classifier(visit.session, classifier_id)
    column = get_dataset(visit.session, classifier.dataset_id).text_column
    texts = predicting.read_texts(file.file, column, visit.storage, limits_of(visit.settings))
    spend_predictions(visit.session, visit.settings, len(texts))
    name = f"{predicting.stem_of(file.filename)}-predictions.csv"
    lines = predicting.prediction_lines(
        visit.pool,
        visit.request.app.state.classifiers,
        classifier_id,
        texts,
        abstain_below=classifier.abstain_below or 0.0,
    )
    # The page's script counts the lines as they come, and knows by this how many there will be.
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Forethought-Rows": str(len(texts))}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
