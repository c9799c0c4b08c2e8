"""What may be asked of classifiers, as checked values."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.web.json_types import Flag, Number, Whole
from app.web.limits import MAX_TRIED_CHARACTERS
from app.web.paging import PageForm
from dvn.value_network import Metric

MOST_TEXT_CHARACTERS = 1_000_000


class ClassifierForm(BaseModel):
    """What to train: an architecture, or the first of a recommendation; without both, of the newest one."""

    model_config = ConfigDict(extra="forbid")

    dataset: UUID
    recommendation: UUID | None = Field(default=None, description="Train from this recommendation.")
    rank: Whole = Field(default=1, ge=1, description="Which architecture of the recommendation.")
    architecture: Mapping[str, Any] | None = Field(default=None, description="A space and its decisions.")
    seed: Whole = Field(default=0, ge=0, lt=2**31)
    metric: Metric | None = Field(
        default=None,
        description="What tells the best step, which is kept; without it what the recommendation was asked "
        "for, or accuracy, by which the last step is kept unless the training is ended early.",
    )


class ClassifiersQuestion(PageForm):
    """Which classifiers a program wants, the newest first."""

    dataset: UUID | None = Field(default=None, description="Only those trained on this dataset.")


class ChosenForm(BaseModel):
    """The button of one recommended architecture."""

    architecture: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
StatedShare = Annotated[Number, Field(ge=0, le=1, allow_inf_nan=False)]


class TextsForm(BaseModel):
    """Texts to classify."""

    model_config = ConfigDict(extra="forbid")

    texts: list[Annotated[str, StringConstraints(max_length=MOST_TEXT_CHARACTERS)]] = Field(min_length=1)
    abstain_below: StatedShare | None = Field(
        default=None,
        description="Give no label (`label` is null) where the probability is lower; 0 to answer always. "
        "Without it the classifier's own threshold holds.",
    )
    explain: Flag = Field(
        default=False, description="Say for each word how much it decided; for at most 20 texts at once."
    )
    top: Whole = Field(default=0, ge=0, le=1_000, description="List so many of the most probable classes.")


class ThresholdForm(BaseModel):
    """Below which probability a classifier does not answer; null or 0: it always does."""

    model_config = ConfigDict(extra="forbid")

    abstain_below: Share | None


class ThresholdBody(ThresholdForm):
    """Below which probability a classifier does not answer; null or 0: it always does."""

    abstain_below: StatedShare | None


class TryForm(BaseModel):
    """One text from the try-it box."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TRIED_CHARACTERS)]


class SharingForm(BaseModel):
    """Whether the owner of a dataset shares what its trainings reach; never its texts."""

    model_config = ConfigDict(extra="forbid")

    shared: bool


class SharingBody(SharingForm):
    """Whether the owner of a dataset shares what its trainings reach; never its texts."""

    shared: Flag
