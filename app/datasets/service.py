"""An upload becomes a dataset: kept whole or not at all, split as its owner chose, reported in full."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.datasets import queries
from app.datasets.fixes import current_data
from app.datasets.forms import DatasetForm, ReadForm
from app.datasets.tables import DatasetRow, DatasetState, UploadRow
from app.db.owned import owner_of
from app.errors import ConflictError, NotFoundError
from app.settings import Settings
from app.storage import ReceivedFile, Storage, is_older, remove
from dvn.data.choices import Limits
from dvn.data.columns import NoColumnError, OneColumnError, SameColumnError, UnknownColumnError
from dvn.data.dataset import Dataset
from dvn.data.dialect import UnknownDelimiterError
from dvn.data.encoding import EncodingNotConfirmedError, UnknownEncodingError, WrongEncodingError
from dvn.data.parquet_table import NotTextError
from dvn.data.preview import Preview, preview
from dvn.data.rare_classes import RareClasses, RareClassesError
from dvn.data.read_csv import (
    NoLabelledTextError,
    NotLabelsError,
    OneClassError,
    TooManyClassesError,
    read_dataset,
)
from dvn.data.row_errors import MisplacedQuoteError, OpenQuoteError, RowWidthError
from dvn.data.split import NothingToLearnError, Split, split_dataset
from dvn.data.workbook_table import EmptySheetError, UnknownSheetError
from dvn.errors import DataError
from dvn.training.features import texts_hash

SPLIT_SEED: Final = 0
MOST_NAME_CHARACTERS: Final = 200
_OF_FIXES: Final = ("as_read", "fixes", "rare_chosen", "text_names")
"""What a dataset's report says of its fixes."""


class RareClassesWaitError(ConflictError):
    """A dataset's small classes wait for a choice."""

    def __init__(self, rare: Mapping[str, int]) -> None:
        which = ", ".join(f"{name!r} ({texts})" for name, texts in list(rare.items())[:12])
        super().__init__(
            f"{len(rare)} classes have fewer than 3 different texts: {which}. First choose to merge, drop "
            "or keep them: on the dataset's page, or by 'rare' when the dataset is made."
        )


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A received file with the id and the name it shall have."""

    upload_id: UUID
    file_name: str
    received: ReceivedFile


@dataclass(frozen=True, slots=True)
class LearningData:
    """What is learned from: the dataset after the choice about small classes, and its parts."""

    dataset: Dataset
    split: Split


# The file is fine, what was asked of it is not: another request on the same upload may do.
_FAULTS_OF_CHOICES: Final = (
    UnknownColumnError,
    SameColumnError,
    NoColumnError,
    UnknownEncodingError,
    WrongEncodingError,
    EncodingNotConfirmedError,
    UnknownDelimiterError,
    UnknownSheetError,
    EmptySheetError,
    NotTextError,
    NothingToLearnError,
)
# A person who looks at the rows may find that another delimiter, quote or column helps.
_MENDABLE: Final = (
    *_FAULTS_OF_CHOICES,
    RowWidthError,
    OneColumnError,
    OneClassError,
    OpenQuoteError,
    MisplacedQuoteError,
    NoLabelledTextError,
    TooManyClassesError,
    NotLabelsError,
)


def is_fault_of_choices(error: DataError) -> bool:
    """Whether the file may stay because only what was asked of it is wrong."""
    return isinstance(error, _FAULTS_OF_CHOICES)


def is_mendable(error: DataError) -> bool:
    """Whether a person can mend it on the columns page."""
    return isinstance(error, _MENDABLE)


def limits_of(settings: Settings) -> Limits:
    return Limits(
        max_bytes=settings.max_upload_bytes, max_rows=settings.max_rows, max_classes=settings.max_classes
    )


def clean_name(file_name: str) -> str:
    """The last part of a file's name, printable and of a sensible length."""
    name = "".join(c for c in file_name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable()).strip()
    return name[-MOST_NAME_CHARACTERS:] or "upload.csv"


