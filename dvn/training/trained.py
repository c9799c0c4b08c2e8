"""A trained classifier: labels for new texts, and a folder it is saved to and loaded from.

Decision: JSON for what is read, safetensors for numbers. Rejected: pickle, which runs code when loaded.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from safetensors.numpy import load_file, save_file

from dvn.architecture import Architecture, get_space
from dvn.embeddings import get_module
from dvn.errors import ArchitectureError, EmbeddingError, TrainingError
from dvn.training.child import Child
from dvn.training.features import CutTable, ScaledEncoder
from dvn.training.ngrams import Ngrams
from dvn.training.pipeline import Pipeline
from dvn.training.plan import Plan, plan
from dvn.training.single_thread import single_thread

FORMAT = 1
MANIFEST = "classifier.json"
WEIGHTS = "weights.safetensors"
NGRAMS = "ngrams.json"
_KEYS = {"format", "architecture", "labels", "modules", "encoder_scale", "sha256"}


class UnusableClassifierError(TrainingError):
    """A folder does not hold a classifier that this program can load."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"The classifier in {folder} cannot be loaded: {reason}; train it again.")


@dataclass(frozen=True, slots=True)
class Predictions:
    """Labels of some texts, and the probability of every class, in the order of `labels`."""

    labels: tuple[str, ...]
    probabilities: Float[np.ndarray, "texts classes"]

    @property
    def confidences(self) -> Float[np.ndarray, " texts"]:
        """The probability of each predicted label."""
        best: np.ndarray = self.probabilities.max(axis=1, initial=0.0)
        return best


