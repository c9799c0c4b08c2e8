"""Rules that choose among shared architectures without a fitted model: what any value network must beat.

Best on average, the nearest task, a greedy portfolio of a few architectures, and a rule by dataset size.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from dvn.architecture import Architecture
from dvn.evaluation.contender import Predictor, Scores
from dvn.value_network.make_checkpoint import best_on_average
from dvn.value_network.observations import Standardiser
from dvn.value_network.simple_choices import greedy_portfolio, shared_table, size_means, that_share
from dvn.value_network.snapshot import Experience, KnownTask


def fit_best_on_average(known: Experience) -> Predictor:
    """Rank the shared architectures by their mean normalised score; others are not scored."""
    places = {best: -float(rank) for rank, best in enumerate(best_on_average(known))}
    return lambda _, architectures: scored(places, architectures)


def fit_nearest_task(known: Experience) -> Predictor:
    """Rank the shared architectures by their scores on the task with the nearest hand-made features."""
    known = that_share(known)
    handmade = np.stack([task.description.handmade for task in known.tasks])
    standardise = Standardiser.of(handmade)
    standard = standardise(handmade)
    scores: dict[int, dict[Architecture, float]] = defaultdict(dict)
    for run in known.runs:
        if run.is_shared:
            scores[run.task][run.architecture] = run.validation_accuracy

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        gaps = np.square(standard - standardise(task.description.handmade)).mean(axis=1)
        return scored(scores[int(np.argmin(gaps))], architectures)

    return predict


def fit_portfolio(known: Experience) -> Predictor:
    """Rank first the few architectures that cover the known tasks best together, in greedy order.

    Each is the one that most raises the sum over tasks of the best normal score in the portfolio. Its first
    member would be chosen untried; the portfolio earns its keep where its members may be tried in turn.
    """
    known = that_share(known)
    table, architectures = shared_table(known)
    chosen = greedy_portfolio(table)
    places = {architectures[place]: -float(rank) for rank, place in enumerate(chosen)}
    return lambda _, asked: scored(places, asked)


def fit_size_rule(known: Experience) -> Predictor:
    """Rank the shared architectures by their mean normal score on known tasks of about the same size."""
    known = that_share(known)
    table, architectures = shared_table(known)
    edges, means = size_means(known, table)

    def predict(task: KnownTask, asked: Sequence[Architecture]) -> Scores:
        number = int(np.searchsorted(edges, task.description.rows))
        nearest = min(means, key=lambda other: abs(other - number))
        return scored(dict(zip(architectures, means[nearest].tolist(), strict=True)), asked)

    return predict


def scored(scores: Mapping[Architecture, float], architectures: Sequence[Architecture]) -> Scores:
    """Known scores; an architecture without one is below all others."""
    return np.array([scores.get(architecture, -np.inf) for architecture in architectures])
