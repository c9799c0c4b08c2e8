"""A space is judged by where the best of its choices lie."""

from collections.abc import Sequence

import numpy as np
import pytest

from dvn.architecture import Architecture, Choice, get_space
from dvn.evaluation.space_report import DecisionReport, SpaceReport, report_space
from dvn.metafeatures import TaskDescription, TaskSample
from dvn.value_network.observations import EmptyExperienceError
from dvn.value_network.snapshot import Experience, KnownRun, KnownTask

WIDE = get_space("wide_deep")
RATES = tuple(WIDE.by_name["wide_rate"].choices)
NEVER = dict.fromkeys(RATES, 0.0)
WEIGHTS = tuple(WIDE.by_name["class_weight"].choices)


def architecture(rate: Choice, weight: Choice = WEIGHTS[0]) -> Architecture:
    steps = WIDE.by_name["steps"].choices[1]
    wide = {"ngrams": "words", "wide_rate": rate, "wide_l1": 0.0}
    return WIDE.parse({"encoder": "none", "table": "none", "class_weight": weight, "steps": steps, **wide})


def run(task: int, of: Architecture, score: float, *, test: float = 0.5, is_shared: bool = True) -> KnownRun:
    return KnownRun(task, of, is_shared, 0, score, test, 1.0, 1.0)


def experience(runs: Sequence[KnownRun]) -> Experience:
    sample = TaskSample(np.zeros((1, 64), dtype=np.int8), np.zeros(1, dtype=np.int16))
    description = TaskDescription(np.zeros(1, dtype=np.float32), sample, 10, 2)
    tasks = tuple(
        KnownTask(f"task {n}", f"task {n}", f"{n}", "split", description)
        for n in range(1 + max((entry.task for entry in runs), default=-1))
    )
    return Experience("wide_deep", tasks, tuple(runs), "0")


def decision(report: SpaceReport, name: str) -> DecisionReport:
    return next(found for found in report.decisions if found.name == name)


def shares(report: SpaceReport, name: str) -> dict[Choice, float]:
    return {choice.choice: choice.best_share for choice in decision(report, name).choices}


def winners(*best: Choice) -> Experience:
    """One task for each rate given, on which that rate is the best of all of them."""
    runs = [
        run(task, architecture(rate), 0.9 if rate == winner else 0.5)
        for task, winner in enumerate(best)
        for rate in RATES
    ]
    return experience(runs)


def test_a_share_is_the_part_of_the_tasks_whose_best_has_the_choice() -> None:
    report = report_space(winners(RATES[1], RATES[1], RATES[1], RATES[2]))
    assert shares(report, "wide_rate") == NEVER | {RATES[1]: 0.75, RATES[2]: 0.25}
    assert decision(report, "wide_rate").best_tasks == 4
    assert (report.tasks, report.runs) == (4, 4 * len(RATES))


def test_runs_that_tie_share_the_place() -> None:
    tied = [run(0, architecture(rate), 0.9) for rate in RATES[:2]] + [run(0, architecture(RATES[2]), 0.1)]
    report = report_space(experience(tied))
    assert shares(report, "wide_rate") == NEVER | {RATES[0]: 0.5, RATES[1]: 0.5}


def test_scores_are_counted_in_the_spread_of_their_task_whatever_its_level() -> None:
    low = [run(0, architecture(RATES[0]), 0.1), run(0, architecture(RATES[1]), 0.2)]
    high = [run(1, architecture(RATES[0]), 0.90), run(1, architecture(RATES[1]), 0.91)]
    report = report_space(experience(low + high))
    means = {choice.choice: choice.mean_score for choice in decision(report, "wide_rate").choices}
    assert means[RATES[0]] == pytest.approx(-1.0)
    assert means[RATES[1]] == pytest.approx(1.0)


def test_a_decision_that_no_best_has_is_never_chosen() -> None:
    deep = decision(report_space(winners(RATES[1])), "hidden_size")
    assert deep.best_tasks == 0
    assert {choice.best_share for choice in deep.choices} == {0.0}
    assert deep.edge is None


@pytest.mark.parametrize(
    ("best", "edge"), [((-1, -1, 1), "upper"), ((0, 0, 1), "lower"), ((1, 1, -1), None), ((-1, 0), None)]
)
def test_a_range_whose_best_value_is_at_an_edge_is_flagged(best: tuple[int, ...], edge: str | None) -> None:
    report = report_space(winners(*(RATES[place] for place in best)))
    assert decision(report, "wide_rate").edge == edge
    assert any(words.startswith("wide_rate:") for words in report.complaints()) == (edge is not None)


