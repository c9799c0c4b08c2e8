"""What every table shares: metadata with constraint names, column types, recurring columns."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, Enum, Identity, LargeBinary, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = Mapping[str, Any]
"""A JSON object. Rows hand it out read-only: a changed copy is assigned, so that the change is seen."""

PublicId = Annotated[UUID, mapped_column(primary_key=True, default=uuid4)]
"""The key of what appears in addresses: nobody can guess the next one."""

SerialId = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
"""The key of what appears in great numbers and in no address."""

CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy's own name for it)
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        Json: JSONB,
    }


def choice(values: type[StrEnum], name: str) -> Enum:
    """A column type that holds the values of `values` as text, checked by the constraint `name`."""
    return Enum(
        values,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
