"""Experience becomes a checkpoint whose intervals were judged on families it had not seen."""

from dataclasses import replace

import numpy as np
import pytest

from dvn.value_network import Checkpoint, Experience, make_checkpoint
from dvn.value_network.calibration import calibrate, edges
from dvn.value_network.make_checkpoint import FOLDS, best_on_average, folds, judge_tasks
from dvn.value_network.observations import EmptyExperienceError
from tests.dvn.experiences import QUICK, architectures, known_run, poisoned


def in_families(experience: Experience, names: list[str]) -> Experience:
    tasks = tuple(replace(task, family=name) for task, name in zip(experience.tasks, names, strict=True))
    return replace(experience, tasks=tasks)


def test_the_same_experience_makes_the_same_checkpoint(
    checkpoint: Checkpoint, experience: Experience
) -> None:
    assert make_checkpoint(experience, QUICK).manifest() == checkpoint.manifest()


def test_no_test_score_reaches_a_checkpoint(checkpoint: Checkpoint, experience: Experience) -> None:
    """The manifest names the checksum of every number that is kept."""
    assert make_checkpoint(poisoned(experience), QUICK).manifest() == checkpoint.manifest()


def test_another_snapshot_or_seed_has_another_id(checkpoint: Checkpoint, experience: Experience) -> None:
    moved = make_checkpoint(replace(experience, snapshot_hash="6" * 64), QUICK)
    reseeded = make_checkpoint(experience, replace(QUICK, seed=1))
    assert len({checkpoint.id, moved.id, reseeded.id}) == 3


def test_a_family_is_never_on_both_sides_of_a_fold(experience: Experience) -> None:
    known = in_families(experience, ["a", "b", "a", "c", "d", "e", "f", "b"])
    parts = folds(known)
    assert len(parts) == FOLDS
    for inside, outside in parts:
        sides = [{known.tasks[i].family for i in side} for side in (inside, outside)]
        assert not sides[0] & sides[1]
        assert sorted(inside + outside) == list(range(8))
    assert sorted(i for _, outside in parts for i in outside) == list(range(8))


def test_every_task_is_judged_once(checkpoint: Checkpoint) -> None:
    assert checkpoint.calibration.tasks == 8
    assert checkpoint.calibration.low <= checkpoint.calibration.middle <= checkpoint.calibration.high


def test_few_tasks_state_the_coverage_that_they_can_give(checkpoint: Checkpoint) -> None:
    assert checkpoint.calibration.coverage == pytest.approx(7 / 9)


@pytest.mark.parametrize("number", [99, 200])
def test_the_edges_hold_the_share_that_they_state(number: int) -> None:
    residuals = np.random.default_rng(number).normal(size=number)
    found = edges(residuals)
    assert found.coverage == 0.9
    inside = np.mean((residuals >= found.low) & (residuals <= found.high))
    assert 0.9 <= inside <= 0.94
    assert found.middle == np.median(residuals)


def test_one_family_alone_is_fitted_withoutedges(experience: Experience) -> None:
    checkpoint = make_checkpoint(in_families(experience, ["only"] * 8), QUICK)
    assert (checkpoint.calibration.tasks, checkpoint.calibration.coverage) == (0, 0.0)
    assert not any(map(checkpoint.is_outside, (task.description for task in experience.tasks)))


def test_an_empty_experience_is_refused_in_a_sentence() -> None:
    with pytest.raises(EmptyExperienceError, match="no finished run"):
        make_checkpoint(Experience("wide_deep", (), (), "0" * 64), QUICK)


def test_best_on_average_is_the_mean_rank_of_normalised_scores(experience: Experience) -> None:
    """A wins by a hair on two tasks, B by far on one of another scale: within each task they are equal."""
    first, second, third = architectures(3)
    scores = {0: (0.92, 0.91, 0.90), 1: (0.92, 0.91, 0.90), 2: (0.30, 0.50, 0.10)}
    runs = [
        known_run(task, architecture, score)
        for task, of_task in scores.items()
        for architecture, score in zip((first, second, third), of_task, strict=True)
    ]
    known = replace(experience.of_tasks([0, 1, 2]), runs=tuple(runs))
    assert best_on_average(known) == [first, second, third]


