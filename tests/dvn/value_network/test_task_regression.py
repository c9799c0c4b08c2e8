"""Numbers of tasks never seen, with a doubt that tells near tasks from far ones."""

import numpy as np
import pytest
import torch

from dvn.value_network.cost_regression import regress_costs
from dvn.value_network.task_regression import regress

TASKS = 40


def known() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(TASKS, 3, generator=generator, dtype=torch.float64)
    noise = 0.1 * torch.randn(TASKS, generator=generator, dtype=torch.float64)
    return z, 5.0 + 2.0 * z[:, 0] + noise, torch.arange(TASKS)


def test_a_linear_truth_is_found_where_no_task_was() -> None:
    asked = torch.tensor([[1.0, 0.0, 0.0], [-1.0, 0.5, 0.0]], dtype=torch.float64)
    expected, doubt = regress(*known(), steps=60)(asked)
    np.testing.assert_allclose(expected, [7.0, 3.0], atol=0.3)
    assert (doubt < 1.0).all()


def test_doubt_grows_away_from_what_is_known() -> None:
    _, doubt = regress(*known(), steps=60)(torch.tensor([[0.0, 0.0, 0.0], [4.0, -4.0, 4.0]]))
    assert doubt[1] > 1.2 * doubt[0]


def test_the_doubt_covers_the_truth() -> None:
    z, targets, family = known()
    expected, doubt = regress(z[:30], targets[:30], family[:30], steps=60)(z[30:])
    assert ((expected - targets[30:]).abs() < 3 * doubt).all()


@pytest.mark.parametrize("tasks", [1, 2])
def test_few_tasks_of_one_number_are_finite(tasks: int) -> None:
    expected, doubt = regress(torch.zeros(tasks, 2), torch.full((tasks,), 0.5), torch.arange(tasks), steps=3)(
        torch.ones(1, 2)
    )
    assert float(expected) == pytest.approx(0.5, abs=1e-3)
    assert float(doubt) > 0


def test_costs_are_products_of_what_is_asked_and_how_much_there_is() -> None:
    generator = np.random.default_rng(0)
    x, sizes = generator.normal(size=(600, 4)), generator.normal(size=(600, 2))
    logs = np.stack([1.0 + 2.0 * x[:, 0] + sizes[:, 1], 0.5 * x[:, 1] * sizes[:, 0]], axis=1)
    logs[::7, 1] = np.nan
    fitted = regress_costs(x, sizes, logs)
    asked = torch.tensor([[1.0, 2.0, 0.0, 0.0]])
    found = fitted(asked, torch.tensor([2.0, -1.0]))
    np.testing.assert_allclose(found, [[2.0, 2.0]], atol=0.1)
