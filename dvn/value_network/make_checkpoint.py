"""An experience becomes a checkpoint: the fitted value form, its calibration and its landmarks."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from dvn.architecture import Architecture
from dvn.value_network.calibration import Calibration, Judged, calibrate
from dvn.value_network.checkpoint import Checkpoint, identity
from dvn.value_network.fit import FitOptions
from dvn.value_network.fit_form import fit_form
from dvn.value_network.landmarks import Landmarks, landmark_standardiser
from dvn.value_network.simple_choices import SimpleChoices
from dvn.value_network.snapshot import Experience

FOLDS = 5

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
    judged: list[Judged] = []
    parts = folds(experience)
    for number, (known, unknown) in enumerate(parts, start=1):
        tell(f"calibrating on left-out families, {number} of {len(parts)}")
        judged += judge_tasks(uncalibrated(experience.of_tasks(known), options), experience, unknown)
    tell("fitting to all tasks")
    fitted = uncalibrated(experience, options)
    return replace(fitted, calibration=calibrate(judged), scores=dict(scores or {}))


def uncalibrated(experience: Experience, options: FitOptions) -> Checkpoint:
    """A checkpoint whose intervals are points; enough to rank architectures."""
    fitted = fit_form(experience, options)
    standardiser = landmark_standardiser(experience.tasks)
    return Checkpoint(
        id=identity(fitted.form, f"{experience.snapshot_hash} {experience.metric} {options}"),
        space=experience.space,
        snapshot_hash=experience.snapshot_hash,
        network=fitted.form,
        features=fitted.features,
        standardiser=standardiser,
        calibration=Calibration(0.0, 0.0, 0.0, 0.0, 0),
        landmarks=Landmarks.of(experience.tasks, standardiser),
        best_on_average=tuple(best_on_average(experience)),
        scores={},
        metric=experience.metric,
        choices=SimpleChoices.of(experience),
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


def judge_tasks(checkpoint: Checkpoint, experience: Experience, unknown: list[int]) -> list[Judged]:
    """What the best architecture by prediction reached on each left-out task, and what was said of it.

    Decision: one architecture judges a task. Why: an interval is stated of the one that is recommended.
    Rejected: the mean of the first three, which varies less (`reports/wide_deep/intervals.md`).
    """
    found = []
    for place in unknown:
        runs = [run for run in experience.runs if run.task == place]
        view = checkpoint.describe(experience.tasks[place].description)
        predicted = checkpoint.predict([run.architecture for run in runs], view)
        best = int(np.argmax(predicted.careful))
        said = float(predicted.accuracies[best])
        found.append((runs[best].validation_accuracy, said, predicted.doubt))
    return found
