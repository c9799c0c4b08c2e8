"""What a person names becomes a path that may be written, or one sentence why not."""

import json
import os
from pathlib import Path
from typing import Final

from app.errors import BadInputError

_MANIFEST: Final = "classifier.json"
_SUFFIX: Final = ".classifier"


class NotAClassifierError(BadInputError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is there and is no classifier, so nothing is written over it; choose another place "
            "with --out."
        )


class UnwritablePlaceError(BadInputError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}; choose another place with --out.")


class SameFileError(BadInputError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is the file that is read; choose another place with --out.")


def classifier_folder(out: Path | None, file: Path) -> Path:
    """Where the classifier of a file goes: a new place, an empty folder, or an older classifier's.

    Raises:
        NotAClassifierError: Something else is there.
        UnwritablePlaceError: Nothing can be put there.
    """
    folder = (Path(file.stem + _SUFFIX) if out is None else out).resolve()
    _refuse_unwritable(folder)
    if folder.is_dir():
        if any(folder.iterdir()) and not _is_classifier(folder):
            raise NotAClassifierError(folder)
    elif folder.exists():
        raise NotAClassifierError(folder)
    return folder


def predictions_file(out: Path | None, file: Path) -> Path | None:
    """Where predictions go: a new or an older ordinary file; None is standard output.

    Raises:
        SameFileError: It is the file with the texts.
        UnwritablePlaceError: Nothing can be put there.
    """
    if out is None or str(out) == "-":
        return None
    if out.resolve() == file.resolve():
        raise SameFileError(out.resolve())
    return written_file(out)


def bundle_file(out: Path, model: Path) -> Path:
    """Where a classifier's zip goes: a new or an older ordinary file, outside the classifier's own folder.

    Raises:
        UnwritablePlaceError: Nothing can be put there.
    """
    target = written_file(out)
    if model.resolve() in target.parents:
        raise UnwritablePlaceError(target, "it would lie inside the classifier")
    return target


def written_file(out: Path) -> Path:
    """A new or an older ordinary file.

    Raises:
        UnwritablePlaceError: Nothing can be put there.
    """
    target = out.resolve()
    if target.exists() and not target.is_file():
        raise UnwritablePlaceError(target, "it is no ordinary file")
    _refuse_unwritable(target)
    return target


def _is_classifier(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and {"architecture", "labels"} <= manifest.keys()


def _refuse_unwritable(target: Path) -> None:
    above = next(folder for folder in target.parents if folder.exists())
    if not above.is_dir():
        raise UnwritablePlaceError(target, f"{above} is no folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UnwritablePlaceError(target, f"the folder {above} is not writable")
