"""Ways to choose among architectures for a task never seen: the value network and what it must beat.

A predictor is fitted to the experience without a family, then scores that family's recorded architectures
without looking at their results.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from dvn.architecture import Architecture, Relaxation, get_space
from dvn.evaluation.contender import Contender, Predictor, Scores
from dvn.evaluation.factorisation import fit_factorisation
from dvn.evaluation.gaussian_process import Normalise, fit_gaussian_process
from dvn.evaluation.simple_rules import (
    fit_best_on_average,
    fit_nearest_task,
    fit_portfolio,
    fit_size_rule,
)
from dvn.value_network.fit import FitOptions, fit
from dvn.value_network.make_checkpoint import uncalibrated
from dvn.value_network.network import sample_batch
from dvn.value_network.observations import observe, padded
from dvn.value_network.snapshot import Experience, KnownTask
from dvn.value_network.targets import normal_scores, standard_scores
from dvn.value_network.task_features import HANDMADE

VALUE_NETWORK = "value network"
BEST_ON_AVERAGE = "best on average"
NETWORK = "network of Algorithm 1"
PROCESS_LINE = "Gaussian process, product kernel"


def contenders(options: FitOptions) -> tuple[Contender, ...]:
    """The value network, then the baselines of the design that need no training on the task."""
    return (
        Contender(VALUE_NETWORK, partial(fit_value_network, options=options)),
        Contender("no meta-features", partial(fit_value_network, options=replace(options, groups=()))),
        Contender(NETWORK, partial(fit_network, options=options)),
        Contender(PROCESS_LINE, _process((HANDMADE,), standard_scores)),
        Contender(f"{PROCESS_LINE}, normal scores", _process(options.groups, normal_scores)),
        Contender("Gaussian process, decisions only", _process((), standard_scores)),
        Contender("factorised matrix", partial(fit_factorisation, groups=options.groups)),
        Contender(BEST_ON_AVERAGE, fit_best_on_average),
        Contender("portfolio", fit_portfolio),
        Contender("rule by size", fit_size_rule),
        Contender("nearest task", fit_nearest_task),
    )


def fit_value_network(known: Experience, options: FitOptions, *, is_careful: bool = True) -> Predictor:
    """The form that ships; without caution it is the plain mean of its process."""
    checkpoint = uncalibrated(known, options)

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        prediction = checkpoint.predict(architectures, checkpoint.describe(task.description))
        return prediction.careful if is_careful else prediction.scores

    return predict


def fit_network(known: Experience, options: FitOptions) -> Predictor:
    """The ensemble that Algorithm 1 fits, with the learned set encoder beside the hand-made features."""
    observations = observe(known)
    network = fit(observations, options).requires_grad_(requires_grad=False)
    members = network.shape.members
    relaxation = Relaxation(get_space(known.space))

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        vectors, classes = (part.expand(members, *part.shape[1:]) for part in padded([task.description]))
        handmade = torch.from_numpy(observations.standardiser(task.description.handmade))
        batch = sample_batch(vectors, classes, int(classes.max()) + 1)
        view = network.describe(batch, handmade.expand(members, -1))
        weighted = relaxation.weighted(torch.from_numpy(relaxation.vertices(architectures)))
        return network.score(weighted.expand(members, -1, -1), view.z)[0].mean(dim=0).numpy()

    return predict


def fit_permuted(known: Experience, options: FitOptions) -> Predictor:
    """The form that ships, asked with the task features of some known task: what its answer owes to z."""
    predict = fit_value_network(known, options)

    def misled(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        place = int(task.content_hash[:8], 16) % len(known.tasks)
        return predict(replace(task, description=known.tasks[place].description), architectures)

    return misled


def fit_blend(known: Experience, parts: Sequence[Callable[[Experience], Predictor]]) -> Predictor:
    """The mean of several predictors' normal scores."""
    fitted = [part(known) for part in parts]

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        each = [normal_scores(one(task, architectures)) for one in fitted]
        result: np.ndarray = np.mean(each, axis=0)
        return result

    return predict


def _process(groups: Sequence[str], normalise: Normalise) -> Callable[[Experience], Predictor]:
    return partial(fit_gaussian_process, groups=groups, normalise=normalise)
