"""A file of texts becomes a file of labels, over HTTP for programs: the file is the body, in and out."""

from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from app.accounts.quotas import spend_predictions
from app.classifiers import predicting, service
from app.datasets.queries import get_dataset
from app.datasets.service import limits_of
from app.datasets.upload_routes import FileName, file_body
from app.db.session import transaction
from app.storage import PART, remove
from app.web.deps import Visit, VisitDep
from app.web.receiving import receive, refuse_without_room

api = APIRouter(tags=["classifiers"])

_CSV = {"schema": {"type": "string"}, "example": "label,probability\r\ndelivery,0.912345\r\n"}


@api.post(
    "/classifiers/{classifier_id}/files",
    summary="Classify the texts of a file",
    response_class=StreamingResponse,
    responses={200: {"description": "One line for each row.", "content": {"text/csv": _CSV}}},
    openapi_extra=dict(file_body("application/octet-stream")),
)
async def classify_file(
    request: Request,
    visit: VisitDep,
    classifier_id: UUID,
    filename: FileName = "texts.csv",
    text: Annotated[str, Query(max_length=1_000, description="Column of texts; else it is guessed.")] = "",
) -> StreamingResponse:
    """The answer is a CSV of label and probability, one line for each row, in their order.

    The lines come as they are computed, and the file is not kept. Below the classifier's threshold the label
    is empty.
    """
    column, threshold = await run_in_threadpool(_column_and_threshold, visit, classifier_id)
    refuse_without_room(visit.storage.uploads, int(request.headers.get("content-length", 0)))
    draft = visit.storage.uploads / f"{uuid4()}{PART}"
    try:
        await receive(request.stream(), draft)
        texts = await run_in_threadpool(_texts_of, visit, draft, text or column)
    finally:
        remove(draft)
    loaded = visit.request.app.state.classifiers
    lines = predicting.prediction_lines(visit.pool, loaded, classifier_id, texts, abstain_below=threshold)
    name = f"{predicting.stem_of(filename)}-predictions.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _column_and_threshold(visit: Visit, classifier_id: UUID) -> tuple[str, float]:
    # In a transaction of its own: the visit's would keep a connection for as long as the file takes.
    with transaction(visit.request.app.state.engine, owner=visit.visitor.account_id) as session:
        classifier = service.ready_classifier(session, classifier_id)
        column = get_dataset(session, classifier.dataset_id).text_column
        return column, classifier.abstain_below or 0.0


def _texts_of(visit: Visit, draft: Path, column: str) -> list[str]:
    with draft.open("rb") as file:
        texts = predicting.read_texts(file, column, visit.storage, limits_of(visit.settings))
    spend_predictions(visit.session, visit.settings, len(texts))
    return texts
