"""What is chosen without a value network, and that a checkpoint keeps it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from dvn.architecture import get_space
from dvn.value_network import Checkpoint
from dvn.value_network.make_checkpoint import uncalibrated
from dvn.value_network.simple_choices import PORTFOLIO, SimpleChoices, greedy_portfolio
from tests.dvn.experiences import QUICK, two_kinds


def test_each_task_has_its_best_shared_architecture() -> None:
    known = two_kinds(6)
    choices = SimpleChoices.of(known)
    for task, chosen in enumerate(choices.by_task):
        reached = {
            run.architecture: run.validation_accuracy
            for run in known.runs
            if run.task == task and run.is_shared
        }
        assert chosen is not None
        assert reached[chosen] == max(reached.values())


def test_a_portfolio_covers_what_its_first_member_does_not() -> None:
    table = np.array([[2.0, 0.0, 1.5], [2.0, 0.0, 1.5], [-1.0, 2.0, 1.0]])
    assert greedy_portfolio(table)[:2] == [2, 0] or greedy_portfolio(table)[0] == 2
    reached = table[:, greedy_portfolio(table)[:2]].max(axis=1).sum()
    assert reached >= table[:, [0]].max(axis=1).sum()
    assert len(greedy_portfolio(np.zeros((2, 9)))) == PORTFOLIO


def test_a_rule_by_size_tells_small_from_large() -> None:
    """Tasks of one kind are small, those of the other large, and they prefer opposite architectures."""
    known = two_kinds(8)
    sized = tuple(
        replace(task, description=replace(task.description, rows=100 if place % 2 == 0 else 9_000))
        for place, task in enumerate(known.tasks)
    )
    choices = SimpleChoices.of(replace(known, tasks=sized))
    small, large = choices.for_rows(90), choices.for_rows(20_000)
    assert small is not None
    assert large is not None
    assert small.decisions["encoder"] != "none" == large.decisions["encoder"]


def test_without_shared_architectures_there_is_no_choice() -> None:
    known = two_kinds(3)
    bare = replace(known, runs=tuple(replace(run, is_shared=False) for run in known.runs))
    choices = SimpleChoices.of(bare)
    assert choices.by_task == (None, None, None)
    assert choices.for_rows(100) is None


def test_a_checkpoint_keeps_its_choices_and_its_metric(tmp_path: Path) -> None:
    known = replace(two_kinds(5), metric="macro_f1")
    checkpoint = uncalibrated(known, QUICK)
    checkpoint.save(tmp_path)
    loaded = Checkpoint.load(tmp_path)
    assert loaded.choices == checkpoint.choices == SimpleChoices.of(known)
    assert loaded.metric == "macro_f1"
    assert uncalibrated(replace(known, metric="accuracy"), QUICK).id != checkpoint.id


def test_choices_are_read_as_they_were_written() -> None:
    choices = SimpleChoices.of(two_kinds(4))
    assert SimpleChoices.from_json(choices.to_json(), get_space("wide_deep").parse) == choices
    assert SimpleChoices.from_json({}, get_space("wide_deep").parse) == SimpleChoices()


def test_a_smaller_size_without_shared_runs_has_the_best_of_its_dataset_and_moves_no_rule() -> None:
    known = two_kinds(6)
    runs = tuple(run for run in known.runs if run.task)
    smaller = replace(known.tasks[0], content_hash=known.tasks[1].content_hash, name="one@300")
    bare = replace(known, tasks=(smaller, *known.tasks[1:]), runs=runs)
    random = next(run for run in known.runs if run.task == 0 and not run.is_shared)
    with_smaller = SimpleChoices.of(replace(bare, runs=(*runs, random)))
    without = SimpleChoices.of(replace(known, runs=runs).of_tasks([1, 2, 3, 4, 5]))
    assert with_smaller.by_task[0] == with_smaller.by_task[1] == without.by_task[0]
    assert with_smaller.portfolio == without.portfolio
    assert (with_smaller.edges, with_smaller.by_size) == (without.edges, without.by_size)