def test_best_on_average_is_of_those_that_all_tasks_share(experience: Experience) -> None:
    shared, lucky, own = architectures(3)
    runs = [known_run(task, shared, 0.5) for task in range(8)]
    runs += [known_run(task, own, 0.9, is_shared=False) for task in range(8)]
    runs.append(known_run(0, lucky, 0.99))
    assert best_on_average(replace(experience, runs=tuple(runs))) == [shared]


def test_without_shared_runs_nothing_is_best_on_average(experience: Experience) -> None:
    runs = tuple(replace(run, is_shared=False) for run in experience.runs)
    assert make_checkpoint(replace(experience, runs=runs), QUICK).best_on_average == ()


def test_far_is_measured_to_other_families(experience: Experience) -> None:
    """Twins of one family are no measure of how far apart tasks lie."""
    generator = np.random.default_rng(0)
    tasks = []
    for place, task in enumerate(experience.tasks):
        numbers = generator.normal(place % 2, 0.01, len(task.description.handmade)).astype(np.float32)
        tasks.append(replace(task, description=replace(task.description, handmade=numbers)))
    known = replace(experience, tasks=tuple(tasks))
    options = replace(QUICK, iterations=1)
    usual = make_checkpoint(in_families(known, list("abcdefgh")), options).landmarks
    paired = make_checkpoint(in_families(known, ["even", "odd"] * 4), options).landmarks
    assert usual.far == 1.0
    assert paired.far == pytest.approx(2.0, abs=0.1)


def test_the_caller_is_told_what_is_under_way(experience: Experience) -> None:
    told: list[str] = []
    make_checkpoint(in_families(experience, ["a", "b"] * 4), QUICK, watch=told.append)
    assert told == [
        "calibrating on left-out families, 1 of 2",
        "calibrating on left-out families, 2 of 2",
        "fitting to all tasks",
    ]


def in_angles(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Left-out tasks whose accuracies are given as angles, told without a doubt."""
    return np.column_stack([np.sin(truth) ** 2, np.sin(predicted) ** 2, np.zeros(len(truth))])


def test_an_overconfident_level_is_drawn_towards_the_mean() -> None:
    """Predictions that spread twice as far as the truth are halved about their mean, and then fit.

    The offset that remains is told in units of what is expected.
    """
    predicted = np.linspace(0.5, 1.3, 40)
    found = calibrate(in_angles(0.4 + 0.5 * predicted, predicted))
    assert (found.slope, found.centre) == (pytest.approx(0.5), pytest.approx(0.9))
    assert [found.low, found.middle, found.high] == pytest.approx([-0.5, -0.5, -0.5])


@pytest.mark.parametrize(("sign", "slope"), [(3.0, 1.0), (-1.0, 0.0)])
def test_a_level_is_neither_stretched_nor_turned_round(sign: float, slope: float) -> None:
    predicted = np.linspace(0.7, 0.9, 40)
    assert calibrate(in_angles(0.8 + sign * (predicted - 0.8), predicted)).slope == slope


def test_few_tasks_draw_no_level() -> None:
    predicted = np.linspace(0.7, 0.9, 9)
    assert calibrate(in_angles(0.5 * predicted, predicted)).slope == 1.0


def test_a_left_out_task_is_judged_by_the_architecture_that_would_be_recommended(
    checkpoint: Checkpoint, experience: Experience
) -> None:
    judged = judge_tasks(checkpoint, experience, [1, 3])
    for place, (reached, said, doubt) in zip([1, 3], judged, strict=True):
        runs = [run for run in experience.runs if run.task == place]
        view = checkpoint.describe(experience.tasks[place].description)
        predicted = checkpoint.predict([run.architecture for run in runs], view)
        best = max(range(len(runs)), key=lambda at: predicted.careful[at])
        assert reached == runs[best].validation_accuracy
        assert said == predicted.accuracies[best]
        assert doubt == predicted.doubt
