"""The value form is the mean of the process it claims to be, and learns what it should."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from dvn.value_network.process_fit import solve, tune
from dvn.value_network.process_kernel import Hyperparameters, ProcessData, covariance, cross, surprise

TASKS, RUNS, LOGITS, FEATURES = 4, 24, 6, 3


def data(seed: int = 0, runs: int = RUNS) -> ProcessData:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return ProcessData(
        x=normal(runs, LOGITS),
        scores=normal(runs),
        of_task=torch.arange(runs) % TASKS,
        z=normal(TASKS, FEATURES),
        family=torch.tensor([0, 0, 1, 2]),
        sampling=torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64),
        decision_of=torch.tensor([0, 0, 0, 1, 1, 2]),
    )


def weights() -> Hyperparameters:
    return Hyperparameters.prior(3, FEATURES)


def test_the_coefficients_are_the_mean_of_the_process_at_a_task_never_seen() -> None:
    known, prior = data(), weights()
    unseen = replace(
        data(seed=9, runs=5), of_task=torch.zeros(5, dtype=torch.int64), family=torch.tensor([7] * 4)
    )
    # A task of a number of its own, so that it shares neither level nor family with those known.
    both = replace(
        unseen,
        z=torch.cat([known.z, unseen.z[:1]]),
        of_task=torch.full((5,), TASKS),
        family=torch.cat([known.family, torch.tensor([7])]),
    )
    widened = replace(
        known, z=both.z, family=both.family, sampling=torch.cat([known.sampling, torch.zeros(1)])
    )
    direct = cross(both, widened, prior) @ torch.linalg.solve(covariance(known, prior), known.scores)
    found = solve(known, prior)
    moved = torch.cat([torch.ones(1, dtype=torch.float64), unseen.z[0]])
    linear = moved @ found.linear
    square = torch.einsum("f,fij->ij", moved, found.square)
    folded = both.x @ linear + ((both.x @ square) * both.x).sum(dim=1)
    torch.testing.assert_close(folded, direct)


def test_single_precision_finds_the_same_coefficients(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = solve(data(), weights())
    monkeypatch.setattr("dvn.value_network.process_fit.EXACT_RUNS", 0)
    monkeypatch.setattr("dvn.value_network.process_fit._ROWS_AT_A_TIME", 7)
    single = solve(data(), weights())
    torch.testing.assert_close(single.linear.double(), exact.linear, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(single.square.double(), exact.square, atol=1e-4, rtol=1e-3)


def test_where_single_precision_cannot_factor_double_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred runs of one architecture and next to no noise."""
    nothing = torch.tensor(-40.0, dtype=torch.float64)
    alike = replace(data(runs=100), x=torch.full((100, LOGITS), 30.0, dtype=torch.float64))
    quiet = replace(weights(), noise=nothing, sampling=nothing, level=torch.tensor(9.0, dtype=torch.float64))
    exact = solve(alike, quiet)
    monkeypatch.setattr("dvn.value_network.process_fit.EXACT_RUNS", 0)
    with pytest.raises(torch.linalg.LinAlgError):
        torch.linalg.cholesky(covariance(alike.cast(torch.float32), quiet.cast(torch.float32)))
    assert torch.equal(solve(alike, quiet).linear, exact.linear)


@pytest.mark.parametrize("name", [field.name for field in fields(Hyperparameters)])
def test_the_gradient_is_that_of_the_likelihood(name: str) -> None:
    known, step = data(), 1e-5
    prior = weights()
    tensor = getattr(prior, name).requires_grad_()
    surprise(known, prior).backward()
    moved = [replace(prior, **{name: tensor.detach() + sign * step}) for sign in (1.0, -1.0)]
    slope = (surprise(known, moved[0]) - surprise(known, moved[1])) / (2 * step)
    assert float(tensor.grad.sum()) == pytest.approx(float(slope), rel=1e-4, abs=1e-6)


def test_the_likelihood_is_that_of_a_normal_distribution() -> None:
    known, prior = data(), weights()
    normal = torch.distributions.MultivariateNormal(
        torch.zeros(RUNS, dtype=torch.float64), covariance(known, prior)
    )
    constant = 0.5 * RUNS * np.log(2 * np.pi)
    found = float(surprise(known, prior) - prior.improbability())
    assert found == pytest.approx(float(-normal.log_prob(known.scores)) - constant)


def test_tuning_raises_the_likelihood_and_repeats() -> None:
    known = data(runs=60)
    first, second = (tune(known, 20, np.random.default_rng(0)) for _ in range(2))
    assert surprise(known, first) < surprise(known, weights())
    for field in fields(Hyperparameters):
        assert torch.equal(getattr(first, field.name), getattr(second, field.name))


def test_a_term_that_is_left_out_stays_out() -> None:
    found = tune(data(), 3, np.random.default_rng(0), has_own=False)
    assert float(found.own.exp()) == float(found.kin.exp()) == 0.0
    assert torch.isfinite(solve(data(), found).linear).all()
