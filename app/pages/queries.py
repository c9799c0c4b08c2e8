"""What the home page lists, and whether the database answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.classifiers.tables import ClassifierRow, ClassifierState
from app.datasets.health import has_report, report_of
from app.datasets.health_views import verdict
from app.datasets.tables import DatasetHealthRow, DatasetRow, DatasetState
from app.recommendations.tables import RecommendationRow


@dataclass(frozen=True, slots=True)
class ListedDataset:
    """One line of the home page, with where a person would go next."""

    id: UUID
    name: str
    rows: int
    classes: int
    health: str | None
    created_at: datetime
    next_url: str
    next_words: str


def recent_datasets(session: Session, *, limit: int) -> Sequence[ListedDataset]:
    """What people uploaded, newest first; the experience's own public datasets are not among it."""
    classifier = (
        select(ClassifierRow.id)
        .where(ClassifierRow.dataset_id == DatasetRow.id, ClassifierRow.state == ClassifierState.ready)
        .order_by(ClassifierRow.created_at.desc(), ClassifierRow.id)
        .limit(1)
        .scalar_subquery()
    )
    recommendation = (
        select(RecommendationRow.id)
        .where(RecommendationRow.dataset_id == DatasetRow.id)
        .order_by(RecommendationRow.created_at.desc(), RecommendationRow.id)
        .limit(1)
        .scalar_subquery()
    )
    found = session.execute(
        select(DatasetRow, classifier, recommendation, DatasetHealthRow)
        .outerjoin(DatasetHealthRow, has_report())
        .where(DatasetRow.upload_id.is_not(None))
        .order_by(DatasetRow.created_at.desc(), DatasetRow.id)
        .limit(limit)
    )
    return [_listed(dataset, made, advised, health) for dataset, made, advised, health in found]


def _listed(
    dataset: DatasetRow,
    classifier: UUID | None,
    recommendation: UUID | None,
    health: DatasetHealthRow | None,
) -> ListedDataset:
    if classifier is not None:
        url, words = f"/classifiers/{classifier}", "Use its classifier"
    elif recommendation is not None:
        url, words = f"/recommendations/{recommendation}", "See the recommendation"
    elif dataset.state == DatasetState.waiting:
        url, words = f"/datasets/{dataset.id}", "Decide about small classes"
    else:
        url, words = f"/datasets/{dataset.id}", "Ask for a recommendation"
    return ListedDataset(
        id=dataset.id,
        name=dataset.name,
        rows=dataset.rows,
        classes=dataset.classes,
        health=verdict(report_of(health, dataset)) if health else None,
        created_at=dataset.created_at,
        next_url=url,
        next_words=words,
    )


def is_answering(session: Session) -> bool:
    """Whether the database answers a question."""
    return session.scalar(select(func.count()).select_from(text("(SELECT 1) one"))) == 1
