"""What a classifier can do and when it answers, over HTTP; and changes of mind about it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.classifiers import assessing, ending, queries, service
from app.classifiers.answers import ClassifierAnswer, classifier_answer
from app.classifiers.forms import ThresholdBody, ThresholdForm
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep
from dvn.assessment import Assessment, TellingWord

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["classifiers"], route_class=ApiRoute)


class AssessmentAnswer(BaseModel):
    """What a classifier can do; classes are positions in `labels`, telling words stand in their order."""

    classifier: UUID
    labels: tuple[str, ...]
    abstain_below: float | None
    assessment: Assessment
    telling_words: tuple[tuple[TellingWord, ...], ...]


class ErrorAnswer(BaseModel):
    """A test text that was given the wrong label with confidence."""

    text: str
    label: str
    predicted: str
    probability: float


class ErrorsAnswer(BaseModel):
    """At most twenty, the most confident first."""

    errors: list[ErrorAnswer]


@api.get("/classifiers/{classifier_id}/assessment", summary="What a classifier can and cannot do")
def get_assessment(visit: VisitDep, classifier_id: UUID) -> AssessmentAnswer:
    """Scores with 95 % bootstrap intervals, reliability, thresholds to abstain below, telling words.

    The temperature and the thresholds were chosen on validation texts; everything else was measured once, on
    test texts that the training never saw.
    """
    row = service.ready_classifier(visit.session, classifier_id)
    stored = assessing.get_assessment(row)
    return AssessmentAnswer(
        classifier=row.id,
        labels=assessing.labels_of(row),
        abstain_below=row.abstain_below,
        assessment=stored.scores,
        telling_words=stored.telling_words,
    )


@api.get("/classifiers/{classifier_id}/errors", summary="Its most confident errors")
def get_errors(visit: VisitDep, classifier_id: UUID) -> ErrorsAnswer:
    """Test texts of your own dataset that it got wrong with the most confidence."""
    row = service.ready_classifier(visit.session, classifier_id)
    shown = assessing.worst_errors(visit.storage, assessing.get_assessment(row), assessing.labels_of(row))
    answers = [
        ErrorAnswer(text=one.text, label=one.truth, predicted=one.predicted, probability=one.confidence)
        for one in shown
    ]
    return ErrorsAnswer(errors=answers)


@api.put("/classifiers/{classifier_id}/threshold", summary="Choose when it answers")
def put_threshold(visit: VisitDep, classifier_id: UUID, form: ThresholdBody) -> ClassifierAnswer:
    """From now on it gives no label to a text whose most probable class is less probable than this.

    `assessment.thresholds` lists useful ones; null: it always answers.
    """
    service.ready_classifier(visit.session, classifier_id).abstain_below = form.abstain_below or None
    return _answer(visit, classifier_id)


@api.post(
    "/classifiers/{classifier_id}/keep", status_code=202, summary="End a training, keep the best so far"
)
def post_keep(visit: VisitDep, classifier_id: UUID) -> ClassifierAnswer:
    """The training ends within a second of its next look; its classifier is measured and stored as usual."""
    ending.keep_best(visit.session, classifier_id)
    return _answer(visit, classifier_id)


@api.delete("/classifiers/{classifier_id}", status_code=204, summary="Delete a classifier")
def delete_classifier(visit: VisitDep, classifier_id: UUID) -> Response:
    """Its files and rows are gone; a training that is under way ends first."""
    _delete(visit, classifier_id)
    return Response(status_code=204)


@pages.post("/classifiers/{classifier_id}/threshold")
def choose_threshold(
    visit: VisitDep, classifier_id: UUID, form: Annotated[ThresholdForm, Form()]
) -> RedirectResponse:
    service.ready_classifier(visit.session, classifier_id).abstain_below = form.abstain_below or None
    return RedirectResponse(f"/classifiers/{classifier_id}#answers", 303)


@pages.post("/classifiers/{classifier_id}/cancel")
def cancel_training(visit: VisitDep, classifier_id: UUID) -> RedirectResponse:
    ending.cancel_training(visit.session, classifier_id)
    return RedirectResponse(f"/classifiers/{classifier_id}", 303)


@pages.post("/classifiers/{classifier_id}/keep")
def keep_best(visit: VisitDep, classifier_id: UUID) -> RedirectResponse:
    ending.keep_best(visit.session, classifier_id)
    return RedirectResponse(f"/classifiers/{classifier_id}", 303)


@pages.post("/classifiers/{classifier_id}/delete")
def remove_classifier(visit: VisitDep, classifier_id: UUID) -> RedirectResponse:
    return RedirectResponse(f"/datasets/{_delete(visit, classifier_id)}", 303)


def _answer(visit: Visit, classifier_id: UUID) -> ClassifierAnswer:
    row = queries.get_classifier(visit.session, classifier_id)
    job = service.job_of(visit.session, row.id)
    return classifier_answer(row, queries.architecture_of(visit.session, row), job)


def _delete(visit: Visit, classifier_id: UUID) -> UUID:
    dataset_id = ending.delete_classifier(visit.session, visit.storage, classifier_id)
    visit.request.app.state.classifiers.forget([classifier_id])
    return dataset_id