def test_what_was_tried_more_often_needs_to_be_best_more_often() -> None:
    runs = winners(RATES[-1], RATES[-1], RATES[1]).runs
    often = [run(0, architecture(RATES[-1], weight), 0.1) for weight in WEIGHTS[1:]]
    often += [run(task, architecture(RATES[-1], weight), 0.1) for task in (1, 2) for weight in WEIGHTS[1:]]
    report = report_space(experience([*runs, *often]))
    assert shares(report, "wide_rate")[RATES[-1]] == pytest.approx(2 / 3)
    assert decision(report, "wide_rate").edge is None


def test_zero_ends_a_range_by_nature_and_words_have_no_edge() -> None:
    report = report_space(winners(RATES[1]))
    assert shares(report, "wide_l1")[0.0] == 1.0
    assert decision(report, "wide_l1").edge is None
    assert decision(report, "class_weight").edge is None


def test_an_architecture_that_is_best_too_often_is_named() -> None:
    report = report_space(winners(RATES[1], RATES[1], RATES[2], RATES[3]))
    assert report.most_successful is not None
    assert report.most_successful.architecture == architecture(RATES[1])
    assert (report.most_successful.tasks, report.most_successful.best_share) == (4, 0.5)
    assert any(architecture(RATES[1]).hash in words for words in report.complaints())


def test_own_architectures_that_win_take_the_place_of_the_shared_ones() -> None:
    own = run(0, architecture(RATES[3], WEIGHTS[1]), 0.95, is_shared=False)
    report = report_space(experience([*winners(RATES[1]).runs, own]))
    assert report.most_successful is not None
    assert report.most_successful.best_share == 0.0
    assert report.most_successful.best_share_of_shared == 1.0


def test_the_gap_is_between_best_by_validation_and_best_on_average() -> None:
    steady, first, second = (architecture(rate) for rate in RATES[:3])
    runs = [
        run(0, steady, 0.80, test=0.70), run(0, first, 0.90, test=0.76), run(0, second, 0.10),
        run(1, steady, 0.80, test=0.72), run(1, second, 0.84, test=0.74), run(1, first, 0.10),
    ]  # fmt: skip
    gap = report_space(experience(runs)).gap
    assert gap is not None
    assert gap.architecture == steady
    assert [gap.validation_gap, gap.test_gap] == pytest.approx([0.07, 0.04])


def test_the_test_part_chooses_nothing() -> None:
    known = winners(RATES[1], RATES[2])
    judged = report_space(known)
    changed = [run(entry.task, entry.architecture, entry.validation_accuracy, test=float(place % 3 == 0))
               for place, entry in enumerate(known.runs)]  # fmt: skip
    other = report_space(experience(changed))
    assert other.decisions == judged.decisions
    assert other.most_successful == judged.most_successful
    assert other.gap is not None
    assert judged.gap is not None
    assert other.gap.architecture == judged.gap.architecture


def test_a_shared_architecture_that_few_tasks_have_run_is_not_best_on_average() -> None:
    rare = run(0, architecture(RATES[3], WEIGHTS[1]), 0.99)
    gap = report_space(experience([*winners(RATES[1], RATES[1], RATES[2]).runs, rare])).gap
    assert gap is not None
    assert (gap.architecture, gap.tasks) == (architecture(RATES[1]), 3)


def test_without_shared_runs_nothing_is_said_of_them() -> None:
    report = report_space(experience([run(0, architecture(RATES[0]), 0.5, is_shared=False)]))
    assert report.most_successful is None
    assert report.gap is None


def test_without_runs_the_way_to_make_some_is_told() -> None:
    with pytest.raises(EmptyExperienceError, match="forethought populate --space wide_deep"):
        report_space(experience([]))


def test_a_choice_that_only_tasks_of_few_runs_tried_is_not_lifted_by_that() -> None:
    """Being the best of two is no feat: each choice is the best as often as its runs would have it."""
    large = [run(0, architecture(RATES[0]), 0.9)] + [run(0, architecture(RATES[0]), 0.5)] * 7
    small = [
        run(task, architecture(RATES[place]), 0.9 if place == task % 2 else 0.5)
        for task in (1, 2)
        for place in (0, 1)
    ]
    found = decision(report_space(experience(large + small)), "wide_rate")
    assert {choice.choice: choice.lift for choice in found.choices if choice.runs} == {
        RATES[0]: pytest.approx(1.0),
        RATES[1]: pytest.approx(1.0),
    }
