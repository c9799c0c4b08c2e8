"""Checkpoints that may not know a family predict its tasks, which makes the track record.

Decision: each checkpoint is made as the shipped one is, its intervals calibrated on families that it knows.
Why: an interval that was calibrated on the very task it is judged by would look better than it is.
Decision: the tasks leave in the folds of `make_checkpoint`, five at most, by family.
Why: one family at a time costs a whole checkpoint, six fits, for each of them; the folds differ from it
by knowing a fifth of the tasks less, so that the record is, if anything, too modest.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from dvn.architecture import Architecture
from dvn.evaluation.leave_one_family_out import TooFewFamiliesError, rank_correlation
from dvn.evaluation.track_record import TrackedTask, TrackRecord
from dvn.value_network.calibration import COVERAGE
from dvn.value_network.checkpoint import Checkpoint
from dvn.value_network.fit import FitOptions
from dvn.value_network.make_checkpoint import folds, make_checkpoint
from dvn.value_network.snapshot import Experience, KnownRun, KnownTask

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a track record comes from: the checkpoint that it speaks for, and who made it when."""

    checkpoint: str
    code_version: str
    command: str
    made_at: datetime


def track_record(
    experience: Experience,
    options: FitOptions,
    provenance: Provenance,
    *,
    executor: Executor,
    languages: Mapping[str, str] | None = None,
    watch: Watch | None = None,
) -> TrackRecord:
    """Prediction and truth for every task, each predicted by a checkpoint that knows none of its family.

    The same experience and options give the same record, whatever the executor.

    Args:
        experience: Tasks and runs.
        options: How checkpoints are fitted.
        provenance: What the record says of itself.
        executor: Where folds are worked on side by side.
        languages: The language of tasks by name, as far as it is known.
        watch: Told (folds done, folds).

    Raises:
        TooFewFamiliesError: There is nothing to learn from without a family.
    """
    parts = folds(experience)
    if not parts:
        raise TooFewFamiliesError(sorted({task.family for task in experience.tasks}))
    futures = [executor.submit(judge_fold, experience, known, unknown, options) for known, unknown in parts]
    found: list[TrackedTask] = []
    for done, future in enumerate(futures, start=1):
        found += future.result()
        if watch is not None:
            watch(done, len(parts))
    named = languages or {}
    tasks = (replace(task, language=named.get(task.name)) for task in found)
    return TrackRecord(
        space=experience.space,
        checkpoint=provenance.checkpoint,
        snapshot_hash=experience.snapshot_hash,
        runs=len(experience.runs),
        code_version=provenance.code_version,
        command=provenance.command,
        made_at=provenance.made_at,
        nominal=COVERAGE,
        tasks=tuple(sorted(tasks, key=lambda task: task.name)),
    )


def judge_fold(
    experience: Experience, known: Sequence[int], unknown: Sequence[int], options: FitOptions
) -> list[TrackedTask]:
    """Prediction and truth for the unknown tasks, by the checkpoint of the known ones."""
    checkpoint = make_checkpoint(experience.of_tasks(known), options)
    runs: dict[int, list[KnownRun]] = defaultdict(list)
    for run in experience.runs:
        runs[run.task].append(run)
    return [_tracked(checkpoint, experience.tasks[place], runs[place]) for place in unknown]


@dataclass(frozen=True, slots=True)
class _Recorded:
    """An architecture with its mean scores over the seeds that it was run with."""

    architecture: Architecture
    validation: float
    test: float
    is_shared: bool
    is_climbed: bool


def _recorded(runs: Sequence[KnownRun]) -> list[_Recorded]:
    of_architecture: dict[Architecture, list[KnownRun]] = defaultdict(list)
    for run in runs:
        of_architecture[run.architecture].append(run)
    return [
        _Recorded(
            architecture,
            float(np.mean([run.validation_accuracy for run in same])),
            float(np.mean([run.test_accuracy for run in same])),
            same[0].is_shared,
            all(run.is_climbed for run in same),
        )
        for architecture, same in of_architecture.items()
    ]


def _tracked(checkpoint: Checkpoint, task: KnownTask, runs: Sequence[KnownRun]) -> TrackedTask:
    recorded = _recorded(runs)
    view = checkpoint.describe(task.description)
    predicted = checkpoint.predict([one.architecture for one in recorded], view)
    place = {one.architecture: number for number, one in enumerate(recorded)}
    defaults = [place[best] for best in checkpoint.best_on_average if best in place]
    is_outside = checkpoint.is_outside(task.description)
    # Outside of its experience the product falls back to the best on average, and so does its record.
    chosen = defaults[0] if is_outside and defaults else int(np.argmax(predicted.careful))
    middle, low, high = checkpoint.interval(predicted.accuracies, predicted.doubt)
    correlation = rank_correlation(predicted.scores, np.array([one.validation for one in recorded]))
    searched = [one for one in recorded if not one.is_climbed]
    own = [one.test for one in searched if not one.is_shared] or [one.test for one in searched]
    return TrackedTask(
        name=task.name,
        family=task.family,
        language=None,
        rows=task.description.rows,
        classes=task.description.classes,
        architecture=recorded[chosen].architecture.hash,
        decisions=dict(recorded[chosen].architecture.decisions),
        expected=float(middle[chosen]),
        low=float(min(low[chosen], middle[chosen])),
        high=float(max(high[chosen], middle[chosen])),
        reached=recorded[chosen].test,
        best_by_validation=max(searched, key=lambda one: one.validation).test,
        best_on_average=recorded[defaults[0]].test if defaults else None,
        random_mean=float(np.mean(own)),
        spearman=None if np.isnan(correlation) else correlation,
        was_outside=is_outside,
    )
