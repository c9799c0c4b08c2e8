"""What must be said before anything is deleted."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EverythingForm(BaseModel):
    """The word that keeps a slip of the finger from deleting everything."""

    model_config = ConfigDict(extra="forbid")

    confirm: Literal["delete everything"] = Field(description="The words 'delete everything'.")
