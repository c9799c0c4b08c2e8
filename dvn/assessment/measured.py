"""What a classifier predicted of texts whose labels are known becomes one compressed file, and comes back.

Decision: probabilities before the temperature, in half precision, beside the predicted class. Why: everything
that is shown of a test part derives from them, so that it is measured once; half precision leaves three
digits, and the predicted class must not hang on the fourth. Rejected: texts, which are the dataset's own and
stored there.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from dvn.data.dataset import Dataset
from dvn.data.split import Split
from dvn.errors import TrainingError
from dvn.training import Outcome

FILE: Final = "predictions.npz"
PARTS: Final = ("validation", "test")


class UnreadablePredictionsError(TrainingError):
    """The stored predictions are damaged or gone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The predictions in {folder} cannot be read; train the classifier again.")


@dataclass(frozen=True, slots=True)
class MeasuredPart:
    """The texts of one part: row numbers, true and predicted classes, probabilities at temperature 1."""

    rows: Int[np.ndarray, " texts"]
    truths: Int[np.ndarray, " texts"]
    predicted: Int[np.ndarray, " texts"]
    probabilities: Float[np.ndarray, "texts classes"]


@dataclass(frozen=True, slots=True)
class MeasuredPredictions:
    """Validation and test part of one classifier, and the temperature that was fitted on the first."""

    validation: MeasuredPart
    test: MeasuredPart
    temperature: float

    def save(self, folder: Path) -> None:
        """Write them into the folder of their classifier."""
        arrays: dict[str, np.ndarray] = {"temperature": np.array(self.temperature)}
        for part in PARTS:
            for field in fields(MeasuredPart):
                arrays[f"{part}_{field.name}"] = getattr(getattr(self, part), field.name)
        small: Mapping[str, Any] = {name: _small(array) for name, array in arrays.items()}
        with (folder / FILE).open("wb") as file:
            np.savez_compressed(file, **small)

    @classmethod
    def load(cls, folder: Path) -> "MeasuredPredictions":
        """The predictions in a classifier's folder.

        Raises:
            UnreadablePredictionsError: There are none, or they are damaged.
        """
        try:
            with (folder / FILE).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                validation, test = (_part(arrays, part) for part in PARTS)
                return cls(validation, test, float(arrays["temperature"]))
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise UnreadablePredictionsError(folder) from error


def measured(
    outcome: Outcome, dataset: Dataset, split: Split, rows: Int[np.ndarray, " texts"] | None = None
) -> MeasuredPredictions:
    """What a run predicted.

    Args:
        outcome: The run.
        dataset: What it was trained on.
        split: The parts of that.
        rows: For each text of the dataset its row where the texts are stored, if that is another.
    """
    found = {}
    for part in PARTS:
        chosen = getattr(split, part)
        probabilities = getattr(outcome, f"{part}_probabilities")
        found[part] = MeasuredPart(
            rows=chosen if rows is None else rows[chosen],
            truths=dataset.label_ids[chosen],
            predicted=probabilities.argmax(axis=1),
            probabilities=probabilities,
        )
    return MeasuredPredictions(found["validation"], found["test"], outcome.temperature)


def _small(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.float32:
        return array.astype(np.float16)
    return array.astype(np.int32) if array.dtype == np.int64 else array


def _part(arrays: Mapping[str, np.ndarray], part: str) -> MeasuredPart:
    rows, truths, predicted = (
        arrays[f"{part}_{name}"].astype(np.int64) for name in ("rows", "truths", "predicted")
    )
    return MeasuredPart(rows, truths, predicted, arrays[f"{part}_probabilities"].astype(np.float32))
