"""Near tasks are inside the experience; what no known task is like is outside, whatever makes it so."""

from dataclasses import replace

import numpy as np
import pytest

from dvn.metafeatures import HANDMADE_NAMES, TaskDescription, TaskSample
from dvn.value_network.landmarks import EXPLAINED, GAIN, Landmarks, landmark_standardiser, says_little
from tests.dvn.experiences import known_task, two_kinds

TASKS = [
    replace(task, description=replace(task.description, landmarkers={GAIN: 0.5 + 0.1 * place}))
    for place, task in enumerate(two_kinds(12).tasks)
]
STANDARDISER = landmark_standardiser(TASKS)
LANDMARKS = Landmarks.of(TASKS, STANDARDISER)
UNSEEN = two_kinds(2, seed=5).tasks[0].description


def is_outside(description: TaskDescription, landmarks: Landmarks = LANDMARKS) -> bool:
    return landmarks.is_outside(description, STANDARDISER(description.handmade))


def test_a_task_like_those_known_is_inside() -> None:
    assert not is_outside(UNSEEN)


@pytest.mark.parametrize("name", ["thai", "cyrillic"])
def test_a_script_that_no_known_task_has_is_outside(name: str) -> None:
    """It is constant among the known tasks, all of which have none of it."""
    handmade = UNSEEN.handmade.copy()
    handmade[HANDMADE_NAMES.index(name)] = 0.8
    assert is_outside(replace(UNSEEN, handmade=handmade))


def test_texts_that_lie_where_no_known_ones_do_are_outside() -> None:
    vectors = UNSEEN.sample.vectors.copy()
    vectors[:, 20:] = 100
    assert is_outside(replace(UNSEEN, sample=TaskSample(vectors, UNSEEN.sample.classes)))


def test_labels_that_say_nothing_are_outside() -> None:
    assert is_outside(replace(UNSEEN, landmarkers={GAIN: 0.1}))
    assert not is_outside(replace(UNSEEN, landmarkers={GAIN: 0.6}))


def test_a_known_task_without_a_sample_is_no_measure_of_texts() -> None:
    empty = TaskSample(np.zeros((0, 64), dtype=np.int8), np.zeros(0, dtype=np.int16))
    bare = known_task(99, replace(TASKS[0].description, sample=empty))
    landmarks = Landmarks.of([*TASKS, bare], STANDARDISER)
    assert landmarks.far_centre == LANDMARKS.far_centre
    assert not is_outside(UNSEEN, landmarks)
    assert not is_outside(replace(UNSEEN, sample=empty))


def test_few_of_the_known_tasks_would_have_been_outside() -> None:
    """Left out with their families, one in twenty by each limit."""
    gaps = np.array([np.sort(LANDMARKS.distances(row))[1] for row in LANDMARKS.handmade])
    assert (gaps <= LANDMARKS.far).mean() >= 0.9


def test_labels_that_quick_classifiers_find_nothing_of_are_told() -> None:
    assert says_little(replace(UNSEEN, landmarkers={EXPLAINED: 0.005}))
    assert not says_little(replace(UNSEEN, landmarkers={EXPLAINED: 0.009}))
    assert not says_little(replace(UNSEEN, landmarkers={}))


def test_the_nearest_tasks_are_of_different_datasets() -> None:
    """Other sizes of one dataset are no other company."""
    sizes = [replace(TASKS[0], name=f"{TASKS[0].name}@{rows}") for rows in (300, 1_000)]
    landmarks = Landmarks.of([*TASKS, *sizes], STANDARDISER)
    near = landmarks.nearest(landmarks.distances(STANDARDISER(TASKS[0].description.handmade)), 3)
    assert near[0] == TASKS[0].name
    assert len({name.partition("@")[0] for name in near}) == 3
