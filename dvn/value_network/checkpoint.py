"""A fitted value network with all that its answers depend on, saved as safetensors with a manifest."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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
from dvn.value_network.network import NetworkShape, TaskVector, ValueNetwork, sample_batch
from dvn.value_network.observations import Standardiser, class_number, padded

FORMAT = 1
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"


class UnusableCheckpointError(CheckpointError):
    """A folder does not hold a value network that this program can use."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The checkpoint in {folder} cannot be used: {reason}; `forethought fit` makes a new one."
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where true accuracies fell beside predicted ones on left-out families.

    A predicted logit of accuracy is drawn towards `centre` by `slope`, since a level predicted for a task
    never seen is overconfident; the offsets, (true - drawn) logits, are the edges of the central share
    `coverage` and its median.
    """

    coverage: float
    low: float
    middle: float
    high: float
    tasks: int
    slope: float = 1.0
    centre: float = 0.0


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The known tasks a new one is compared with; distances between standardised hand-made features."""

    names: tuple[str, ...]
    families: tuple[str, ...]
    content_hashes: tuple[str, ...]
    handmade: Float[np.ndarray, "tasks handmade"]
    far: float

    def distances(self, handmade: Float[np.ndarray, " handmade"]) -> Float[np.ndarray, " tasks"]:
        """Root mean square difference to each known task, in standard deviations."""
        result: np.ndarray = np.sqrt(np.square(self.handmade - handmade).mean(axis=1))
        return result


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the value network says of some architectures on one task."""

    scores: Float[np.ndarray, " architectures"]
    accuracies: Float[np.ndarray, " architectures"]
    train_seconds: Float[np.ndarray, " architectures"]
    bundle_bytes: Float[np.ndarray, " architectures"]


@dataclass(frozen=True)
class Checkpoint:
    """A value network of one space that can be asked about any task."""

    id: str
    space: str
    snapshot_hash: str
    network: ValueNetwork
    standardiser: Standardiser
    cost_mean: Float[np.ndarray, " costs"]
    cost_scale: Float[np.ndarray, " costs"]
    calibration: Calibration
    landmarks: Landmarks
    best_on_average: tuple[Architecture, ...]
    scores: Mapping[str, float]

    @cached_property
    def relaxation(self) -> Relaxation:
        """The relaxation of the checkpoint's space."""
        return Relaxation(get_space(self.space))

    def describe(self, description: TaskDescription) -> TaskVector:
        """Z of a task, with the heads' level and spread."""
        members = self.network.shape.members
        handmade = torch.from_numpy(self.standardiser(description.handmade)).expand(members, -1)
        vectors, classes = padded([description])
        batch = sample_batch(
            vectors.expand(members, -1, -1), classes.expand(members, -1), class_number(description)
        )
        with torch.no_grad():
            return self.network.describe(batch, handmade)

    def score(self, u: Float[Tensor, "rows logits"], task: TaskVector) -> Float[Tensor, " rows"]:
        """Predicted normalised scores of relaxed vectors; differentiable in `u`, mean over the members."""
        members = self.network.shape.members
        weighted = self.relaxation.weighted(u).unsqueeze(0).expand(members, -1, -1)
        return self.network.score(weighted, task.z)[0].mean(dim=0)

    def predict(self, architectures: Sequence[Architecture], task: TaskVector) -> Prediction:
        """Scores, accuracies and costs of real architectures."""
        u = torch.from_numpy(self.relaxation.vertices(architectures))
        weighted = self.relaxation.weighted(u).unsqueeze(0).expand(self.network.shape.members, -1, -1)
        with torch.no_grad():
            scores, costs = self.network.score(weighted, task.z)
        level = torch.sigmoid(task.level).unsqueeze(1)
        spread = 0.1 * torch.exp(task.spread.clamp(max=1.0)).unsqueeze(1)
        accuracies = (level + spread * scores).clamp(0.001, 0.999).mean(dim=0).numpy()
        logs = costs.mean(dim=0).numpy() * self.cost_scale + self.cost_mean
        return Prediction(scores.mean(dim=0).numpy(), accuracies, np.exp(logs[:, 0]), np.exp(logs[:, 1]))

    def interval(
        self, accuracies: Float[np.ndarray, " rows"]
    ) -> tuple[Float[np.ndarray, " rows"], Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]:
        """Expected accuracies with their calibrated low and high ends, all strictly between 0 and 1."""
        shares = accuracies.astype(np.float64)
        logits = np.log(shares / (1.0 - shares))
        logits = self.calibration.centre + self.calibration.slope * (logits - self.calibration.centre)
        low, middle, high = (
            1.0 / (1.0 + np.exp(-(logits + offset)))
            for offset in (self.calibration.low, self.calibration.middle, self.calibration.high)
        )
        return middle, low, high

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
            "handmade": list(HANDMADE_NAMES),
            "shape": asdict(self.network.shape),
            "calibration": asdict(self.calibration),
            "far": self.landmarks.far,
            "tasks": [
                {"name": name, "family": family, "content_hash": content}
                for name, family, content in zip(
                    self.landmarks.names, self.landmarks.families, self.landmarks.content_hashes, strict=True
                )
            ],
            "best_on_average": [dict(best.decisions) for best in self.best_on_average],
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
        weights = {f"network.{name}": tensor.numpy() for name, tensor in self.network.state_dict().items()}
        return weights | {
            "handmade_mean": self.standardiser.mean,
            "handmade_scale": self.standardiser.scale,
            "cost_mean": self.cost_mean,
            "cost_scale": self.cost_scale,
            "landmarks": self.landmarks.handmade,
        }


