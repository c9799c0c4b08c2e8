"""Recommendations of this installation beside what their classifiers reached.

Decision: the truth is the test accuracy of the classifier that was trained from the recommendation.
Why: it is measured once, at the end of every training, and is there whether its owner shares the run or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.classifiers.tables import ClassifierRow, ClassifierState
from app.datasets.tables import DatasetRow
from app.recommendations.tables import RecommendationRow

MOST: Final = 500


@dataclass(frozen=True, slots=True)
class OwnOutcome:
    """One architecture that was recommended and trained here. Shares in [0, 1]."""

    classifier_id: UUID
    dataset_id: UUID
    dataset: str
    recommendation_id: UUID
    checkpoint: str
    rank: int
    expected: float
    low: float
    high: float
    reached: float
    was_outside: bool
    was_known: bool
    """Whether the very dataset was a task that the value network had learned from."""
    ended_at: datetime

    @property
    def is_covered(self) -> bool:
        return self.low <= self.reached <= self.high


def own_outcomes(session: Session, *, limit: int = MOST) -> Sequence[OwnOutcome]:
    """What came of the recommendations here, the newest first."""
    joined = (
        select(ClassifierRow, RecommendationRow, DatasetRow.name)
        .join(RecommendationRow, RecommendationRow.id == ClassifierRow.recommendation_id)
        .join(DatasetRow, DatasetRow.id == ClassifierRow.dataset_id)
        .where(ClassifierRow.state == ClassifierState.ready, ClassifierRow.rank.is_not(None))
        .order_by(ClassifierRow.ended_at.desc(), ClassifierRow.id)
        .limit(limit)
    )
    found = (_outcome(*row) for row in session.execute(joined))
    return [outcome for outcome in found if outcome is not None]


def _outcome(classifier: ClassifierRow, recommendation: RecommendationRow, dataset: str) -> OwnOutcome | None:
    """None for a rank that is not on the list, or a classifier that was never measured."""
    ranked: Mapping[str, Any] | None = next(
        (one for one in recommendation.architectures if one["rank"] == classifier.rank), None
    )
    if ranked is None or classifier.metrics is None:
        return None
    return OwnOutcome(
        classifier_id=classifier.id,
        dataset_id=classifier.dataset_id,
        dataset=dataset,
        recommendation_id=recommendation.id,
        checkpoint=recommendation.checkpoint_id,
        rank=ranked["rank"],
        expected=ranked["expected_accuracy"],
        low=ranked["low"],
        high=ranked["high"],
        reached=classifier.metrics["test"]["accuracy"],
        was_outside=recommendation.notes["outside_experience"],
        was_known=recommendation.notes["known_as"] is not None,
        ended_at=classifier.ended_at or classifier.created_at,
    )
