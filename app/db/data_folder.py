"""A path becomes a data folder that this version may use, or one sentence why not."""

import json
import os
from pathlib import Path
from typing import Final

from app.errors import DataFolderError

FORMAT: Final = 1
VERSION_FILE: Final = "version"


class NewerDataFolderError(DataFolderError):
    def __init__(self, folder: Path, found: object) -> None:
        super().__init__(
            f"The data folder {folder} was written by a newer Forethought (format {found}, this one knows "
            f"up to {FORMAT}): update Forethought, or choose another folder with --data."
        )


class UnusableDataFolderError(DataFolderError):
    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The data folder {folder} cannot be used ({reason}): choose another one with --data or "
            "FORETHOUGHT_DATA."
        )


def open_data_folder(folder: Path) -> None:
    """Make the folder, or check that this version may use it; its version file is written last.

    Raises:
        DataFolderError: It belongs to a newer version, or it cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        version = folder / VERSION_FILE
        if version.exists():
            check_format(folder, version.read_text())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UnusableDataFolderError(folder, "it is not writable")
        if not version.exists():
            draft = folder / f"{VERSION_FILE}.{os.getpid()}"
            draft.write_text(json.dumps({"format": FORMAT}) + "\n")
            draft.replace(version)
    except OSError as error:
        raise UnusableDataFolderError(folder, error.strerror or str(error)) from None


def check_format(folder: Path, text: str) -> None:
    try:
        found = json.loads(text)["format"]
    except (ValueError, KeyError, TypeError):
        raise UnusableDataFolderError(folder, f"its file {VERSION_FILE!r} is damaged") from None
    if not isinstance(found, int) or found > FORMAT:
        raise NewerDataFolderError(folder, found)
