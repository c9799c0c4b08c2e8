"""A gain on what is best on average counts only as far as it exceeds doubt."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dvn.architecture import Architecture, Relaxation, get_space
from dvn.value_network import Checkpoint, Experience, FitOptions
from dvn.value_network.decision_features import similarity_root
from dvn.value_network.fit_form import fit_form, process_data
from dvn.value_network.process_kernel import cross


@pytest.fixture(scope="module")
def architectures(checkpoint: Checkpoint) -> list[Architecture]:
    generator = np.random.default_rng(5)
    drawn = [get_space(checkpoint.space).sample(generator) for _ in range(20)]
    return [checkpoint.best_on_average[0], *drawn]


def test_nothing_is_taken_from_the_best_on_average_and_something_from_all_others(
    checkpoint: Checkpoint, experience: Experience, architectures: list[Architecture]
) -> None:
    found = checkpoint.predict(architectures, checkpoint.describe(experience.tasks[0].description))
    taken = found.scores - found.careful
    assert taken[0] == pytest.approx(0.0, abs=1e-6)
    assert (taken[1:] > 0.0).all()


def test_without_a_known_good_one_nothing_is_taken(
    checkpoint: Checkpoint, experience: Experience, architectures: list[Architecture]
) -> None:
    found = checkpoint.predict(architectures[1:], checkpoint.describe(experience.tasks[0].description))
    assert checkpoint.default_of(architectures[1:]) is None
    assert (found.scores == found.careful).all()


def test_the_doubt_is_that_of_what_is_a_task_s_own(
    experience: Experience, architectures: list[Architecture]
) -> None:
    """The covariance of scores of one task less that of scores of two strangers, whose features are alike."""
    fitted = fit_form(experience, FitOptions(tune_steps=4))
    relaxation = Relaxation(get_space(experience.space))
    weighted = relaxation.weighted(torch.from_numpy(relaxation.vertices(architectures)))
    found = fitted.form.doubt_of_gain(weighted, weighted[0])
    data = process_data(experience, fitted.features)
    strangers = next(i for i, family in enumerate(data.family.tolist()) if family != int(data.family[0]))
    numbers = torch.zeros(len(architectures), dtype=torch.int64)
    asked = replace(
        data,
        x=weighted.double() @ torch.from_numpy(similarity_root(relaxation)),
        scores=torch.zeros(len(architectures), dtype=torch.float64),
        of_task=numbers,
        z=torch.zeros_like(data.z),
    )
    own = cross(asked, asked, fitted.weights) - cross(
        asked, replace(asked, of_task=numbers + strangers), fitted.weights
    )
    variance = own.diagonal() + own[0, 0] - 2.0 * own[:, 0]
    np.testing.assert_allclose(found.numpy()[1:], variance.sqrt().numpy()[1:], rtol=1e-3, atol=1e-3)
