"""Everything that is known of a classifier becomes its page."""

from typing import Any
from uuid import UUID

from fastapi.responses import HTMLResponse

from app.classifiers import queries, service
from app.classifiers.assessing import ShownError, StoredAssessment, find_assessment, worst_errors
from app.classifiers.assessment_views import assessment_view
from app.classifiers.tables import ClassifierRow
from app.classifiers.tried import TriedView
from app.classifiers.views import ClassifierView, classifier_view, results_view
from app.datasets.queries import get_dataset
from app.datasets.tables import DatasetRow
from app.jobs.queries import latest_facts
from app.jobs.tables import JobId
from app.recommendations.queries import find_recommendation
from app.storage import MissingDatasetError, Storage
from app.web.deps import Visit
from app.web.templates import page


def classifier_page(visit: Visit, classifier_id: UUID, tried: TriedView | None = None) -> HTMLResponse:
    """The page of a classifier in any state, with the answer to a tried text."""
    row = queries.get_classifier(visit.session, classifier_id)
    dataset = get_dataset(visit.session, row.dataset_id)
    view = _view(visit, row, dataset)
    context: dict[str, Any] = {
        "dataset": dataset,
        "is_current": dataset.is_current(row.learned_hash),
        "view": view,
        "results": None,
        "assessment": None,
        "tried": tried,
        "base_url": str(visit.request.base_url).rstrip("/"),
    }
    if view.is_ready:
        context |= _measured(visit, row, dataset)
    return page(visit.request, "classifiers/show.html", **context)


def _view(visit: Visit, row: ClassifierRow, dataset: DatasetRow) -> ClassifierView:
    job = service.job_of(visit.session, row.id)
    live = latest_facts(visit.session, JobId(job.id), "progress").get("curve", ()) if not row.metrics else ()
    return classifier_view(row, dataset, queries.architecture_of(visit.session, row), job, live)


def _measured(visit: Visit, row: ClassifierRow, dataset: DatasetRow) -> dict[str, Any]:
    """What the page of a ready classifier has beside."""
    recommended = row.recommendation_id and find_recommendation(visit.session, row.recommendation_id)
    results = results_view(row, dataset, recommended or None)
    stored = find_assessment(row)
    if stored is None:
        return {"results": results}
    labels = results.confusion.labels
    errors = _errors_at_hand(visit.storage, stored, labels)
    view = assessment_view(stored, labels, results.confusion, row.abstain_below, errors)
    return {"results": results, "assessment": view}


def _errors_at_hand(
    storage: Storage, stored: StoredAssessment, labels: tuple[str, ...]
) -> tuple[ShownError, ...] | None:
    try:
        return worst_errors(storage, stored, labels)
    except MissingDatasetError:
        return None
