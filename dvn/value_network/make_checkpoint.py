"""An experience becomes a checkpoint: the fitted ensemble, its calibration and its landmarks."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from dvn.architecture import Architecture
from dvn.value_network.checkpoint import Calibration, Checkpoint, Landmarks, identity
from dvn.value_network.fit import FitOptions, fit
from dvn.value_network.observations import Observations, observe
from dvn.value_network.snapshot import Experience

COVERAGE = 0.9
FOLDS = 5
BEST_KEPT = 8
_FEWEST_FOR_SLOPE = 10
_JUDGED = 3
"""Architectures of each left-out task, the best by prediction, that calibrate the interval."""

Watch = Callable[[str], None]


def make_checkpoint(
    experience: Experience,
    options: FitOptions | None = None,
    *,
    scores: Mapping[str, float] | None = None,
    watch: Watch | None = None,
) -> Checkpoint:
    """The checkpoint of an experience, its intervals calibrated across left-out families.

    Args:
        experience: Tasks and runs.
        options: How to fit; the defaults are those of the shipped checkpoint.
        scores: What `evaluate` said of this recipe, kept in the manifest.
        watch: Told in words what is under way.

    Raises:
        EmptyExperienceError: There is no run to learn from.
    """
    options = options or FitOptions()
    tell = watch or (lambda _: None)
    pairs: list[tuple[float, float]] = []
    parts = folds(experience)
    for number, (known, unknown) in enumerate(parts, start=1):
        tell(f"calibrating on left-out families, {number} of {len(parts)}")
        pairs += _judged(uncalibrated(experience.of_tasks(known), options), experience, unknown)
    tell("fitting to all tasks")
    fitted = uncalibrated(experience, options)
    return Checkpoint(
        id=fitted.id,
        space=fitted.space,
        snapshot_hash=fitted.snapshot_hash,
        network=fitted.network,
        standardiser=fitted.standardiser,
        cost_mean=fitted.cost_mean,
        cost_scale=fitted.cost_scale,
        calibration=_drawn(np.array(pairs).reshape(-1, 2)),
        landmarks=fitted.landmarks,
        best_on_average=fitted.best_on_average,
        scores=dict(scores or {}),
    )


def uncalibrated(experience: Experience, options: FitOptions) -> Checkpoint:
    """A checkpoint whose intervals are points; enough to rank architectures."""
    observations = observe(experience)
    network = fit(observations, options)
    network.requires_grad_(requires_grad=False)
    return Checkpoint(
        id=identity(network, experience.snapshot_hash),
        space=experience.space,
        snapshot_hash=experience.snapshot_hash,
        network=network,
        standardiser=observations.standardiser,
        cost_mean=observations.cost_mean,
        cost_scale=observations.cost_scale,
        calibration=Calibration(0.0, 0.0, 0.0, 0.0, 0),
        landmarks=_landmarks(experience, observations),
        best_on_average=tuple(best_on_average(experience)[:BEST_KEPT]),
        scores={},
    )


def best_on_average(experience: Experience) -> list[Architecture]:
    """The shared architectures by their mean normalised validation score over the tasks, best first."""
    levels: dict[int, list[float]] = defaultdict(list)
    for run in experience.runs:
        levels[run.task].append(run.validation_accuracy)
    found: dict[Architecture, list[float]] = defaultdict(list)
    for run in experience.runs:
        if run.is_shared:
            of_task = np.array(levels[run.task])
            normal = (run.validation_accuracy - of_task.mean()) / max(float(of_task.std()), 1e-3)
            found[run.architecture].append(float(normal))
    most = max(map(len, found.values()), default=0)
    complete = [architecture for architecture, values in found.items() if len(values) >= 0.9 * most]
    return sorted(
        complete, key=lambda architecture: (-float(np.mean(found[architecture])), architecture.hash)
    )


def folds(experience: Experience) -> list[tuple[list[int], list[int]]]:
    """Tasks inside and outside of at most five folds; a family is never on both sides.

    One family alone has no other to be judged by, and no folds.
    """
    families = sorted({task.family for task in experience.tasks})
    if len(families) == 1:
        return []
    place = {family: number % FOLDS for number, family in enumerate(families)}
    parts = []
    for fold in range(min(FOLDS, len(families))):
        outside = [i for i, task in enumerate(experience.tasks) if place[task.family] == fold]
        inside = [i for i in range(len(experience.tasks)) if i not in outside]
        parts.append((inside, outside))
    return parts


def _judged(checkpoint: Checkpoint, experience: Experience, unknown: list[int]) -> list[tuple[float, float]]:
    """True and predicted logit of accuracy for each left-out task, over its best by prediction."""
    found = []
    for place in unknown:
        runs = [run for run in experience.runs if run.task == place]
        view = checkpoint.describe(experience.tasks[place].description)
        predicted = checkpoint.predict([run.architecture for run in runs], view)
        best = np.argsort(-predicted.scores, kind="stable")[:_JUDGED]
        truth = np.array([runs[i].validation_accuracy for i in best])
        found.append((float(_logit(truth).mean()), float(_logit(predicted.accuracies[best]).mean())))
    return found


def _drawn(pairs: Float[np.ndarray, "tasks 2"]) -> Calibration:
    """The calibration of (true, predicted) logits: a least-squares slope in [0, 1], then offsets about it."""
    truth, predicted = pairs[:, 0], pairs[:, 1]
    if len(pairs) < _FEWEST_FOR_SLOPE:
        return _calibration(truth - predicted)
    centre = float(predicted.mean())
    around = predicted - centre
    slope = float(np.clip((around @ truth) / max(float(around @ around), 1e-9), 0.0, 1.0))
    return replace(_calibration(truth - centre - slope * around), slope=slope, centre=centre)


def _calibration(residuals: Float[np.ndarray, " tasks"]) -> Calibration:
    """Split-conformal edges: the (n + 1) rank correction on either side.

    With too few tasks for those ranks the extremes are the edges, and the coverage stated is theirs:
    between two of n ordered residuals d ranks apart the next falls with probability d / (n + 1).
    """
    number = len(residuals)
    if not number:
        return Calibration(0.0, 0.0, 0.0, 0.0, 0)
    tail = (1.0 - COVERAGE) / 2.0
    ordered = np.sort(residuals)
    down = max(int(np.floor(tail * (number + 1))) - 1, 0)
    up = min(int(np.ceil((1.0 - tail) * (number + 1))) - 1, number - 1)
    coverage = min(COVERAGE, (up - down) / (number + 1))
    return Calibration(
        coverage, float(ordered[down]), float(np.median(residuals)), float(ordered[up]), number
    )


def _landmarks(experience: Experience, observations: Observations) -> Landmarks:
    handmade = observations.handmade.numpy()
    gaps = np.sqrt(np.square(handmade[:, None] - handmade[None]).mean(axis=2))
    families = np.array([task.family for task in experience.tasks])
    gaps[families[:, None] == families[None]] = np.inf
    nearest = gaps.min(axis=1)
    far = float(nearest[np.isfinite(nearest)].max(initial=1.0))
    return Landmarks(
        tuple(task.name for task in experience.tasks),
        tuple(task.family for task in experience.tasks),
        tuple(task.content_hash for task in experience.tasks),
        handmade,
        far,
    )


def _logit(shares: Float[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    kept = np.clip(shares, 1e-3, 1.0 - 1e-3)
    result: np.ndarray = np.log(kept / (1.0 - kept))
    return result
