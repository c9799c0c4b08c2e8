"""The portfolio, the rule by size, the factors and the process, on experience whose truth is known."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.stats import spearmanr

from dvn.evaluation.contender import Predictor
from dvn.evaluation.factorisation import fit_factorisation
from dvn.evaluation.gaussian_process import fit_gaussian_process, one_hot
from dvn.evaluation.predictors import fit_blend, fit_permuted, fit_value_network
from dvn.evaluation.simple_rules import fit_best_on_average, fit_portfolio, fit_size_rule
from dvn.value_network import Experience, FitOptions
from dvn.value_network.targets import normal_scores
from tests.dvn.experiences import architectures, description, known_run, known_task, truth, two_kinds

FIRST, SECOND, BOTH = architectures(3)
UNSEEN = two_kinds(2, seed=9)
ASKED = architectures(30, seed=77)


def of_scores(table: list[tuple[float, float, float]], rows: list[int] | None = None) -> Experience:
    """One task a line, of these sizes; the three shared architectures score as it says."""
    tasks = [known_task(i, description(0, np.random.default_rng(i))) for i in range(len(table))]
    if rows is not None:
        tasks = [
            replace(task, description=replace(task.description, rows=number))
            for task, number in zip(tasks, rows, strict=True)
        ]
    runs = [
        known_run(task, architecture, score)
        for task, scores in enumerate(table)
        for architecture, score in zip((FIRST, SECOND, BOTH), scores, strict=True)
    ]
    return Experience("wide_deep", tuple(tasks), tuple(runs), "0" * 64)


def test_the_second_of_a_portfolio_covers_what_the_first_does_not() -> None:
    """The first wins on three tasks of four and is last on one, where the second is best."""
    known = of_scores([(0.9, 0.1, 0.5)] * 3 + [(0.1, 0.9, 0.5)])
    scores = fit_portfolio(known)(known.tasks[0], [SECOND, FIRST, BOTH])
    assert np.argsort(-scores).tolist() == [1, 0, 2]


def test_the_rule_by_size_asks_tasks_of_about_that_size() -> None:
    known = of_scores(
        [(0.9, 0.1, 0.5)] * 2 + [(0.5, 0.6, 0.9)] * 2 + [(0.1, 0.9, 0.5)] * 2, [10, 11, 100, 110, 900, 999]
    )
    predict = fit_size_rule(known)
    for rows, winner in ((5, 0), (105, 2), (5_000, 1)):
        task = replace(known.tasks[0], description=replace(known.tasks[0].description, rows=rows))
        assert int(np.argmax(predict(task, [FIRST, SECOND, BOTH]))) == winner


def test_what_was_never_shared_is_below_all_others() -> None:
    known = of_scores([(0.9, 0.1, 0.5)] * 3)
    for fit in (fit_portfolio, fit_size_rule, fit_best_on_average):
        scores = fit(known)(known.tasks[0], [*architectures(1, seed=50), FIRST])
        assert scores[0] == -np.inf < scores[1]


LEARNERS: dict[str, Callable[[Experience], Predictor]] = {
    "factors": partial(fit_factorisation, groups=("handmade",)),
    "process": partial(fit_gaussian_process, groups=("handmade",), normalise=normal_scores),
    "blend": partial(
        fit_blend,
        parts=(
            partial(fit_value_network, options=FitOptions(tune_steps=10)),
            partial(fit_factorisation, groups=("handmade",)),
        ),
    ),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_ranks_for_the_kind_of_task(name: str) -> None:
    predict = LEARNERS[name](two_kinds(12))
    for kind, task in enumerate(UNSEEN.tasks):
        found = predict(task, ASKED)
        assert spearmanr(found, [truth(one, kind) for one in ASKED]).statistic > 0.5


def test_a_process_of_decisions_only_says_the_same_of_every_task() -> None:
    predict = fit_gaussian_process(two_kinds(4), (), normal_scores)
    assert np.array_equal(*(predict(task, ASKED) for task in UNSEEN.tasks))


def test_equal_decisions_are_counted() -> None:
    columns = one_hot([FIRST, SECOND])
    equal = sum(
        FIRST.decisions.get(name) == SECOND.decisions.get(name)
        for name in FIRST.decisions.keys() | SECOND.decisions.keys()
    )
    both_absent = columns[0].sum() - len(FIRST.decisions.keys() | SECOND.decisions.keys())
    assert columns[0] @ columns[1] == equal + both_absent


def test_the_features_of_another_task_mislead() -> None:
    known, options = two_kinds(12), FitOptions(tune_steps=10)
    usual, misled = (fit(known, options) for fit in (fit_value_network, fit_permuted))
    task = UNSEEN.tasks[0]
    odd = replace(task, content_hash="00000001" + "0" * 56)
    assert not np.array_equal(usual(odd, ASKED), misled(odd, ASKED))
    assert spearmanr(misled(odd, ASKED), [truth(one, 1) for one in ASKED]).statistic > 0.5
