"""A ready classifier over HTTP as a zip that predicts without this service."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from app.classifiers import bundling, service
from app.classifiers.predicting import stem_of
from app.datasets.queries import get_dataset
from app.web.api_route import ApiRoute
from app.web.deps import Visit, VisitDep

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["classifiers"], route_class=ApiRoute)

_ZIP: Final = "application/zip"
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A zip", "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "The zip is the one of this ETag"},
}


@api.get(
    "/classifiers/{classifier_id}/bundle",
    summary="Download a classifier",
    response_class=Response,
    responses=_ANSWERS,
)
def get_bundle(visit: VisitDep, classifier_id: UUID) -> Response:
    """ONNX, tokenisers, labels, `predict.py`, a model card and licences: it predicts on its own.

    Its probabilities are this service's to 1e-4. The ETag changes when a byte of a file does.
    """
    return bundle_answer(visit, classifier_id)


@pages.get("/classifiers/{classifier_id}/bundle")
def download_bundle(visit: VisitDep, classifier_id: UUID) -> Response:
    return bundle_answer(visit, classifier_id)


def bundle_answer(visit: Visit, classifier_id: UUID) -> Response:
    """The zip, or 304 where the caller has it already."""
    row = service.ready_classifier(visit.session, classifier_id)
    dataset = get_dataset(visit.session, row.dataset_id)
    facts = bundling.card_facts(row, dataset)
    bundle = visit.pool.run(bundling.bundle_of, visit.request.app.state.classifiers, row.id, facts)
    tag = f'"{bundle.fingerprint[:32]}"'
    if tag in [known.strip() for known in visit.request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers={"ETag": tag})
    name = f"{stem_of(dataset.name)}-classifier"
    file, length = visit.pool.run(bundling.packed, bundle, name, visit.storage.uploads)
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Content-Length": str(length),
        "Content-Disposition": f'attachment; filename="{name}.zip"',
    }
    return StreamingResponse(bundling.chunks(file), media_type=_ZIP, headers=headers)
