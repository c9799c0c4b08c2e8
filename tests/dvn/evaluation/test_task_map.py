"""Places of tasks on a plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers

from dvn.evaluation.task_map import nearest_tasks, task_plane


def cloud(seed: int, tasks: int = 12, features: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(tasks, features)) * np.arange(features, 0, -1)


@given(seed=integers(0, 10_000))
def test_the_order_of_tasks_and_a_mirrored_copy_do_not_flip_the_map(seed: int) -> None:
    vectors = cloud(seed)
    plane = task_plane(vectors)
    other = task_plane(vectors[::-1])
    assert other.places(vectors) == pytest.approx(plane.places(vectors), abs=1e-6)
    for axis in plane.axes:
        assert axis[np.argmax(np.abs(axis))] > 0


@given(seed=integers(0, 10_000))
def test_no_two_tasks_are_further_apart_than_they_are(seed: int) -> None:
    vectors = cloud(seed)
    places = task_plane(vectors).places(vectors)
    for one in range(3):
        assert np.linalg.norm(places[one] - places[5]) <= np.linalg.norm(vectors[one] - vectors[5]) + 1e-9


def test_tasks_on_a_plane_lose_nothing() -> None:
    flat = cloud(3, features=2)
    plane = task_plane(flat)
    assert plane.explained == pytest.approx(1.0)
    assert np.linalg.norm(plane.places(flat)[0] - plane.places(flat)[1]) == pytest.approx(
        np.linalg.norm(flat[0] - flat[1])
    )


def test_one_task_and_equal_tasks_stand_in_the_centre() -> None:
    for vectors in (np.ones((1, 4)), np.ones((3, 4)), np.ones((3, 1))):
        plane = task_plane(vectors)
        assert plane.places(vectors) == pytest.approx(np.zeros((len(vectors), 2)))
        assert plane.explained == 0.0


def test_neighbours_are_the_nearest_others_first() -> None:
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert nearest_tasks(line, 1, count=2) == [0, 2]
    assert nearest_tasks(line, 3, count=9) == [2, 1, 0]
