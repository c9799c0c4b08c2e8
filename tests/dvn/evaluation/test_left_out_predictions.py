"""Tasks predicted by checkpoints that know none of their family."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from dvn.evaluation import left_out_predictions
from dvn.evaluation.leave_one_family_out import TooFewFamiliesError
from dvn.evaluation.left_out_predictions import Provenance, judge_fold, track_record
from dvn.evaluation.track_record import TrackRecord
from dvn.value_network import Checkpoint, Experience, FitOptions
from tests.dvn.experiences import known_run, poisoned, two_kinds

TINY = FitOptions(members=1, iterations=3, runs_in_batch=4, samples_in_batch=8)
MADE = Provenance("c0ffee000000", "0.1.0", "forethought evaluate", datetime(2026, 1, 2, tzinfo=UTC))


def made(experience: Experience, **more: object) -> TrackRecord:
    with ThreadPoolExecutor(1) as executor:
        return track_record(experience, TINY, MADE, executor=executor, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def experience() -> Experience:
    return two_kinds(4, runs=8, shared=4)


@pytest.fixture(scope="module")
def record(experience: Experience) -> TrackRecord:
    return made(experience, languages={"task 0": "en"})


def test_every_task_is_predicted_once_by_name(record: TrackRecord, experience: Experience) -> None:
    assert [task.name for task in record.tasks] == sorted(task.name for task in experience.tasks)
    assert record.runs == len(experience.runs)
    assert record.snapshot_hash == experience.snapshot_hash
    assert (record.checkpoint, record.command) == ("c0ffee000000", "forethought evaluate")
    assert [task.language for task in record.tasks][:2] == ["en", None]


def test_the_truth_is_the_recorded_test_accuracy(record: TrackRecord, experience: Experience) -> None:
    for place, task in enumerate(sorted(experience.tasks, key=lambda task: task.name)):
        runs = [run for run in experience.runs if experience.tasks[run.task].name == task.name]
        found = record.tasks[place]
        assert found.reached in [
            run.test_accuracy for run in runs if run.architecture.hash == found.architecture
        ]
        best = max(runs, key=lambda run: run.validation_accuracy)
        assert found.best_by_validation == pytest.approx(best.test_accuracy)
        own = [run.test_accuracy for run in runs if not run.is_shared]
        assert found.random_mean == pytest.approx(np.mean(own))
        assert found.low <= found.expected <= found.high


def test_the_best_that_search_found_is_none_that_was_climbed_to(
    experience: Experience,
) -> None:
    place = 0
    mine = [run for run in experience.runs if run.task == place]
    best = max(mine, key=lambda run: run.validation_accuracy)
    climbed = [replace(run, is_climbed=True) if run is best else run for run in experience.runs]
    found = made(replace(experience, runs=tuple(climbed))).tasks[place]
    others = [run for run in mine if run is not best]
    assert found.best_by_validation == pytest.approx(
        max(others, key=lambda run: run.validation_accuracy).test_accuracy
    )


def test_the_same_experience_has_the_same_record(record: TrackRecord, experience: Experience) -> None:
    assert made(experience, languages={"task 0": "en"}) == record


def test_no_checkpoint_knows_a_family_that_it_predicts(
    experience: Experience, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twins leave together, and the intervals are calibrated on what is left."""
    twin = replace(experience.tasks[3], family="family 1")
    related = replace(experience, tasks=(*experience.tasks[:3], twin, *experience.tasks[4:]))
    seen: list[set[str]] = []
    make = left_out_predictions.make_checkpoint

    def noting(known: Experience, options: FitOptions) -> Checkpoint:
        seen.append({task.family for task in known.tasks})
        return make(known, options)

    monkeypatch.setattr(left_out_predictions, "make_checkpoint", noting)
    families = {task.family for task in related.tasks}
    record = made(related)
    assert len(record.tasks) == 4
    for known in seen:
        assert known < families
    left_out = [families - known for known in seen]
    assert sum(map(len, left_out)) == len(families)


def test_no_prediction_depends_on_a_test_score(experience: Experience, record: TrackRecord) -> None:
    blind = made(poisoned(experience))
    for task, other in zip(blind.tasks, record.tasks, strict=True):
        assert (task.expected, task.low, task.high, task.architecture) == (
            other.expected, other.low, other.high, other.architecture,
        )  # fmt: skip


def test_seeds_of_one_architecture_count_as_one(experience: Experience) -> None:
    first = next(run for run in experience.runs if run.task == 0)
    again = replace(known_run(0, first.architecture, first.validation_accuracy, test=0.0), seed=1)
    doubled = replace(experience, runs=(*experience.runs, again))
    (found,) = judge_fold(doubled, [1, 2, 3], [0], TINY)
    if found.architecture == first.architecture.hash:
        assert found.reached == pytest.approx(first.test_accuracy / 2)
    assert found.random_mean == judge_fold(experience, [1, 2, 3], [0], TINY)[0].random_mean


def test_a_task_unlike_all_others_gets_the_best_on_average(
    experience: Experience, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = left_out_predictions.make_checkpoint

    def knowing_little(known: Experience, options: FitOptions) -> Checkpoint:
        checkpoint = make(known, options)
        return replace(checkpoint, landmarks=replace(checkpoint.landmarks, far=0.0))

    monkeypatch.setattr(left_out_predictions, "make_checkpoint", knowing_little)
    (found,) = judge_fold(experience, [1, 2, 3], [0], TINY)
    assert found.was_outside
    assert found.reached == found.best_on_average


def test_one_family_cannot_be_left_out(experience: Experience) -> None:
    alone = replace(experience, tasks=tuple(replace(task, family="only") for task in experience.tasks))
    with pytest.raises(TooFewFamiliesError):
        made(alone)
