"""What a JSON body says is taken as it stands: a number is no word and no flag, a flag is no number.

Fields of HTML forms are words all of them, so that their models are more lenient.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field


def _unquoted(said: object) -> object:
    if isinstance(said, bool | str):
        raise ValueError("a number is needed, without quotes")
    return said


Number = Annotated[float, BeforeValidator(_unquoted)]
Whole = Annotated[int, BeforeValidator(_unquoted)]
Flag = Annotated[bool, Field(strict=True)]
