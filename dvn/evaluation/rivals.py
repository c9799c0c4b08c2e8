"""Ways to learn v(u, z) that the reproduction of the paper compares, each fitted several times over.

A rival is fitted to what may be known once for each seed; what it becomes scores architectures of a task
never seen, and, where it is smooth in u, can be climbed (Algorithm 2) and may show a learned z.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dvn.architecture import Architecture, Relaxation, get_space
from dvn.evaluation.contender import Contender, Predictor
from dvn.value_network.fit import FitOptions
from dvn.value_network.layer_process import fit_layer_process
from dvn.value_network.make_checkpoint import uncalibrated
from dvn.value_network.paper_network import PaperOptions, fit_paper_network, sample_inputs
from dvn.value_network.snapshot import Experience, KnownTask

Value = Callable[[Float[Tensor, "rows logits"]], Float[Tensor, " rows"]]
"""The predicted normalised scores of points u on one task, differentiable in u."""

Embed = Callable[[KnownTask, Int[np.ndarray, " samples"]], Float[np.ndarray, " task"]]
"""The learned z of some samples of a task."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A rival once fitted: its scores, v(u, z) of a task if it can be climbed, z if it learns one."""

    predict: Predictor
    value: Callable[[KnownTask], Value] | None = None
    embed: Embed | None = None


@dataclass(frozen=True, slots=True)
class Rival:
    """A named way to learn v(u, z).

    Attributes:
        name: What tables call it.
        reads_task: Whether it reads meta-features.
        fit: What the experience becomes for each seed.
    """

    name: str
    reads_task: bool
    fit: Callable[[Experience, Sequence[int]], Sequence[Fitted]]


PAPER, LAYERS, SHIPPED = "as in the paper", "process on layer summaries", "value network"


def rivals(
    paper: PaperOptions | None = None, options: FitOptions | None = None, *, with_layers: bool = True
) -> tuple[Rival, ...]:
    """The paper's network, the product's value network and our process, each without and with z."""
    paper, options = paper or PaperOptions(), options or FitOptions()
    found = []
    for reads in (False, True):
        found.append(paper_rival(replace(paper, reads_sample=reads)))
        found.append(shipped_rival(options if reads else replace(options, groups=()), reads_task=reads))
        if with_layers:
            found.append(layer_rival(reads_task=reads))
    return tuple(found)


def of_contender(make: Callable[[int], Contender], *, reads_task: bool = True) -> Rival:
    """A contender of the other studies as a rival that can be ranked but not climbed."""
    return Rival(
        make(0).name,
        reads_task,
        lambda known, seeds: [Fitted(make(seed).fit(known)) for seed in seeds],
    )


def paper_rival(options: PaperOptions) -> Rival:
    """The paper's own network; its repeats are fitted side by side."""

    def fit(known: Experience, seeds: Sequence[int]) -> list[Fitted]:
        network = fit_paper_network(known, members=len(seeds), seed=seeds[0], options=options)

        def describe(task: KnownTask, rows: Tensor | None = None) -> Tensor | None:
            if not options.reads_sample:
                return None
            return network.describe(sample_inputs(task.description, rows).expand(len(seeds), -1, -1))

        def fitted(member: int) -> Fitted:
            def value(task: KnownTask) -> Value:
                z = describe(task)
                return lambda u: network.score(u.expand(len(seeds), -1, -1), z)[member]

            def embed(task: KnownTask, rows: Int[np.ndarray, " samples"]) -> Float[np.ndarray, " task"]:
                z = describe(task, torch.from_numpy(rows))
                assert z is not None
                numbers: np.ndarray = z[member].numpy()
                return numbers

            return of_value(known.space, value, embed if options.reads_sample else None)

        return [fitted(member) for member in range(len(seeds))]

    return Rival(PAPER, options.reads_sample, fit)


def shipped_rival(options: FitOptions, *, reads_task: bool) -> Rival:
    """The value network of the product."""

    def fitted(known: Experience, seed: int) -> Fitted:
        checkpoint = uncalibrated(known, replace(options, seed=seed))

        def value(task: KnownTask) -> Value:
            view = checkpoint.describe(task.description)
            return lambda u: checkpoint.score(u, view)

        return of_value(known.space, value)

    return Rival(SHIPPED, reads_task, lambda known, seeds: [fitted(known, seed) for seed in seeds])


def layer_rival(*, reads_task: bool) -> Rival:
    """The Gaussian process on layer summaries, of `relaxed_ffnn` alone."""

    def fitted(known: Experience, seed: int) -> Fitted:
        process = fit_layer_process(known, seed=seed, reads_task=reads_task)

        def value(task: KnownTask) -> Value:
            z = process.describe(task.description)
            return lambda u: process.score(u, z)

        return of_value(known.space, value)

    return Rival(LAYERS, reads_task, lambda known, seeds: [fitted(known, seed) for seed in seeds])


def of_value(space: str, value: Callable[[KnownTask], Value], embed: Embed | None = None) -> Fitted:
    """A fitted rival from its v(u, z): architectures are scored at their vertices."""
    relaxation = Relaxation(get_space(space))

    def predict(
        task: KnownTask, architectures: Sequence[Architecture]
    ) -> Float[np.ndarray, " architectures"]:
        with torch.no_grad():
            scores: np.ndarray = value(task)(torch.from_numpy(relaxation.vertices(architectures))).numpy()
        return scores

    return Fitted(predict, value, embed)