def identity(network: ValueNetwork, snapshot_hash: str) -> str:
    """Twelve hexadecimal digits from the weights and the snapshot they were fitted to."""
    digest = hashlib.sha256(snapshot_hash.encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()[:12]


def _is_current(manifest: object) -> TypeGuard[dict[str, object]]:
    """Whether this version of the program wrote a manifest: same format, space and meta-features."""
    if not isinstance(manifest, dict):
        return False
    space = SPACES.get(str(manifest.get("space")))
    found = (manifest.get("format"), manifest.get("space_version"), manifest.get("handmade"))
    return space is not None and found == (FORMAT, space.version, list(HANDMADE_NAMES))


def _rebuilt(manifest: dict[str, object], arrays: dict[str, np.ndarray]) -> Checkpoint:
    stored: dict[str, int] = manifest["shape"]  # type: ignore[assignment]  # our own JSON
    network = ValueNetwork(NetworkShape(**stored), torch.Generator())  # type: ignore[arg-type]  # our own JSON
    prefix = "network."
    state = {
        name[len(prefix) :]: torch.from_numpy(array)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    network.load_state_dict(state)
    network.requires_grad_(requires_grad=False)
    tasks: list[dict[str, str]] = manifest["tasks"]  # type: ignore[assignment]  # our own JSON
    best: list[dict[str, object]] = manifest["best_on_average"]  # type: ignore[assignment]  # our own JSON
    calibration: dict[str, float] = manifest["calibration"]  # type: ignore[assignment]  # our own JSON
    scores: dict[str, float] = manifest["scores"]  # type: ignore[assignment]  # our own JSON
    space = get_space(str(manifest["space"]))
    return Checkpoint(
        id=str(manifest["id"]),
        space=space.name,
        snapshot_hash=str(manifest["snapshot_hash"]),
        network=network.eval(),
        standardiser=Standardiser(arrays["handmade_mean"], arrays["handmade_scale"]),
        cost_mean=arrays["cost_mean"],
        cost_scale=arrays["cost_scale"],
        calibration=Calibration(**calibration),  # type: ignore[arg-type]  # our own JSON
        landmarks=Landmarks(
            tuple(task["name"] for task in tasks),
            tuple(task["family"] for task in tasks),
            tuple(task["content_hash"] for task in tasks),
            arrays["landmarks"],
            float(str(manifest["far"])),
        ),
        best_on_average=tuple(space.parse(decisions) for decisions in best),
        scores=scores,
    )
