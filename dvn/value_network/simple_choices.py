"""An experience becomes the choices that need no value network: what one must beat on every new dataset.

The best shared architecture of each known task, that of tasks of about the same size, and a small portfolio.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dvn.architecture import Architecture
from dvn.value_network.snapshot import Experience
from dvn.value_network.targets import normal_scores

PORTFOLIO = 5
SIZES = 3
"""The rule by size tells small, middling and large tasks apart, a third of the known ones each."""

Parse = Callable[[Mapping[str, object]], Architecture]


@dataclass(frozen=True, slots=True)
class SimpleChoices:
    """Shared architectures chosen by simple rules.

    Attributes:
        by_task: The best by validation of each known task, in their order; of a task that has run none, that
            of another size of its dataset, or None.
        edges: Rows that part small, middling and large tasks.
        by_size: The best on average of small, middling and large tasks.
        portfolio: The few that cover the known tasks best together, in greedy order.
    """

    by_task: tuple[Architecture | None, ...] = ()
    edges: tuple[float, ...] = ()
    by_size: tuple[Architecture, ...] = ()
    portfolio: tuple[Architecture, ...] = ()

    @classmethod
    def of(cls, known: Experience) -> "SimpleChoices":
        """The choices of an experience; none where no architecture is shared."""
        if not any(run.is_shared for run in known.runs):
            return cls((None,) * len(known.tasks))
        by_task = _best_of_each(known)
        known = that_share(known)
        table, architectures = shared_table(known)
        edges, means = size_means(known, table)
        best = [
            architectures[int(np.argmax(means[min(means, key=lambda n: abs(n - i))]))] for i in range(SIZES)
        ]
        return cls(
            by_task,
            tuple(edges.tolist()),
            tuple(best),
            tuple(architectures[place] for place in greedy_portfolio(table)),
        )

    @classmethod
    def from_json(cls, document: Mapping[str, list], parse: Parse) -> "SimpleChoices":  # type: ignore[type-arg]  # our own JSON
        """What `to_json` wrote; an empty document holds no choices."""
        return cls(
            tuple(None if one is None else parse(one) for one in document.get("by_task", [])),
            tuple(document.get("edges", [])),
            tuple(parse(one) for one in document.get("by_size", [])),
            tuple(parse(one) for one in document.get("portfolio", [])),
        )

    def to_json(self) -> dict[str, list[object]]:
        """The choices by their decisions."""
        return {
            "by_task": [None if one is None else dict(one.decisions) for one in self.by_task],
            "edges": list(self.edges),
            "by_size": [dict(one.decisions) for one in self.by_size],
            "portfolio": [dict(one.decisions) for one in self.portfolio],
        }

    def for_rows(self, rows: int) -> Architecture | None:
        """What is best on average on tasks of about this size."""
        return self.by_size[int(np.searchsorted(self.edges, rows))] if self.by_size else None


def that_share(known: Experience) -> Experience:
    """The experience of the tasks with shared runs: smaller sizes of a dataset ran random ones alone."""
    return known.of_tasks(sorted({run.task for run in known.runs if run.is_shared}))


def greedy_portfolio(table: Float[np.ndarray, "tasks shared"]) -> list[int]:
    """Columns that each most raise the sum over tasks of the best normal score among those chosen."""
    chosen: list[int] = []
    reached = np.full(len(table), -np.inf)
    for _ in range(min(PORTFOLIO, table.shape[1])):
        gains = np.maximum(reached[:, None], table).sum(axis=0)
        gains[chosen] = -np.inf
        chosen.append(int(np.argmax(gains)))
        reached = np.maximum(reached, table[:, chosen[-1]])
    return chosen


def size_means(
    known: Experience, table: Float[np.ndarray, "tasks shared"]
) -> tuple[Float[np.ndarray, " edges"], dict[int, Float[np.ndarray, " shared"]]]:
    """Rows that part the tasks by size, and the mean normal scores of each size that any task has."""
    rows = np.array([task.description.rows for task in known.tasks])
    edges: np.ndarray = np.quantile(rows, np.arange(1, SIZES) / SIZES)
    group = np.searchsorted(edges, rows)
    return edges, {int(number): table[group == number].mean(axis=0) for number in np.unique(group)}


def shared_table(known: Experience) -> tuple[Float[np.ndarray, "tasks shared"], list[Architecture]]:
    """Normal scores of shared architectures among all runs of each task; the mean where one is missing."""
    architectures = sorted({run.architecture for run in known.runs if run.is_shared}, key=lambda a: a.hash)
    column = {architecture: place for place, architecture in enumerate(architectures)}
    table = np.full((len(known.tasks), len(architectures)), np.nan)
    for task in range(len(known.tasks)):
        runs = [run for run in known.runs if run.task == task]
        scores = normal_scores(np.array([run.validation_accuracy for run in runs]))
        for run, score in zip(runs, scores, strict=True):
            if run.is_shared:
                table[task, column[run.architecture]] = score
    counts = np.isfinite(table).sum(axis=0)
    means = np.nansum(table, axis=0) / np.maximum(counts, 1)
    return np.where(np.isfinite(table), table, means), architectures


def _best_of_each(known: Experience) -> tuple[Architecture | None, ...]:
    found = [_best_of(known, task) for task in range(len(known.tasks))]
    of_dataset: dict[str, Architecture] = {}
    for task, best in zip(known.tasks, found, strict=True):
        if best is not None:
            of_dataset.setdefault(task.content_hash, best)
    return tuple(
        best or of_dataset.get(task.content_hash) for task, best in zip(known.tasks, found, strict=True)
    )


def _best_of(known: Experience, task: int) -> Architecture | None:
    shared = [run for run in known.runs if run.task == task and run.is_shared]
    best = min(shared, key=lambda run: (-run.validation_accuracy, run.architecture.hash), default=None)
    return None if best is None else best.architecture