def keep_upload(
    session: Session, storage: Storage, kept: KeptFile, limits: Limits
) -> tuple[UploadRow, Preview]:
    """The upload of a file and its preview; the same bytes under the same name are kept once.

    Raises:
        DataError: It can be no table, whatever is chosen; nothing is kept.
    """
    received, name = kept.received, clean_name(kept.file_name)
    seen = preview(received.draft, limits=limits)
    known = queries.same_upload(session, received.sha256, name)
    if known is not None and storage.upload(known.id).exists():
        return known, seen
    upload = UploadRow(id=kept.upload_id, file_name=name, bytes=received.bytes, sha256=received.sha256)
    session.add(upload)
    session.flush()
    # Only now: an account that was deleted meanwhile leaves no file behind.
    received.draft.rename(storage.upload(kept.upload_id))
    return upload, seen


def upload_file(session: Session, storage: Storage, upload_id: UUID) -> tuple[UploadRow, Path]:
    """An upload and its file.

    Raises:
        UnknownUploadError: There is no such upload, or its file is gone.
    """
    upload = queries.get_upload(session, upload_id)
    path = storage.upload(upload_id)
    if not path.exists():
        raise queries.UnknownUploadError(upload_id)
    return upload, path


def discard_upload(session: Session, storage: Storage, upload_id: UUID) -> None:
    """Delete an upload and its file, unless a dataset came of it."""
    upload = session.get(UploadRow, upload_id)
    if upload is None or queries.has_dataset(session, upload_id):
        return
    session.delete(upload)
    session.flush()
    remove(storage.upload(upload_id))


def create_dataset(session: Session, storage: Storage, form: DatasetForm, limits: Limits) -> DatasetRow:
    """The dataset of an upload; the same content is the same dataset, whichever file it came from.

    Raises:
        UnknownUploadError: There is no such upload.
        DataError: The file cannot be read as the form says; nothing is stored.
    """
    upload, path = upload_file(session, storage, form.upload)
    dataset = read_dataset(path, choices=form.choices(), limits=limits, scratch=storage.datasets)
    known = queries.dataset_by_content(session, dataset.content_hash)
    rare = form.rare or (RareClasses(known.rare_classes) if known and known.rare_classes else None)
    # Another account may be deleting the same content, whose file they share.
    queries.lock_content(session, dataset.content_hash)
    storage.save_dataset(dataset)
    # Uploaded again, a dataset keeps the fixes of its owner.
    learned = current_data(known, storage, on_disk=True) if known else dataset
    split = try_to_split(learned, rare)
    of_fixes = {name: known.report[name] for name in _OF_FIXES if name in known.report} if known else {}
    facts = {**of_fixes, **_facts(learned, split, form), "left_out": list(dataset.sentences())}
    new = insert(DatasetRow).values(
        owner_id=owner_of(session),
        content_hash=dataset.content_hash,
        name=upload.file_name,
        text_column=dataset.text_column,
        label_column=dataset.label_column,
        rows=len(dataset),
        classes=len(dataset.classes),
    )
    session.execute(new.on_conflict_do_nothing(index_elements=["owner_id", "content_hash"]))
    row = queries.dataset_by_content(session, dataset.content_hash)
    assert row is not None, "it was inserted or was there"
    row.upload_id, row.file_name = upload.id, upload.file_name
    describe_row(row, learned, facts, split, rare)
    return row


def choose_rare(session: Session, storage: Storage, dataset_id: UUID, rare: RareClasses) -> DatasetRow:
    """The dataset, split with this choice about its small classes.

    Raises:
        NothingToLearnError: The choice leaves fewer than two classes; the old one stays.
    """
    row = queries.get_dataset(session, dataset_id)
    dataset = current_data(row, storage, on_disk=True)
    split = try_to_split(dataset, rare)
    facts = {**row.report, **split_facts(split)}
    if row.fixes:
        facts["text_names"] = names_with(row, dataset, split)
    _apply(row, facts, split, rare)
    return row


def try_to_split(dataset: Dataset, rare: RareClasses | None) -> LearningData | RareClassesError:
    """What can be learned from, or the small classes that wait for a choice."""
    try:
        return LearningData(*split_dataset(dataset, seed=SPLIT_SEED, rare=rare))
    except RareClassesError as error:
        return error


def learning_data(row: DatasetRow, storage: Storage, *, on_disk: bool = False) -> LearningData:
    """What is learned from a dataset; `on_disk`: texts that are many may stay in its file.

    Raises:
        RareClassesWaitError: Its small classes wait for a choice.
    """
    refuse_waiting(row)
    dataset = current_data(row, storage, on_disk=on_disk)
    rare = RareClasses(row.rare_classes) if row.rare_classes else None
    return LearningData(*split_dataset(dataset, seed=SPLIT_SEED, rare=rare))


