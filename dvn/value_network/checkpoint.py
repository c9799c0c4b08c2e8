"""A fitted value network with all that its answers depend on, saved as safetensors with a manifest."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeGuard

import numpy as np
import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.numpy import load_file, save
from torch import Tensor

from dvn.architecture import SPACES, Architecture, Relaxation, get_space
from dvn.errors import ArchitectureError, CheckpointError
from dvn.metafeatures import HANDMADE_NAMES, TaskDescription
from dvn.value_network.calibration import Calibration, Ends
from dvn.value_network.landmarks import MOST_DEVIATIONS, Landmarks
from dvn.value_network.observations import Standardiser
from dvn.value_network.simple_choices import SimpleChoices
from dvn.value_network.snapshot import Metric
from dvn.value_network.task_features import TaskFeatures
from dvn.value_network.value_form import TaskView, ValueForm

FORMAT = 4
FORM = "process"
"""What v(u, z) is: the mean of a Gaussian process, quadratic in u and linear in z."""

CAUTION = 0.5
"""Standard deviations of its doubt by which a gain over what is best on average must exceed zero.

Chosen by validation scores on 104 tasks left out, of 0 to 1.5 (`reports/wide_deep/caution.md`).
"""

_PREFIX = "network."
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
_FAR = ("far", "far_centre", "least_gain")


class UnusableCheckpointError(CheckpointError):
    """A folder does not hold a value network that this program can use."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The checkpoint in {folder} cannot be used: {reason}; `forethought fit` makes a new one."
        )


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the value network says of some architectures on one task.

    Attributes:
        scores: Expected normal scores.
        careful: Scores less `CAUTION` times the doubt of what they gain on the best on average; the same
            where none of the architectures is known to be good on average.
        accuracies: Values of the metric that scores stand for.
        careful_accuracies: Those of careful scores.
        train_seconds: Without the seconds of inputs.
        predict_milliseconds: Of one text.
        bundle_bytes: On disk.
        doubt: The task's, in logits.
    """

    scores: Float[np.ndarray, " architectures"]
    careful: Float[np.ndarray, " architectures"]
    accuracies: Float[np.ndarray, " architectures"]
    careful_accuracies: Float[np.ndarray, " architectures"]
    train_seconds: Float[np.ndarray, " architectures"]
    predict_milliseconds: Float[np.ndarray, " architectures"]
    bundle_bytes: Float[np.ndarray, " architectures"]
    doubt: float


@dataclass(frozen=True)
class Checkpoint:
    """A value network of one space that can be asked about any task; it foretells values of one metric."""

    id: str
    space: str
    snapshot_hash: str
    network: ValueForm
    features: TaskFeatures
    standardiser: Standardiser
    calibration: Calibration
    landmarks: Landmarks
    best_on_average: tuple[Architecture, ...]
    scores: Mapping[str, float]
    metric: Metric = "accuracy"
    choices: SimpleChoices = field(default_factory=SimpleChoices)

    @cached_property
    def relaxation(self) -> Relaxation:
        """The relaxation of the checkpoint's space."""
        return Relaxation(get_space(self.space))

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the task's numbers that the value network reads."""
        return self.features.names

    def describe(self, description: TaskDescription) -> TaskView:
        """Z of a task, and all that the value network says of it before an architecture is named."""
        return self.network.describe(torch.from_numpy(self.features([description])[0]))

    def is_outside(self, description: TaskDescription) -> bool:
        """Whether a task is unlike every known one."""
        return self.landmarks.is_outside(description, self.standardiser(description.handmade))

    def score(self, u: Float[Tensor, "rows logits"], task: TaskView) -> Float[Tensor, " rows"]:
        """Predicted normal scores of relaxed vectors; differentiable in `u`."""
        return self.network.score(self.relaxation.weighted(u), task)

    def predict(
        self,
        architectures: Sequence[Architecture],
        task: TaskView,
        *,
        reference: Architecture | None = None,
    ) -> Prediction:
        """Scores, accuracies and costs of real architectures.

        Args:
            architectures: What is asked about.
            task: The described task.
            reference: What a gain is doubted over; otherwise the best on average of the architectures.
        """
        weighted = self._weighted(architectures)
        scores = self.network.score(weighted, task)
        reference = reference or self.default_of(architectures)
        careful = scores
        if reference is not None:
            careful = scores - CAUTION * self.network.doubt_of_gain(weighted, self._weighted([reference])[0])
        of_scores = torch.stack([scores, careful])
        accuracies = torch.sigmoid(task.level + np.exp(task.spread) * of_scores).clamp(0.001, 0.999).numpy()
        seconds, milliseconds, sizes = self.network.cost_logs(weighted, task).exp().numpy().T
        return Prediction(
            scores=scores.numpy(),
            careful=careful.numpy(),
            accuracies=accuracies[0],
            careful_accuracies=accuracies[1],
            train_seconds=seconds,
            predict_milliseconds=milliseconds,
            bundle_bytes=sizes,
            doubt=task.doubt,
        )

    def default_of(self, architectures: Sequence[Architecture]) -> Architecture | None:
        """Of these architectures the best on average, if any is known to be good on average."""
        among = set(architectures)
        return next((best for best in self.best_on_average if best in among), None)

    def _weighted(self, architectures: Sequence[Architecture]) -> Float[Tensor, "architectures logits"]:
        return self.relaxation.weighted(torch.from_numpy(self.relaxation.vertices(architectures)))

    def interval(self, accuracies: Float[np.ndarray, " rows"], doubt: float = 1.0) -> Ends:
        """Expected accuracies with their calibrated low and high ends, all strictly between 0 and 1.

        Args:
            accuracies: What `predict` said.
            doubt: The prediction's, which widens the interval of a task that is hard to tell.
        """
        return self.calibration.interval(accuracies, doubt)

    def save(self, folder: Path) -> None:
        """Write weights and manifest into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WEIGHTS).write_bytes(save(self._arrays()))
        text = json.dumps(self.manifest(), ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    def manifest(self) -> dict[str, object]:
        """Everything but the numbers, as JSON."""
        return {
            "format": FORMAT,
            "id": self.id,
            "space": self.space,
            "space_version": get_space(self.space).version,
            "snapshot_hash": self.snapshot_hash,
            "metric": self.metric,
            "handmade": list(HANDMADE_NAMES),
            "form": FORM,
            "features": list(self.features.names),
            "calibration": asdict(self.calibration),
            "far": {name: getattr(self.landmarks, name) for name in _FAR},
            "tasks": [
                {"name": name, "family": family, "content_hash": content}
                for name, family, content in zip(
                    self.landmarks.names, self.landmarks.families, self.landmarks.content_hashes, strict=True
                )
            ],
            "best_on_average": [dict(best.decisions) for best in self.best_on_average],
            "choices": self.choices.to_json(),
            "scores": dict(self.scores),
            "weights_sha256": hashlib.sha256(save(self._arrays())).hexdigest(),
        }

    @classmethod
    def load(cls, folder: Path) -> "Checkpoint":
        """The checkpoint saved in a folder.

        Raises:
            UnusableCheckpointError: A file is missing or damaged, or is of another space or format.
        """
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
        except (OSError, ValueError) as error:
            raise UnusableCheckpointError(folder, f"{MANIFEST} or {WEIGHTS} cannot be read") from error
        if not _is_current(manifest):
            raise UnusableCheckpointError(folder, "another version of Forethought made it")
        if manifest.get("weights_sha256") != digest:
            raise UnusableCheckpointError(folder, f"{WEIGHTS} is damaged (its checksum differs)")
        try:
            return _rebuilt(manifest, load_file(folder / WEIGHTS))
        except (
            LookupError,
            TypeError,
            ValueError,
            RuntimeError,
            SafetensorError,
            ArchitectureError,
        ) as error:
            raise UnusableCheckpointError(folder, f"{MANIFEST} and {WEIGHTS} do not fit together") from error

    def _arrays(self) -> dict[str, np.ndarray]:
        state = self.network.state_dict().items()
        weights = {f"{_PREFIX}{name}": np.ascontiguousarray(tensor.numpy()) for name, tensor in state}
        return weights | {
            "features_mean": self.features.mean,
            "features_scale": self.features.scale,
            "handmade_mean": self.standardiser.mean,
            "handmade_scale": self.standardiser.scale,
            "landmarks": self.landmarks.handmade,
            "centres": self.landmarks.centres,
        }


def identity(network: ValueForm, recipe: str) -> str:
    """Twelve hexadecimal digits from the weights and what they were fitted to and how, in words."""
    digest = hashlib.sha256(recipe.encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()[:12]


def _is_current(manifest: object) -> TypeGuard[dict[str, object]]:
    """Whether this version of the program wrote a manifest: same format, space and meta-features."""
    if not isinstance(manifest, dict):
        return False
    space = SPACES.get(str(manifest.get("space")))
    found = [manifest.get(name) for name in ("format", "form", "space_version", "handmade")]
    return space is not None and found == [FORMAT, FORM, space.version, list(HANDMADE_NAMES)]


def _rebuilt(manifest: dict[str, object], arrays: dict[str, np.ndarray]) -> Checkpoint:
    state = {
        name.removeprefix(_PREFIX): torch.from_numpy(array)
        for name, array in arrays.items()
        if name.startswith(_PREFIX)
    }
    names: list[str] = manifest["features"]  # type: ignore[assignment]  # our own JSON
    features = TaskFeatures(tuple(names), arrays["features_mean"], arrays["features_scale"])
    tasks: list[dict[str, str]] = manifest["tasks"]  # type: ignore[assignment]  # our own JSON
    best: list[dict[str, object]] = manifest["best_on_average"]  # type: ignore[assignment]  # our own JSON
    far: dict[str, float] = manifest["far"]  # type: ignore[assignment]  # our own JSON
    calibration: dict[str, float] = manifest["calibration"]  # type: ignore[assignment]  # our own JSON
    scores: dict[str, float] = manifest["scores"]  # type: ignore[assignment]  # our own JSON
    # Value networks of before foretold accuracy, and named no simple choices.
    metric: Metric = manifest.get("metric", "accuracy")  # type: ignore[assignment]  # our own JSON
    choices: dict[str, list[object]] = manifest.get("choices", {})  # type: ignore[assignment]  # our own JSON
    space = get_space(str(manifest["space"]))
    return Checkpoint(
        id=str(manifest["id"]),
        space=space.name,
        snapshot_hash=str(manifest["snapshot_hash"]),
        network=ValueForm.restored(state, len(names)),
        features=features,
        standardiser=Standardiser(arrays["handmade_mean"], arrays["handmade_scale"], MOST_DEVIATIONS),
        calibration=Calibration(**calibration),  # type: ignore[arg-type]  # our own JSON
        landmarks=Landmarks(
            tuple(task["name"] for task in tasks),
            tuple(task["family"] for task in tasks),
            tuple(task["content_hash"] for task in tasks),
            arrays["landmarks"],
            arrays["centres"],
            *(far[name] for name in _FAR),
        ),
        best_on_average=tuple(space.parse(decisions) for decisions in best),
        scores=scores,
        metric=metric,
        choices=SimpleChoices.from_json(choices, space.parse),
    )
