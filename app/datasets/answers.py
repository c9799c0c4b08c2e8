"""Uploads and datasets become what the API answers."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.datasets.tables import DatasetRow, DatasetState, TransferRow, UploadRow
from dvn.data.columns import JOINED_BY
from dvn.data.file_kinds import Kind
from dvn.data.preview import Preview

PART_BYTES = 8_000_000


class CandidateAnswer(BaseModel):
    """A column that may play a role, and why."""

    column: str
    reason: str


class PreviewAnswer(BaseModel):
    """What a file seems to be; a problem would keep it from becoming a dataset as it is guessed.

    Encoding, delimiter and quote are null where a kind of file has none. `text` names all columns of texts,
    joined by " + ". Candidates are the likeliest columns of each role, the first of them in use.
    """

    kind: Kind
    encoding: str | None
    encoding_is_certain: bool
    delimiter: str | None
    quote: str | None
    header: bool
    sheet: str | None
    sheets: list[str]
    columns: list[str]
    rows: list[list[str]]
    row_count: int | None
    text: str | None
    texts: list[str]
    label: str | None
    split: str | None
    candidates: Mapping[str, list[CandidateAnswer]]
    reasons: Mapping[str, str]
    notes: list[str]
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
    """A dataset; `state` is waiting while small classes need a choice (`rare`).

    `fixes` are applied, each with the rows it changed; rows, classes, counts and parts are those after them,
    and `learned_hash` is their content hash, while `content_hash` stays that of what was read.
    """

    id: UUID
    name: str
    content_hash: str
    learned_hash: str
    fixes: Mapping[str, int]
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


class TransfersAnswer(BaseModel):
    """Files that have not arrived whole, the oldest first."""

    uploads: list[TransferAnswer]


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
    answer = PreviewAnswer(
        kind=seen.kind,
        encoding=seen.encoding.name if seen.encoding else None,
        encoding_is_certain=seen.encoding is None or seen.encoding.is_certain,
        delimiter=seen.dialect.delimiter if seen.dialect else None,
        quote=seen.dialect.quote if seen.dialect else None,
        header=seen.header.has_header,
        sheet=seen.sheet,
        sheets=list(seen.sheets),
        columns=list(seen.columns),
        rows=[list(row) for row in seen.rows],
        row_count=seen.row_count,
        text=JOINED_BY.join(seen.texts) or None,
        texts=list(seen.texts),
        label=seen.label.column if seen.label else None,
        split=seen.split.column if seen.split else None,
        candidates=_candidates(seen),
        reasons=_reasons(seen),
        notes=list(seen.notes),
        problem=seen.problem,
    )
    return UploadAnswer(
        id=upload.id, filename=upload.file_name, bytes=upload.bytes, sha256=upload.sha256, preview=answer
    )


def _candidates(seen: Preview) -> Mapping[str, list[CandidateAnswer]]:
    found = {"text": seen.candidates.text, "label": seen.candidates.label, "split": seen.candidates.split}
    return {
        role: [CandidateAnswer(column=guess.column, reason=guess.reason) for guess in guesses]
        for role, guesses in found.items()
    }


def _reasons(seen: Preview) -> Mapping[str, str]:
    guesses = {"text": seen.text, "label": seen.label, "split": seen.split}
    formats = {"encoding": seen.encoding, "delimiter": seen.dialect, "header": seen.header}
    return {name: found.reason for name, found in (formats | guesses).items() if found is not None}


def dataset_answer(row: DatasetRow) -> DatasetAnswer:
    report = row.report
    return DatasetAnswer(
        id=row.id,
        name=row.name,
        content_hash=row.content_hash,
        learned_hash=row.learned_hash,
        fixes=report.get("fixes", {}),
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
