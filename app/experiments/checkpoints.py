"""Snapshots become checkpoints: the shipped one, those fitted here, and those that may not know a family."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from app.errors import BadInputError
from app.settings import Settings
from app.storage import replacing
from dvn.errors import CheckpointError
from dvn.value_network import (
    Checkpoint,
    Experience,
    FitOptions,
    Metric,
    make_checkpoint,
    read_experience,
)

SNAPSHOT: Final = "snapshot"
CHECKPOINT: Final = "checkpoint"
CHECKPOINTS: Final[Mapping[Metric, str]] = {
    "accuracy": CHECKPOINT,
    "macro_f1": "checkpoint_macro_f1",
    "balanced_accuracy": "checkpoint_balanced_accuracy",
}
"""The folder of the value network that foretells each metric."""

FITTED: Final = "checkpoints"

Watch = Callable[[str], None]


class UnknownFamilyError(BadInputError):
    def __init__(self, family: str, known: list[str]) -> None:
        super().__init__(f"No known task is of the family {family!r}; the families are {', '.join(known)}.")


@dataclass(frozen=True, slots=True)
class FoundCheckpoint:
    """A checkpoint and where it lies."""

    folder: Path
    checkpoint: Checkpoint
    is_shipped: bool


def shipped_folder(settings: Settings, space: str, metric: Metric = "accuracy") -> Path:
    """Where the checkpoint that ships for a space and a metric lies; the service answers by it."""
    return settings.experience / space / CHECKPOINTS[metric]


def shipped_snapshot(settings: Settings, space: str) -> Path:
    """Where the experience that ships for a space lies."""
    return settings.experience / space / SNAPSHOT


def fitted_folder(settings: Settings, name: str) -> Path:
    """Where a checkpoint fitted on this machine lies."""
    return settings.data / FITTED / name


def checkpoint_without(
    settings: Settings, family: str, space: str, metric: Metric = "accuracy", *, watch: Watch | None = None
) -> Checkpoint:
    """The checkpoint fitted to the shipped snapshot without one family; fitted once, then read from disk.

    Raises:
        UnknownFamilyError: No task is of that family.
        CheckpointError: The snapshot cannot be used.
    """
    experience = read_experience(shipped_snapshot(settings, space), space, metric)
    families = sorted({task.family for task in experience.tasks})
    if family not in families:
        raise UnknownFamilyError(family, families)
    known = experience.without_family(family)
    options = FitOptions()
    # Other options are another checkpoint: a recipe that changed must not be answered from an old file.
    recipe = sha256(f"{known.snapshot_hash} {space} {metric} {options}".encode()).hexdigest()
    folder = fitted_folder(settings, f"without-{recipe[:16]}")
    try:
        return Checkpoint.load(folder)
    except CheckpointError:
        return fit_into(folder, known, options=options, watch=watch)


def fit_into(
    folder: Path, experience: Experience, *, options: FitOptions | None = None, watch: Watch | None = None
) -> Checkpoint:
    """Fit a checkpoint and put it in a folder, whole or not at all."""
    checkpoint = make_checkpoint(experience, options, watch=watch)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replacing(folder) as draft:
        checkpoint.save(draft)
    return checkpoint


def found_checkpoints(settings: Settings, spaces: list[str]) -> Iterator[FoundCheckpoint]:
    """The shipped checkpoints, then those fitted here, by name; folders that hold none are passed over."""
    shipped = [settings.experience / space / name for space in spaces for name in CHECKPOINTS.values()]
    fitted = sorted((settings.data / FITTED).glob("*")) if (settings.data / FITTED).is_dir() else []
    for folder in [*shipped, *fitted]:
        try:
            yield FoundCheckpoint(folder, Checkpoint.load(folder), folder in shipped)
        except CheckpointError:
            continue
