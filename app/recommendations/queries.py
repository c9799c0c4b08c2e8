"""Every SELECT on recommendations."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.recommendations.tables import RecommendationRow


class UnknownRecommendationError(NotFoundError):
    def __init__(self, recommendation_id: UUID) -> None:
        super().__init__(
            f"There is no recommendation {recommendation_id}; ask for one on the dataset's page."
        )


def get_recommendation(session: Session, recommendation_id: UUID) -> RecommendationRow:
    """The recommendation of this id.

    Raises:
        UnknownRecommendationError: There is none.
    """
    row = session.get(RecommendationRow, recommendation_id)
    if row is None:
        raise UnknownRecommendationError(recommendation_id)
    return row


def find_recommendation(session: Session, recommendation_id: UUID) -> RecommendationRow | None:
    """The recommendation of this id, if it is still there."""
    return session.get(RecommendationRow, recommendation_id)


def recommendations_of(session: Session, dataset_id: UUID, *, limit: int = 10) -> Sequence[RecommendationRow]:
    """The recommendations for a dataset, newest first."""
    newest = (RecommendationRow.created_at.desc(), RecommendationRow.id)
    about = RecommendationRow.dataset_id == dataset_id
    return session.scalars(select(RecommendationRow).where(about).order_by(*newest).limit(limit)).all()
