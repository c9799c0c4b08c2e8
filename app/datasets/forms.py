"""What a person or a program may say about an upload, as a checked value."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.web.json_types import Flag, Whole
from dvn.data.choices import ReadChoices
from dvn.data.rare_classes import RareClasses

_DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}

_QUOTE_NAMES = {"double": '"', "single": "'", "none": ""}

_HEADER: Final[Any] = Field(default=None, description="Whether the first row holds the names of the columns.")
_MERGE_CASE: Final[Any] = Field(
    default=None,
    description="Whether labels that differ in nothing but case are one where that is clear; else true.",
)
_RARE: Final[Any] = Field(
    default=None, description="What to do with classes of fewer than three different texts."
)

Name = Annotated[str, StringConstraints(max_length=1_000)]


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _named(value: object, names: Mapping[str, str]) -> object:
    if not isinstance(value, str):
        return value
    return names.get(value, value) if value else None


def _delimiter(value: object) -> object:
    return _named(value, _DELIMITER_NAMES)


def _quote(value: object) -> object:
    return _named(value, _QUOTE_NAMES)


def _texts(value: object) -> object:
    """One column or several, as a list; no column is no choice."""
    columns = [value] if isinstance(value, str) else value
    return [one for one in columns if one != ""] or None if isinstance(columns, list) else columns


class ReadForm(BaseModel):
    """How to read a file; what is left out is guessed. `split` "" means: honour no split column."""

    model_config = ConfigDict(extra="ignore")

    text: Annotated[Name | list[Name] | None, BeforeValidator(_texts)] = Field(
        default=None,
        description="Column of texts, or several, which are joined in this order.",
        max_length=1_000,
    )
    label: Annotated[Name | None, BeforeValidator(_none_if_empty)] = Field(
        default=None, description="Column of labels."
    )
    split: Name | None = Field(
        default=None, description="Column of train, validation, test; empty honours none."
    )
    encoding: Annotated[Name | None, BeforeValidator(_none_if_empty)] = Field(
        default=None, description="Such as utf-8, cp1252, latin-1, mac_roman."
    )
    delimiter: Annotated[Name | None, BeforeValidator(_delimiter)] = Field(
        default=None, description="One character, or tab, comma, semicolon, pipe."
    )
    quote: Annotated[Name | None, BeforeValidator(_quote)] = Field(
        default=None, description="One character, or double, single; none if quotes are ordinary characters."
    )
    header: Annotated[bool | None, BeforeValidator(_none_if_empty)] = _HEADER
    sheet: Annotated[Name | None, BeforeValidator(_none_if_empty)] = Field(
        default=None, description="Sheet of a workbook."
    )
    merge_case: Annotated[bool | None, BeforeValidator(_none_if_empty)] = _MERGE_CASE

    def choices(self) -> ReadChoices:
        return ReadChoices(
            text=tuple(self.text) if isinstance(self.text, list) else self.text,
            label=self.label,
            split=self.split,
            encoding=self.encoding,
            delimiter=self.delimiter,
            quote=self.quote,
            has_header=self.header,
            sheet=self.sheet,
            merge_case=self.merge_case is not False,
        )


class DatasetForm(ReadForm):
    """An upload with the choices that make it a dataset."""

    model_config = ConfigDict(extra="forbid")

    upload: UUID = Field(description="The id that the upload was given.")
    rare: Annotated[RareClasses | None, BeforeValidator(_none_if_empty)] = _RARE


class DatasetBody(DatasetForm):
    """An upload with the choices that make it a dataset."""

    header: Flag | None = _HEADER
    merge_case: Flag | None = _MERGE_CASE
    rare: RareClasses | None = _RARE


class TransferForm(BaseModel):
    """A file that will be sent in parts."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field(default="upload.csv", max_length=1_000, description="Its name, with its ending.")
    bytes: Whole = Field(ge=0, description="Its length.")
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="Its SHA-256 in hexadecimal; what arrives is then compared with it.",
    )


class RareForm(BaseModel):
    """The choice about classes too small to split."""

    rare: RareClasses
