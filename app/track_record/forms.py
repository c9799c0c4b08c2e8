"""What may be asked of the track record, as checked values."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.web.listing import CursorForm, ListForm

TrackSort = Literal["name", "expected", "reached", "regret", "gain", "random", "rank", "outcome"]

DEFAULT_SPACE = "wide_deep"
_SPACE = Field(default=DEFAULT_SPACE, max_length=100, description="The search space.")


class TrackRecordForm(ListForm):
    """In which order a page lists the tasks left out."""

    space: str = _SPACE
    sort: TrackSort = "name"


class TrackRecordQuestion(BaseModel):
    """Whose track record a program wants."""

    model_config = ConfigDict(extra="forbid")

    space: str = _SPACE


class OwnQuestion(CursorForm):
    """Which of this installation's recommendations a program wants, newest first."""
