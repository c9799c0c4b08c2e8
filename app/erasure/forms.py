"""What must be said before anything is deleted."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.forms import Password


class EverythingForm(BaseModel):
    """The word that keeps a slip of the finger from deleting everything."""

    model_config = ConfigDict(extra="forbid")

    confirm: Literal["delete everything"] = Field(description="The words 'delete everything'.")


class EndForm(BaseModel):
    """The password, so that neither a browser left open nor a stolen token ends an account."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: Password = Field(description="The account's password.")
