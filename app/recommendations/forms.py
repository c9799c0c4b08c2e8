"""What may be asked about a dataset, as a checked value."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.web.paging import PageForm

DEFAULT_SPACE = "wide_deep"


class QuestionForm(BaseModel):
    """How many architectures, of which space, under which limit."""

    model_config = ConfigDict(extra="forbid")

    top: int = Field(default=5, ge=1, le=50, description="How many architectures to rank.")
    seed: int = Field(default=0, ge=0, lt=2**31, description="Draws the starts of the ascent.")
    max_seconds: float | None = Field(
        default=None, gt=0, le=86_400, description="Longest training to recommend."
    )
    space: str = Field(default=DEFAULT_SPACE, max_length=100, description="The search space.")


class RecommendationForm(QuestionForm):
    """A question about one dataset."""

    dataset: UUID


class RecommendationsQuestion(PageForm):
    """Which recommendations a program wants, the newest first."""

    dataset: UUID | None = Field(default=None, description="Only those for this dataset.")
