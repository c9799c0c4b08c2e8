"""What people and programs may say about accounts, as checked values."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.web.json_types import Whole
from app.web.visitor import Scope

HOME: Final = "/"
_MOST_SAID: Final = 1_000
_DAYS: Final[Any] = Field(
    default=90, ge=0, le=3_650, description="It ends after so many days; null or 0: never."
)
_EMAIL: Final = r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}$"


def clean_email(said: object) -> object:
    return said.strip().lower() if isinstance(said, str) else said


def is_email(said: str) -> bool:
    """Whether it looks like an address; whether it is one, only a letter could tell."""
    return re.fullmatch(_EMAIL, said) is not None


def local_path(said: str) -> str:
    """The path to go on to after a login, if it is one of this site; the home page otherwise.

    To a browser two slashes begin the name of a host, and a backslash is a slash.
    """
    return said if re.fullmatch(r"/(?!/)[\x21-\x5b\x5d-\x7e]*", said) else HOME


Email = Annotated[str, BeforeValidator(clean_email), StringConstraints(pattern=_EMAIL)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=_MOST_SAID)]
NextPath = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(local_path)]


def _said_twice(schema: dict[str, Any]) -> None:
    """A set takes what is said twice as said once."""
    schema.pop("uniqueItems")


def _never_if_zero(said: int | None) -> int | None:
    # A form cannot say null, and an empty field counts as one that was left out.
    return said or None


class LoginForm(BaseModel):
    """An address, its password, and the page to go on to."""

    model_config = ConfigDict(hide_input_in_errors=True)

    email: Email
    password: Password
    next: NextPath = HOME


class RegisterForm(BaseModel):
    """An address and the password it shall have; `invitation` is the end of the link that was sent."""

    model_config = ConfigDict(hide_input_in_errors=True)

    email: Email
    password: Password
    invitation: Annotated[str, StringConstraints(max_length=200)] = ""


class PasswordForm(BaseModel):
    """The password as it is, and as it shall be."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    old: Password
    new: Password


class TokenForm(BaseModel):
    """A token for a program."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)] = Field(
        description="Which program it is for."
    )
    scopes: frozenset[Scope] = Field(
        default=frozenset({Scope.read, Scope.predict}),
        min_length=1,
        description="What it may do.",
        json_schema_extra=_said_twice,
    )
    days: Annotated[int | None, AfterValidator(_never_if_zero)] = _DAYS


class TokenBody(TokenForm):
    """A token for a program."""

    days: Annotated[Whole | None, AfterValidator(_never_if_zero)] = _DAYS
