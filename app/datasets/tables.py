"""The rows behind an upload and the dataset it becomes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CreatedAt, Json, PublicId, choice
from app.db.owned import Owned


class UploadState(StrEnum):
    stored = "stored"
    """The bytes are complete and safe; the preview can be shown."""
    used = "used"
    """A dataset was made of it."""
    refused = "refused"
    """It cannot be read; `error` says why."""


class Visibility(StrEnum):
    private = "private"
    public = "public"


class DatasetState(StrEnum):
    ready = "ready"
    waiting = "waiting"
    """Some classes are too small to split; the user has yet to choose what to do with them."""


class UploadRow(Owned, Base):
    """A file as it was sent. Its bytes lie in storage under its id."""

    __tablename__ = "upload"

    id: Mapped[PublicId]
    file_name: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    state: Mapped[UploadState] = mapped_column(choice(UploadState, "state"), default=UploadState.stored)
    error: Mapped[str | None]
    preview: Mapped[Json | None] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


class DatasetRow(Owned, Base):
    """Labelled texts. One content, one dataset of an account: it does not store the same texts twice.

    The file lies in storage under the content hash, where the datasets of several accounts share it.
    `fixes` are applied to it; rows, classes, counts and report are those of what they make of it, whose
    content hash is `fixed_hash`.
    """

    __tablename__ = "dataset"
    __table_args__ = (
        UniqueConstraint("owner_id", "content_hash"),
        CheckConstraint("rows >= 0", name="rows_not_negative"),
        CheckConstraint("classes >= 0", name="classes_not_negative"),
    )

    id: Mapped[PublicId]
    content_hash: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    file_name: Mapped[str | None]
    text_column: Mapped[str]
    label_column: Mapped[str]
    split_column: Mapped[str | None]
    rows: Mapped[int]
    classes: Mapped[int]
    class_counts: Mapped[Json] = mapped_column(JSONB, default=dict)
    state: Mapped[DatasetState] = mapped_column(choice(DatasetState, "state"), default=DatasetState.ready)
    rare_classes: Mapped[str | None]
    report: Mapped[Json] = mapped_column(JSONB, default=dict)
    fixes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    fixed_hash: Mapped[str | None]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    licence: Mapped[str | None]
    visibility: Mapped[Visibility] = mapped_column(
        choice(Visibility, "visibility"), default=Visibility.private
    )
    delete_after: Mapped[datetime | None]
    shared_at: Mapped[datetime | None]
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey(UploadRow.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[CreatedAt] = mapped_column(index=True)

    @property
    def learned_hash(self) -> str:
        """The content hash of what is learned from: the dataset with its fixes."""
        return self.fixed_hash or self.content_hash

    def is_current(self, learned_hash: str | None) -> bool:
        """Whether something is of the dataset as it is now; without a hash it is from before all fixes."""
        return (learned_hash or self.content_hash) == self.learned_hash


class DatasetHealthRow(Owned, Base):
    """What was found about the texts of one content hash of a dataset, by one version of the checks."""

    __tablename__ = "dataset_health"

    dataset_id: Mapped[UUID] = mapped_column(ForeignKey(DatasetRow.id, ondelete="CASCADE"), primary_key=True)
    learned_hash: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    report: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


class TransferRow(Owned, Base):
    """A file that arrives in parts: what was announced of it, and the upload it became when it was whole.

    How much has arrived is not noted here: the file itself says so, whatever was killed meanwhile.
    """

    __tablename__ = "transfer"
    __table_args__ = (CheckConstraint("bytes > 0", name="bytes_positive"),)

    id: Mapped[PublicId]
    file_name: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey(UploadRow.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[CreatedAt] = mapped_column(index=True)
