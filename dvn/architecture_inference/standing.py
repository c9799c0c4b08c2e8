"""Choices that need no value network become what the value network expects of them on this task."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dvn.architecture import Architecture
from dvn.architecture_inference.costs import Costs


class Rule(StrEnum):
    """How an architecture is chosen without a value network."""

    best_on_average = "best_on_average"
    """The shared architecture with the best mean score over all known tasks."""
    nearest_task = "nearest_task"
    """The best shared architecture of the most similar known task."""
    by_size = "by_size"
    """The best on average of known tasks with about as many rows."""
    portfolio = "portfolio"
    """The few that cover the known tasks best together; the one expected to do best here."""
    random = "random"
    """Random architectures; the mean of what is expected of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is expected of a rule's choice, in [0, 1]; `decisions` are empty for the mean of several."""

    rule: Rule
    expected_accuracy: float
    architecture: Architecture | None


def standing(
    costs: Costs, drawn: Sequence[Architecture], *, rows: int, nearest: int | None
) -> tuple[Standing, ...]:
    """The rules with their choices, as far as the checkpoint holds them; the most promising first.

    Args:
        costs: The task.
        drawn: Random architectures.
        rows: Of the dataset.
        nearest: The place of the most similar known task.
    """
    checkpoint, choices = costs.checkpoint, costs.checkpoint.choices
    of_task = choices.by_task[nearest] if nearest is not None and nearest < len(choices.by_task) else None
    chosen = {
        Rule.best_on_average: checkpoint.best_on_average[0] if checkpoint.best_on_average else None,
        Rule.nearest_task: of_task,
        Rule.by_size: choices.for_rows(rows),
    }
    found = [
        Standing(rule, _expected(costs, [one])[0], one) for rule, one in chosen.items() if one is not None
    ]
    if choices.portfolio:
        values = _expected(costs, choices.portfolio)
        best = max(range(len(values)), key=values.__getitem__)
        found.append(Standing(Rule.portfolio, values[best], choices.portfolio[best]))
    if drawn:
        values = _expected(costs, drawn)
        found.append(Standing(Rule.random, sum(values) / len(values), None))
    return tuple(sorted(found, key=lambda one: (-one.expected_accuracy, one.rule)))


def _expected(costs: Costs, architectures: Sequence[Architecture]) -> list[float]:
    prediction = costs.checkpoint.predict(architectures, costs.task)
    middle, _, _ = costs.checkpoint.interval(prediction.accuracies, prediction.doubt)
    return [float(value) for value in middle]
