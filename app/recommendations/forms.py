"""What may be asked about a dataset, as a checked value."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.web.json_types import Number, Whole
from app.web.paging import PageForm
from dvn.value_network import Metric

DEFAULT_SPACE = "wide_deep"

MEGABYTE: Final = 1e6


class QuestionForm(BaseModel):
    """How many architectures, of which space, for which metric, within which limits and at which price."""

    model_config = ConfigDict(extra="forbid")

    top: Whole = Field(default=5, ge=1, le=50, description="How many architectures to rank.")
    seed: Whole = Field(default=0, ge=0, lt=2**31, description="Draws the starts of the ascent.")
    max_seconds: Number | None = Field(
        default=None, gt=0, le=86_400, description="Longest training to recommend."
    )
    max_bytes: Number | None = Field(default=None, gt=0, le=1e12, description="Of the unpacked classifier.")
    max_milliseconds: Number | None = Field(
        default=None,
        gt=0,
        le=1e6,
        description="To predict one text of the dataset's usual length on one core.",
    )
    prefer_small: Number = Field(
        default=0.0,
        ge=0,
        le=1,
        description="From 0, only the metric counts, to 1: ten times smaller and faster may be ten points "
        "worse. In steps of 0.05; the price rises with the square.",
    )
    metric: Metric = Field(default="accuracy", description="What is to be high on texts not seen.")
    space: str = Field(default=DEFAULT_SPACE, max_length=100, description="The search space.")


class RecommendationForm(QuestionForm):
    """A question about one dataset."""

    dataset: UUID


class RecommendationsQuestion(PageForm):
    """Which recommendations a program wants, the newest first."""

    dataset: UUID | None = Field(default=None, description="Only those for this dataset.")


def _none_if_empty(value: object) -> object:
    """An empty field of a form is no limit."""
    return None if value == "" else value


Limit = Annotated[float | None, BeforeValidator(_none_if_empty), Field(gt=0, le=1e6)]


class TradeOffForm(BaseModel):
    """What the slider and its limits send from a recommendation's page."""

    model_config = ConfigDict(extra="forbid")

    prefer_small: float = Field(default=0.0, ge=0, le=1)
    max_megabytes: Limit = None
    max_milliseconds: Limit = None
    max_seconds: Annotated[float | None, BeforeValidator(_none_if_empty), Field(gt=0, le=86_400)] = None
    metric: Metric = "accuracy"

    def question(self, space: str, seed: int) -> QuestionForm:
        """The same question about another recommendation's dataset, in its space and with its seed."""
        return QuestionForm(
            seed=seed,
            space=space,
            prefer_small=self.prefer_small,
            max_bytes=None if self.max_megabytes is None else self.max_megabytes * MEGABYTE,
            max_milliseconds=self.max_milliseconds,
            max_seconds=self.max_seconds,
            metric=self.metric,
        )
