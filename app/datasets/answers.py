"""Uploads and datasets become what the API answers."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.datasets.tables import DatasetRow, DatasetState, TransferRow, UploadRow
from dvn.data.preview import Preview

PART_BYTES = 8_000_000


class PreviewAnswer(BaseModel):
    """What a file seems to be; a problem would keep it from becoming a dataset as it is guessed."""

    encoding: str
    encoding_is_certain: bool
    delimiter: str
    quote: str
    header: bool
    columns: list[str]
    rows: list[list[str]]
    row_count: int | None
    text: str | None
    label: str | None
    split: str | None
    reasons: Mapping[str, str]
    problem: str | None


class UploadAnswer(BaseModel):
    id: UUID
    filename: str
    bytes: int
    sha256: str
    preview: PreviewAnswer


class KnownUpload(BaseModel):
    """An upload as it stands on a list, without its preview."""

    id: UUID
    filename: str
    bytes: int
    sha256: str
    created_at: datetime


class UploadsAnswer(BaseModel):
    """Some uploads, the newest first; ask again with `after` = `next` for more."""

    uploads: list[KnownUpload]
    next: str | None


class TransferAnswer(BaseModel):
    """A file that is sent in parts: `offset` of its `bytes` have arrived.

    `part_bytes` is a length of parts that keeps little from being sent twice after a cut connection.
    """

    id: UUID
    filename: str
    bytes: int
    sha256: str | None
    offset: int
    part_bytes: int
    created_at: datetime


class DatasetAnswer(BaseModel):
    """A dataset; `state` is waiting while small classes need a choice (`rare`)."""

    id: UUID
    name: str
    content_hash: str
    upload: UUID | None
    state: DatasetState
    rows: int
    classes: int
    class_counts: Mapping[str, int]
    text: str
    label: str
    rare: str | None
    rare_classes: Mapping[str, int]
    parts: Mapping[str, int] | None
    report: list[str]
    created_at: datetime


def transfer_answer(row: TransferRow, offset: int) -> TransferAnswer:
    return TransferAnswer(
        id=row.id,
        filename=row.file_name,
        bytes=row.bytes,
        sha256=row.sha256,
        offset=offset,
        part_bytes=PART_BYTES,
        created_at=row.created_at,
    )


class DatasetsAnswer(BaseModel):
    """Some datasets, the newest first; ask again with `after` = `next` for more."""

    datasets: list[DatasetAnswer]
    next: str | None


def known_upload(row: UploadRow) -> KnownUpload:
    return KnownUpload(
        id=row.id, filename=row.file_name, bytes=row.bytes, sha256=row.sha256, created_at=row.created_at
    )


def upload_answer(upload: UploadRow, seen: Preview) -> UploadAnswer:
    guesses = {"text": seen.text, "label": seen.label, "split": seen.split}
    formats = {
        "encoding": seen.encoding.reason,
        "delimiter": seen.dialect.reason,
        "header": seen.header.reason,
    }
    answer = PreviewAnswer(
        encoding=seen.encoding.name,
        encoding_is_certain=seen.encoding.is_certain,
        delimiter=seen.dialect.delimiter,
        quote=seen.dialect.quote,
        header=seen.header.has_header,
        columns=list(seen.columns),
        rows=[list(row) for row in seen.rows],
        row_count=seen.row_count,
        text=seen.text.column if seen.text else None,
        label=seen.label.column if seen.label else None,
        split=seen.split.column if seen.split else None,
        reasons=formats | {role: guess.reason for role, guess in guesses.items() if guess},
        problem=seen.problem,
    )
    return UploadAnswer(
        id=upload.id, filename=upload.file_name, bytes=upload.bytes, sha256=upload.sha256, preview=answer
    )


def dataset_answer(row: DatasetRow) -> DatasetAnswer:
    report = row.report
    return DatasetAnswer(
        id=row.id,
        name=row.name,
        content_hash=row.content_hash,
        upload=row.upload_id,
        state=row.state,
        rows=row.rows,
        classes=row.classes,
        class_counts=row.class_counts,
        text=row.text_column,
        label=row.label_column,
        rare=row.rare_classes,
        rare_classes=report.get("rare", {}),
        parts=report.get("parts"),
        report=[*report.get("left_out", []), *report.get("sentences", [])],
        created_at=row.created_at,
    )
