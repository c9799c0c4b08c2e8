"""Names become files of the data folder: uploads, datasets and classifiers, each whole or not there.

Every file and folder is written beside its place and renamed into it; what a killed process
left half-written carries `.part` in its name and is swept away at the next start.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Final
from uuid import UUID, uuid4

from app.errors import NotFoundError
from dvn.data.dataset import Dataset
from dvn.data.stored import read_parquet, write_parquet

PART: Final = ".part"


class MissingDatasetError(NotFoundError):
    def __init__(self) -> None:
        super().__init__("The texts of this dataset are not on this machine; upload its file again.")


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A complete file that waits under a draft's name."""

    draft: Path
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Storage:
    """The files below one data folder."""

    folder: Path

    @property
    def uploads(self) -> Path:
        return self._made("uploads")

    @property
    def unfinished(self) -> Path:
        """Uploads that arrive in parts; no start sweeps them, so that they go on after it."""
        return self._made("unfinished")

    @property
    def datasets(self) -> Path:
        return self._made("datasets")

    @property
    def fixed(self) -> Path:
        return self._made("fixed")

    @property
    def classifiers(self) -> Path:
        return self._made("classifiers")

    @property
    def vectors(self) -> Path:
        return self._made("vectors")

    def upload(self, upload_id: UUID) -> Path:
        return self.uploads / str(upload_id)

    def classifier(self, classifier_id: UUID) -> Path:
        return self.classifiers / str(classifier_id)

    def save_dataset(self, dataset: Dataset) -> None:
        """Store the dataset under its content hash; what is stored already stays."""
        target = self.datasets / f"{dataset.content_hash}.parquet"
        if not target.exists():
            write_parquet(dataset, target)

    def fixed_dataset(self, dataset_id: UUID) -> Path:
        return self.fixed / f"{dataset_id}.parquet"

    def fixed_draft(self, job_id: UUID) -> Path:
        """Where a job writes a fixed dataset before it takes its place."""
        return self.fixed / f"{job_id}{PART}"

    def load_dataset(self, content_hash: str, *, on_disk: bool = False) -> Dataset:
        """The dataset stored under this content hash; `on_disk`: texts that are many may stay in the file.

        Raises:
            MissingDatasetError: It is not here; its row may have been made on another machine.
        """
        path = self.datasets / f"{content_hash}.parquet"
        if not path.exists():
            raise MissingDatasetError
        return read_parquet(path, on_disk=on_disk)

    def sweep(self, *, upload_age_seconds: float, age_seconds: float) -> None:
        """Remove drafts that nobody is writing any more: those older than this."""
        folders = (self.datasets, self.fixed, self.classifiers)
        ages = {self.uploads: upload_age_seconds, **dict.fromkeys(folders, age_seconds)}
        for folder, age in ages.items():
            for draft in (*folder.glob(f"*{PART}"), *folder.glob(".*")):
                if is_older(draft, age):
                    remove(draft)

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path to write to, a file or a folder; it takes the target's place when the block ends well."""
    draft = target.with_name(f"{target.name}.{uuid4().hex[:8]}{PART}")
    try:
        yield draft
        _sync(draft)
        if draft.is_dir() and target.exists():
            remove(target)
        draft.replace(target)
    finally:
        remove(draft)


def is_older(path: Path, seconds: float) -> bool:
    """Whether a file or folder was last written before so many seconds; one that is gone is not."""
    try:
        return path.stat().st_mtime <= time() - seconds
    except FileNotFoundError:
        return False


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    for file in path.rglob("*") if path.is_dir() else (path,):
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
