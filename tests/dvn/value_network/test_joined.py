"""Experiences that are joined, and parts of them."""

from dataclasses import replace

from dvn.value_network import Experience
from dvn.value_network.joined import join, of_runs, of_tried_tasks, run_keys
from tests.dvn.experiences import two_kinds, without_sample


def reversed_tasks(experience: Experience) -> Experience:
    return experience.of_tasks(list(reversed(range(len(experience.tasks)))))


def test_joining_an_experience_with_itself_adds_nothing() -> None:
    one = two_kinds(3, runs=6, shared=3)
    joined = join(one, reversed_tasks(one))
    assert (joined.tasks, joined.runs) == (one.tasks, one.runs)


def test_runs_of_both_sides_point_to_their_own_tasks() -> None:
    whole = two_kinds(4, runs=6, shared=3)
    joined = join(whole.of_tasks([2, 0]), whole.of_tasks([3, 0, 1]))
    assert [task.name for task in joined.tasks] == ["task 2", "task 0", "task 3", "task 1"]
    assert set(run_keys(joined)) == set(run_keys(whole))
    assert joined.snapshot_hash != whole.snapshot_hash


def test_of_a_task_known_with_and_without_sample_the_sample_stays() -> None:
    whole = two_kinds(2, runs=6, shared=3)
    bare = without_sample(whole, 0, 1)
    assert not bare.tasks[0].has_sample
    assert all(task.has_sample for task in join(bare, whole).tasks)
    assert all(task.has_sample for task in join(whole, bare).tasks)


def test_an_experience_of_an_earlier_day_is_found_by_its_runs() -> None:
    whole = two_kinds(4, runs=6, shared=3)
    earlier = whole.of_tasks([1, 3])
    found = of_runs(whole, run_keys(earlier))
    assert (found.tasks, found.runs) == (earlier.tasks, earlier.runs)
    assert len(of_runs(whole, run_keys(whole)[:0]).runs) == 0


def test_a_task_with_too_few_runs_is_left_out() -> None:
    whole = two_kinds(3, runs=6, shared=3)
    poor = replace(whole, runs=tuple(run for run in whole.runs if run.task != 1) + whole.runs[6:8])
    assert [task.name for task in of_tried_tasks(poor, 3).tasks] == ["task 0", "task 2"]
    assert len(of_tried_tasks(poor, 2).tasks) == 3
