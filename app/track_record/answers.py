"""The track record becomes what the API answers."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.track_record.queries import OwnOutcome
from dvn.evaluation.track_record import TrackRecord


class CoverageAnswer(BaseModel):
    """How many truths fell into their intervals, with the 95 % binomial interval of that share."""

    covered: int
    tasks: int
    share: float
    low: float
    high: float


class StandingAnswer(BaseModel):
    """Tasks on which the chosen architecture tests better than, worse than and like the best on average."""

    wins: int
    losses: int
    ties: int
    p_value: float | None


class TrackedTaskAnswer(BaseModel):
    """One left-out task; `expected` with its interval was predicted, `reached` came out."""

    name: str
    family: str
    language: str | None
    rows: int
    classes: int
    architecture: str
    decisions: Mapping[str, str | int | float | bool]
    expected: float
    low: float
    high: float
    reached: float
    best_by_validation: float
    best_on_average: float | None
    random_mean: float
    spearman: float | None
    was_outside: bool
    is_covered: bool
    regret: float


class TrackRecordAnswer(BaseModel):
    """Every task left out of the experience, as the committed file says it."""

    space: str
    checkpoint: str
    snapshot_hash: str
    runs: int
    families: int
    code_version: str
    command: str
    made_at: datetime
    nominal: float
    coverage: CoverageAnswer
    mean_width: float
    mean_error: float
    mean_regret: float
    mean_spearman: float | None
    against_best_on_average: StandingAnswer
    tasks: list[TrackedTaskAnswer]


class OwnOutcomeAnswer(BaseModel):
    """An architecture that was recommended and trained here."""

    model_config = ConfigDict(from_attributes=True)

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
    is_covered: bool
    was_outside: bool
    was_known: bool
    ended_at: datetime


class OwnOutcomesAnswer(BaseModel):
    """Some outcomes, the newest first; ask again with `after` = `next` for more."""

    outcomes: list[OwnOutcomeAnswer]
    total: int
    next: str | None


def track_record_answer(record: TrackRecord) -> TrackRecordAnswer:
    return TrackRecordAnswer.model_validate(record.document())


def own_answer(outcome: OwnOutcome) -> OwnOutcomeAnswer:
    return OwnOutcomeAnswer.model_validate(outcome)