@dataclass(frozen=True, slots=True)
class TrainedClassifier:
    """A pipeline and a child network with the labels they predict.

    Every prediction is made at `temperature`, which was fitted on validation texts: it moves probabilities,
    and never which class is the most probable one.
    """

    architecture: Architecture
    labels: tuple[str, ...]
    pipeline: Pipeline
    child: Child
    temperature: float = 1.0

    def predict(self, texts: Sequence[str]) -> Predictions:
        """The label of each text and all class probabilities, in the order of the texts."""
        with single_thread():
            probabilities = self.child.probabilities(self._serving().inputs(texts), self.temperature)
        best = probabilities.argmax(axis=1)
        return Predictions(tuple(self.labels[place] for place in best), probabilities)

    def save(self, folder: Path) -> None:
        """Write the classifier into an existing or new folder."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file(self._arrays(), folder / WEIGHTS)
        if self.pipeline.ngrams is not None:
            text = json.dumps(self.pipeline.ngrams.vocabulary, ensure_ascii=False)
            (folder / NGRAMS).write_text(text, encoding="utf-8")
        written = [WEIGHTS] if self.pipeline.ngrams is None else [WEIGHTS, NGRAMS]
        manifest = {
            "format": FORMAT,
            "architecture": self.architecture.to_json(),
            "labels": list(self.labels),
            "temperature": self.temperature,
            "modules": self.pipeline.module_versions(),
            "encoder_scale": None if self.pipeline.encoder is None else self.pipeline.encoder.scale,
            "sha256": {name: _digest(folder / name) for name in written},
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "TrainedClassifier":
        """The classifier saved in a folder.

        Raises:
            UnusableClassifierError: A file is missing or damaged, or was made by another format or module.
        """
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            _check(folder, manifest)
            return cls._rebuilt(folder, manifest)
        except OSError as error:
            name = Path(str(error.filename)).name
            raise UnusableClassifierError(folder, f"{name} cannot be read") from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise UnusableClassifierError(folder, f"{MANIFEST} is not JSON") from error
        except (ArchitectureError, EmbeddingError) as error:
            raise UnusableClassifierError(folder, str(error).rstrip(".")) from error

    @classmethod
    def _rebuilt(cls, folder: Path, manifest: Mapping[str, Any]) -> "TrainedClassifier":
        description: Mapping[str, object] = manifest["architecture"]
        labels: tuple[str, ...] = tuple(manifest["labels"])
        architecture = get_space(str(description.get("space"))).from_json(description)
        chosen = plan(architecture, train_rows=1)
        arrays = load_file(folder / WEIGHTS)
        encoder = table = ngrams = None
        if chosen.encoder is not None:
            encoder = ScaledEncoder(chosen.encoder, float(manifest["encoder_scale"]))
        if chosen.table is not None:
            table = CutTable(chosen.table, arrays["table_rows"], arrays["table"].astype(np.float32))
        if chosen.ngrams is not None:
            vocabulary = json.loads((folder / NGRAMS).read_text(encoding="utf-8"))
            ngrams = Ngrams(chosen.ngrams, tuple(vocabulary), arrays["idf"])
        pipeline = Pipeline(encoder, table, chosen.tune_table, ngrams)
        child = _child(chosen, pipeline, arrays, len(labels))
        # Classifiers of before temperatures were fitted have none.
        return cls(architecture, labels, pipeline, child, _temperature(folder, manifest))

    def bundle_bytes(self) -> int:
        """Bytes of the unpacked bundle with the weights of its frozen encoder, libraries left out."""
        numbers = sum(array.nbytes for array in self._arrays().values())
        vocabulary = () if self.pipeline.ngrams is None else self.pipeline.ngrams.vocabulary
        words = sum(len(name.encode()) + 4 for name in vocabulary)
        encoder = self.pipeline.encoder
        return numbers + words + (0 if encoder is None else get_module(encoder.module).bytes)

    def _serving(self) -> Pipeline:
        if self.child.table is None:
            return self.pipeline
        return self.pipeline.with_table(self.child.table.table)

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {"bias": self.child.bias}
        if self.child.tower is not None:
            for name, tensor in self.child.tower.state_dict().items():
                arrays[f"tower.{name}"] = np.ascontiguousarray(tensor.numpy())
        if self.pipeline.table is not None:
            arrays["table_rows"] = self.pipeline.table.rows
            trained = self.child.table
            # Half precision halves the bundle; the rounding of a vector is far below its noise.
            vectors = self.pipeline.table.vectors if trained is None else trained.table
            arrays["table"] = vectors.astype(np.float16)
        if self.child.wide is not None and self.pipeline.ngrams is not None:
            arrays["wide"] = self.child.wide.table
            arrays["idf"] = self.pipeline.ngrams.idf
        return arrays


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check(folder: Path, manifest: object) -> None:
    """Refuse what another format or module wrote, and damaged files."""
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(manifest, dict) or found != FORMAT:
        raise UnusableClassifierError(folder, f"its format is {found}, not {FORMAT}")
    missing = _KEYS - manifest.keys()
    if missing:
        raise UnusableClassifierError(folder, f"{MANIFEST} lacks {', '.join(sorted(missing))}")
    for name, digest in manifest["sha256"].items():
        if _digest(folder / name) != digest:
            raise UnusableClassifierError(folder, f"{name} is damaged (its checksum differs)")
    for name, version in manifest["modules"].items():
        if get_module(name).version != version:
            raise UnusableClassifierError(folder, f"it needs version {version} of the module {name}")


def _temperature(folder: Path, manifest: Mapping[str, Any]) -> float:
    found = manifest.get("temperature", 1.0)
    if not isinstance(found, int | float) or not 0 < found < float("inf"):
        raise UnusableClassifierError(folder, f"its temperature is {found!r}, no positive number")
    return float(found)


def _child(chosen: Plan, pipeline: Pipeline, arrays: dict[str, np.ndarray], classes: int) -> Child:
    # Inputs of no texts tell the widths, and load no embedding module.
    child = pipeline.new_child(chosen, pipeline.inputs([]), classes, torch.Generator().manual_seed(0))
    child.bias[:] = arrays["bias"]
    if child.wide is not None:
        child.wide.table = arrays["wide"]
    if child.tower is not None:
        prefix = "tower."
        tower = {name: array for name, array in arrays.items() if name.startswith(prefix)}
        state = {name.removeprefix(prefix): torch.from_numpy(array) for name, array in tower.items()}
        child.tower.load_state_dict(state)
    return child