def described_data(row: DatasetRow, storage: Storage) -> Dataset:
    """What is recommended for: the dataset after the choice about small classes, not yet split.

    Raises:
        RareClassesWaitError: Its small classes wait for a choice.
    """
    refuse_waiting(row)
    if row.rare_classes in (RareClasses.merge, RareClasses.drop):
        return learning_data(row, storage, on_disk=True).dataset
    return current_data(row, storage, on_disk=True)


def text_names(storage: Storage, content_hash: str) -> set[str]:
    """The names under which vectors of a dataset's texts may be stored, whatever was chosen about it."""
    try:
        dataset = storage.load_dataset(content_hash, on_disk=True)
    except NotFoundError:
        return set()
    splits = (try_to_split(dataset, rare) for rare in (None, *RareClasses))
    learned = [split.dataset for split in splits if isinstance(split, LearningData)]
    return {texts_hash(one.texts) for one in (dataset, *learned)}


def names_with(row: DatasetRow, dataset: Dataset, split: LearningData | RareClassesError) -> list[str]:
    """The names under which vectors of fixed texts may be stored, those of earlier fixes among them."""
    learned = [split.dataset] if isinstance(split, LearningData) else []
    names = {texts_hash(one.texts) for one in (dataset, *learned)}
    return sorted(names | set(row.report.get("text_names", ())))


def refuse_waiting(row: DatasetRow) -> None:
    if row.state == DatasetState.waiting:
        raise RareClassesWaitError(row.report["rare"])


def sweep_uploads(session: Session, storage: Storage, *, keep_hours: float) -> int:
    """Delete uploads that became no dataset in time, and files that no row knows; how many of both."""
    before = datetime.now(UTC) - timedelta(hours=keep_hours)
    old = queries.unused_uploads(session, before=before)
    for upload in old:
        session.delete(upload)
        remove(storage.upload(upload.id))
    session.flush()
    known = {str(upload_id) for upload_id in queries.upload_ids(session)}
    # A file is renamed into place a moment before its row is committed: the young are left alone.
    strays = [
        path
        for path in storage.uploads.iterdir()
        if path.name not in known and is_older(path, 3_600 * keep_hours)
    ]
    for path in strays:
        remove(path)
    return len(old) + len(strays)


def describe_row(
    row: DatasetRow,
    learned: Dataset,
    facts: Mapping[str, Any],
    split: LearningData | RareClassesError,
    rare: RareClasses | None,
) -> None:
    """Let a row tell of what is learned from it."""
    row.rows, row.classes = len(learned), len(learned.classes)
    row.class_counts = dict(Counter(learned.labels))
    _apply(row, facts, split, rare)


def _apply(
    row: DatasetRow,
    facts: Mapping[str, Any],
    split: LearningData | RareClassesError,
    rare: RareClasses | None,
) -> None:
    is_waiting = isinstance(split, RareClassesError)
    row.state = DatasetState.waiting if is_waiting else DatasetState.ready
    row.rare_classes = rare.value if rare and facts["rare"] else None
    row.report = facts


def _facts(dataset: Dataset, split: LearningData | RareClassesError, form: ReadForm) -> dict[str, Any]:
    return {
        "choices": form.model_dump(include=set(ReadForm.model_fields), exclude_none=True),
        **length_facts(dataset),
        **split_facts(split),
    }


def length_facts(dataset: Dataset) -> dict[str, Any]:
    lengths = dataset.facts.lengths
    facts = {"median": int(np.median(lengths)), "longest": int(lengths.max()), "total": int(lengths.sum())}
    return {"characters": facts}


def split_facts(split: LearningData | RareClassesError) -> dict[str, Any]:
    if isinstance(split, RareClassesError):
        return {"rare": split.classes, "parts": None, "sentences": []}
    report = split.split.report
    return {
        "rare": dict(report.rare.classes) if report.rare else {},
        "parts": dict(zip(("train", "validation", "test"), report.sizes, strict=True)),
        # The sizes come first and have their own place on the page.
        "sentences": list(report.sentences())[1:],
    }
