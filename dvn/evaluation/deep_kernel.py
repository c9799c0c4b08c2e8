"""The process of the value form with a learned z: a small network of the task's numbers and its sample.

Deep kernel learning (Wilson et al., 2016): the network and the weights of the covariance are those of the
greatest marginal likelihood, so that tasks are alike where their best architectures are. The sample enters
by what a set encoder would pool, the spread of the class means and of the texts about them, so that neither
the order of the texts nor the numbering of the classes matters. It is one of the forms tried; what ships has
z as numbers, each with a weight of its own.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dvn.architecture import Architecture, Relaxation, get_space
from dvn.evaluation.contender import Predictor, Scores
from dvn.metafeatures import TaskDescription
from dvn.value_network.decision_features import similarity_root
from dvn.value_network.fit import FitOptions
from dvn.value_network.fit_form import process_data
from dvn.value_network.observations import Standardiser
from dvn.value_network.process_fit import STEPS_A_SUBSET, TUNE_RUNS, Coefficients, solve
from dvn.value_network.process_kernel import Hyperparameters, ProcessData, surprise
from dvn.value_network.snapshot import Experience, KnownTask
from dvn.value_network.task_features import TaskFeatures

HIDDEN, LEARNED = 24, 8
RATE = 0.02
WEIGHT_DECAY = 0.01
STEPS = 150


def fit_deep_kernel(known: Experience, options: FitOptions, *, reads_sample: bool) -> Predictor:
    """The process whose tasks are alike by a learned z."""
    numbers = TaskFeatures.of([task.description for task in known.tasks], options.groups)
    pools = Standardiser.of(np.stack([pooled(task.description) for task in known.tasks]))

    def read(tasks: Sequence[KnownTask]) -> Float[Tensor, "tasks numbers"]:
        parts = [numbers([task.description for task in tasks])]
        if reads_sample:
            parts.append(np.stack([pools(pooled(task.description)) for task in tasks]))
        return torch.from_numpy(np.concatenate(parts, axis=1)).double()

    data = process_data(known, numbers, options.targets)
    inputs = read(known.tasks)
    network, weights = _learned(data, inputs, options)
    with torch.no_grad():
        coefficients = solve(replace(data, z=network(inputs)), weights)
    relaxation = Relaxation(get_space(known.space))
    root = torch.from_numpy(similarity_root(relaxation))

    def predict(task: KnownTask, architectures: Sequence[Architecture]) -> Scores:
        vertices = torch.from_numpy(relaxation.vertices(architectures))
        x = relaxation.weighted(vertices).double() @ root
        with torch.no_grad():
            scores: Scores = _mean(coefficients, x, network(read([task]))[0]).numpy()
        return scores

    return predict


def pooled(description: TaskDescription) -> Float[np.ndarray, " pooled"]:
    """Of each dimension of the sample's vectors: the deviation of class means, and that about them.

    A task without a sample has zeros.
    """
    vectors, classes = description.sample.vectors.astype(np.float64), description.sample.classes
    if not len(classes):
        return np.zeros(2 * vectors.shape[1])
    means = np.stack([vectors[classes == one].mean(axis=0) for one in np.unique(classes)])
    about = vectors - means[np.unique(classes, return_inverse=True)[1]]
    spreads: np.ndarray = np.log1p(np.concatenate([means.std(axis=0), about.std(axis=0)]))
    return spreads


def _learned(
    data: ProcessData, inputs: Float[Tensor, "tasks numbers"], options: FitOptions
) -> tuple[nn.Module, Hyperparameters]:
    """The network that makes z, and the covariance's weights, tuned together on subsets of the runs."""
    generator = torch.Generator().manual_seed(options.seed)
    network = nn.Sequential(nn.Linear(inputs.shape[1], HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, LEARNED))
    for parameter in network.parameters():
        scale = parameter.shape[1] ** -0.5 if parameter.ndim == 2 else 0.0
        parameter.data = scale * torch.randn(parameter.shape, generator=generator)
    weights = Hyperparameters.prior(int(data.decision_of.max()) + 1, LEARNED).cast(torch.float32)
    parameters = [tensor.requires_grad_() for tensor in weights.tensors()]
    groups = [
        {"params": parameters, "lr": 5 * RATE, "weight_decay": 0.0},
        {"params": list(network.parameters()), "lr": RATE, "weight_decay": WEIGHT_DECAY},
    ]
    optimiser = torch.optim.AdamW(groups)
    whole, numbers = data.cast(torch.float32), inputs.float()
    part = whole
    for step in range(STEPS if options.tune_steps >= STEPS_A_SUBSET else options.tune_steps):
        if step % STEPS_A_SUBSET == 0 and len(whole.x) > TUNE_RUNS:
            rows = torch.randperm(len(whole.x), generator=generator)[:TUNE_RUNS]
            part = whole.part(np.sort(rows.numpy()))
        optimiser.zero_grad()
        surprise(replace(part, z=network(numbers)), weights).backward()  # type: ignore[no-untyped-call]  # torch's own
        optimiser.step()
    return network.double().requires_grad_(requires_grad=False), weights.cast(torch.float64)


def _mean(
    coefficients: Coefficients, x: Float[Tensor, "rows logits"], z: Float[Tensor, " learned"]
) -> Float[Tensor, " rows"]:
    forms = torch.cat([torch.ones(1, dtype=torch.float64), z])
    linear = forms @ coefficients.linear.double()
    square = torch.einsum("f,fij->ij", forms, coefficients.square.double())
    return x @ linear + ((x @ square) * x).sum(dim=1)
