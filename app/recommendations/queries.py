"""Every SELECT on recommendations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.datasets.tables import DatasetRow
from app.db.base import Json
from app.errors import NotFoundError
from app.recommendations.forms import RecommendationsQuestion
from app.recommendations.stored import described_in
from app.recommendations.tables import RecommendationRow, RecommendationTruthRow
from app.web.paging import newest
from dvn.architecture_inference import DescribedTask


@dataclass(frozen=True, slots=True)
class Foretold:
    """An architecture of a recommendation with what was expected of it and what it reached; all in [0, 1].

    `reached` is the test accuracy, `covered` whether that lies in the interval stated beforehand.
    """

    recommendation_id: UUID
    dataset_id: UUID
    checkpoint_id: str
    rank: int
    predicted: float
    low: float
    high: float
    reached: float
    reached_validation: float
    covered: bool
    was_outside: bool
    ended_at: datetime


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


def list_recommendations(
    session: Session, form: RecommendationsQuestion
) -> tuple[Sequence[RecommendationRow], str | None]:
    """Recommendations from the newest to the oldest, and the cursor of the next ones."""
    about = [] if form.dataset is None else [RecommendationRow.dataset_id == form.dataset]
    return newest(session, RecommendationRow, form, *about)


def find_recommendation(session: Session, recommendation_id: UUID) -> RecommendationRow | None:
    """The recommendation of this id, if it is still there."""
    return session.get(RecommendationRow, recommendation_id)


def recommendations_of(session: Session, dataset_id: UUID, *, limit: int = 10) -> Sequence[RecommendationRow]:
    """The recommendations for a dataset, newest first."""
    newest = (RecommendationRow.created_at.desc(), RecommendationRow.id)
    about = RecommendationRow.dataset_id == dataset_id
    return session.scalars(select(RecommendationRow).where(about).order_by(*newest).limit(limit)).all()


def description_of(session: Session, dataset: DatasetRow, checkpoint_id: str) -> DescribedTask | None:
    """The dataset as a value network described it for an earlier question, if it is still what it was."""
    of_both = (RecommendationRow.dataset_id == dataset.id, RecommendationRow.checkpoint_id == checkpoint_id)
    latest = (RecommendationRow.created_at.desc(), RecommendationRow.id)
    found = select(RecommendationRow).where(*of_both, RecommendationRow.vector.is_not(None))
    row = session.scalars(found.order_by(*latest).limit(1)).first()
    return None if row is None else described_in(row, dataset)


def same_question(
    session: Session, dataset: DatasetRow, checkpoint_id: str, question: Json
) -> RecommendationRow | None:
    """The answer that was given to this very question about the dataset as it is."""
    same = (
        RecommendationRow.dataset_id == dataset.id,
        RecommendationRow.checkpoint_id == checkpoint_id,
        RecommendationRow.question == question,
    )
    latest = (RecommendationRow.created_at.desc(), RecommendationRow.id)
    row = session.scalars(select(RecommendationRow).where(*same).order_by(*latest).limit(1)).first()
    return row if row is not None and described_in(row, dataset) else None


def track_record(
    session: Session, *, dataset_id: UUID | None = None, limit: int = 1_000
) -> Sequence[Foretold]:
    """What was foretold and what came out, of every recommended classifier that was trained, newest first."""
    joined = select(RecommendationTruthRow, RecommendationRow).join(
        RecommendationRow, RecommendationRow.id == RecommendationTruthRow.recommendation_id
    )
    if dataset_id is not None:
        joined = joined.where(RecommendationRow.dataset_id == dataset_id)
    newest = (
        RecommendationTruthRow.created_at.desc(),
        RecommendationTruthRow.recommendation_id,
        RecommendationTruthRow.rank,
        RecommendationTruthRow.seed,
    )
    return [
        Foretold(
            recommendation_id=row.id,
            dataset_id=row.dataset_id,
            checkpoint_id=row.checkpoint_id,
            rank=truth.rank,
            predicted=truth.predicted,
            low=truth.low,
            high=truth.high,
            reached=truth.test_accuracy,
            reached_validation=truth.validation_accuracy,
            covered=truth.low <= truth.test_accuracy <= truth.high,
            was_outside=bool(row.notes.get("outside_experience", False)),
            ended_at=truth.created_at,
        )
        for truth, row in session.execute(joined.order_by(*newest).limit(limit))
    ]
