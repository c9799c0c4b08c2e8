"""The paper's value network: repeatable, blind to test scores, its members apart, and learning."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dvn.architecture import Relaxation
from dvn.value_network import Experience
from dvn.value_network.observations import EmptyExperienceError
from dvn.value_network.paper_network import PaperOptions, fit_paper_network, normalised, sample_inputs
from tests.dvn.experiences import poisoned
from tests.dvn.ffnn_experience import SPACE, ffnn_experience

QUICK = PaperOptions(iterations=30, rate=1e-2, runs_in_batch=8, samples_in_batch=16)
EXPERIENCE = ffnn_experience(3, runs=12)


def weights(experience: Experience, *, members: int = 2, seed: int = 0) -> list[torch.Tensor]:
    network = fit_paper_network(experience, members=members, seed=seed, options=QUICK)
    return list(network.state_dict().values())


def test_a_seed_decides_the_weights_and_test_scores_do_not() -> None:
    first, again, other = weights(EXPERIENCE), weights(poisoned(EXPERIENCE)), weights(EXPERIENCE, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_members_are_repeats_of_their_own() -> None:
    network = fit_paper_network(EXPERIENCE, members=3, seed=0, options=QUICK)
    z = network.describe(sample_inputs(EXPERIENCE.tasks[0].description).expand(3, -1, -1))
    assert z.shape == (3, 50)
    assert not torch.allclose(z[0], z[1])


def test_the_order_of_the_samples_does_not_matter() -> None:
    network = fit_paper_network(EXPERIENCE, members=1, seed=0, options=QUICK)
    inputs = sample_inputs(EXPERIENCE.tasks[0].description)
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(0))
    one, other = (network.describe(each.unsqueeze(0)) for each in (inputs, inputs[order]))
    assert torch.allclose(one, other, atol=1e-5)


def test_a_longer_fit_predicts_the_runs_it_has_seen_better() -> None:
    experience = ffnn_experience(2, runs=40)
    errors = []
    for iterations in (1, 300):
        options = replace(QUICK, iterations=iterations, reads_sample=False)
        network = fit_paper_network(experience, members=1, seed=0, options=options)
        runs = [run for run in experience.runs if run.task == 0]
        truth = normalised([run.validation_accuracy for run in runs])
        u = torch.from_numpy(Relaxation(SPACE).vertices(run.architecture for run in runs))
        errors.append(float(np.square(network.score(u.unsqueeze(0), None)[0].numpy() - truth).mean()))
    assert errors[1] < 0.5 * errors[0]


def test_no_runs_are_told() -> None:
    with pytest.raises(EmptyExperienceError):
        fit_paper_network(replace(EXPERIENCE, runs=()), members=1, seed=0, options=QUICK)
