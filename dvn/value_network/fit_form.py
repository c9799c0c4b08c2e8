"""An experience becomes a value form and the reader of its task features."""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # no stubs

from dvn.architecture import Relaxation, get_space
from dvn.value_network.cost_regression import regress_costs
from dvn.value_network.decision_features import input_pairs, similarity_root
from dvn.value_network.fit import FitOptions
from dvn.value_network.observations import EmptyExperienceError
from dvn.value_network.process_fit import solve, tune
from dvn.value_network.process_kernel import Hyperparameters, ProcessData
from dvn.value_network.snapshot import Experience, KnownRun
from dvn.value_network.targets import (
    Targets,
    accuracy_line,
    normal_scores,
    sampling_variance,
    standard_scores,
)
from dvn.value_network.task_features import TaskFeatures
from dvn.value_network.task_regression import regress
from dvn.value_network.value_form import LEVEL, SPREAD, FormParts, ValueForm, cost_columns

COSTS = ("train_seconds", "predict_milliseconds", "bundle_bytes")
SIZE_NAMES = ("log_rows", "log_classes", "log_characters", "log_words", "log_vocabulary")
"""The hand-made numbers that costs are read from."""

_SMALLEST_COST = 1e-3


@dataclass(frozen=True, slots=True)
class FittedForm:
    """A value form, what reads a task's features for it, and the hyperparameters that made it."""

    form: ValueForm
    features: TaskFeatures
    weights: Hyperparameters


def fit_form(experience: Experience, options: FitOptions) -> FittedForm:
    """The value form of an experience; only validation scores are read, never a test score.

    Fitted on one thread: several add numbers up in whatever order they end, and a checkpoint would differ
    in its last bits from one fit to the next.

    Raises:
        EmptyExperienceError: There is no run in it.
    """
    if not experience.runs:
        raise EmptyExperienceError(experience.space)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            return _fitted(experience, options)
    finally:
        torch.set_num_threads(threads)


def _fitted(experience: Experience, options: FitOptions) -> FittedForm:
    features = TaskFeatures.of([task.description for task in experience.tasks], options.groups)
    data = process_data(experience, features, options.targets)
    if not options.knows_rows:
        data = replace(data, sampling=torch.zeros_like(data.sampling))
    generator = np.random.default_rng(options.seed)
    weights = tune(data, options.tune_steps, generator, has_own=options.has_own)
    lines = _accuracy_lines(experience)
    tasks = {
        head: regress(data.z, torch.from_numpy(lines[:, place]), data.family, steps=options.tune_steps)
        for place, head in enumerate((LEVEL, SPREAD))
    }
    relaxation = Relaxation(get_space(experience.space))
    root, pairs = similarity_root(relaxation), input_pairs(relaxation)
    places = tuple(features.places(SIZE_NAMES))
    sizes = data.z.numpy()[data.of_task.numpy()][:, places]
    form = ValueForm.of(
        FormParts(
            root=root,
            coefficients=solve(data, weights),
            likeness=weights.decisions.exp()[data.decision_of],
            unexplained=torch.stack([weights.square.exp(), weights.own.exp() + weights.kin.exp()]),
            tasks=tasks,
            costs=regress_costs(_cost_features(experience, data, pairs), sizes, cost_logs(experience)),
            size_places=places,
            cost_pairs=pairs,
        )
    )
    return FittedForm(form, features, weights)


def _cost_features(
    experience: Experience, data: ProcessData, pairs: Int[np.ndarray, "2 pairs"]
) -> Float[np.ndarray, "runs columns"]:
    """The decision features of each run, then its pairs of inputs."""
    relaxation = Relaxation(get_space(experience.space))
    vertices = torch.from_numpy(relaxation.vertices(run.architecture for run in experience.runs))
    weighted = relaxation.weighted(vertices).double()
    products = cost_columns(weighted, torch.from_numpy(pairs))[:, weighted.shape[1] :]
    return np.column_stack([data.x.numpy(), products.numpy()])


def process_data(experience: Experience, features: TaskFeatures, targets: Targets = "normal") -> ProcessData:
    """Runs and tasks of an experience as the process reads them, in double precision."""
    relaxation = Relaxation(get_space(experience.space))
    vertices = torch.from_numpy(relaxation.vertices(run.architecture for run in experience.runs))
    x = relaxation.weighted(vertices).double() @ torch.from_numpy(similarity_root(relaxation))
    scores = np.zeros(len(experience.runs))
    normalise = normal_scores if targets == "normal" else standard_scores
    for rows in runs_by_task(experience):
        scores[rows] = normalise(_accuracies(experience.runs, rows))
    families = sorted({task.family for task in experience.tasks})
    sizes = torch.tensor([block.stop - block.start for block in relaxation.blocks.values()])
    return ProcessData(
        x=x,
        scores=torch.from_numpy(scores),
        of_task=torch.tensor([run.task for run in experience.runs]),
        z=torch.from_numpy(features([task.description for task in experience.tasks])),
        family=torch.tensor([families.index(task.family) for task in experience.tasks]),
        sampling=torch.from_numpy(_sampling(experience)),
        decision_of=torch.repeat_interleave(torch.arange(len(sizes)), sizes),
    )


def runs_by_task(experience: Experience) -> list[Int[np.ndarray, " runs"]]:
    """The places of each task's runs."""
    found: dict[int, list[int]] = defaultdict(list)
    for place, run in enumerate(experience.runs):
        found[run.task].append(place)
    return [np.array(found[task], dtype=np.int64) for task in range(len(experience.tasks))]


def cost_logs(experience: Experience) -> Float[np.ndarray, "runs costs"]:
    """Natural logarithms of each run's costs; NaN where one was not measured."""
    costs = np.array(
        [[run.own_seconds, run.predict_milliseconds, run.bundle_bytes] for run in experience.runs]
    )
    logs: np.ndarray = np.log(np.where(np.isnan(costs), np.nan, np.maximum(costs, _SMALLEST_COST)))
    return logs


def _accuracies(runs: tuple[KnownRun, ...], rows: Int[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    return np.array([runs[row].validation_accuracy for row in rows])


def _sampling(experience: Experience) -> Float[np.ndarray, " tasks"]:
    """Each task's sampling variance; where it is unknown, the median of the others'."""
    variances = np.array(
        [
            sampling_variance(_accuracies(experience.runs, rows), task.validation_rows)
            for task, rows in zip(experience.tasks, runs_by_task(experience), strict=True)
        ]
    )
    known = variances[np.isfinite(variances)]
    return np.where(np.isfinite(variances), variances, np.median(known) if len(known) else 0.0)


def _accuracy_lines(experience: Experience) -> Float[np.ndarray, "tasks 2"]:
    lines = [accuracy_line(_accuracies(experience.runs, rows)) for rows in runs_by_task(experience)]
    return np.array([(level, np.log(slope)) for level, slope in lines])
