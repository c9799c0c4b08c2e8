"""One step of a whole child against torch autograd on a dense copy of it."""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dvn.architecture import Choice
from dvn.training import Budget, TaskFeatures, trainer
from dvn.training.child import EVALUATION_BATCH, Child, Inputs
from dvn.training.pipeline import assemble
from dvn.training.plan import plan
from dvn.training.sparse import INITIAL_ACCUMULATOR
from tests.dvn.factories import make_architecture, make_dataset

CHILDREN: dict[str, dict[str, Choice]] = {
    "all towers": {"tune_table": True, "wide_l1": 0.0, "activation": "tanh", "class_weight": "balanced"},
    "all towers, normalised": {"tune_table": True, "normalisation": "layer", "hidden_layers": 2},
    "linear": {"tune_table": True, "hidden_layers": 0, "ngrams": "characters"},
    "frozen": {"tune_table": False, "class_weight": "root"},
    "wide": {"table": "none"},
}


class DenseCopy(nn.Module):
    """The child as plain torch: dense tables, one graph, every parameter a leaf."""

    def __init__(self, child: Child, inputs: Inputs) -> None:
        super().__init__()
        self.tower = copy.deepcopy(child.tower)
        self.table, self.wide = (
            None if part is None else nn.Parameter(torch.from_numpy(part.table.copy()))
            for part in (child.table, child.wide)
        )
        self.bias = nn.Parameter(torch.from_numpy(child.bias.copy()))
        self.inputs = inputs

    def forward(self, rows: np.ndarray) -> Tensor:
        total = self.bias.unsqueeze(0)
        parts = [] if self.inputs.dense is None else [self.inputs.dense[rows]]
        if self.table is not None:
            parts.append(torch.from_numpy(self.inputs.counts[rows].toarray()) @ self.table)
        if self.tower is not None:
            total = total + self.tower(torch.cat(parts, dim=1))
        if self.wide is not None:
            total = total + torch.from_numpy(self.inputs.ngrams[rows].toarray()) @ self.wide
        return total


def adagrad(value: Tensor, gradient: Tensor, rate: float, *, by_row: bool = False) -> np.ndarray:
    squares = gradient.square().mean(dim=1, keepdim=True) if by_row else gradient.square()
    moved: np.ndarray = (value - rate * gradient / (squares + INITIAL_ACCUMULATOR).sqrt()).detach().numpy()
    return moved


@pytest.mark.parametrize("name", CHILDREN)
def test_one_step_is_that_of_autograd_on_a_dense_copy(name: str) -> None:
    dataset, split = make_dataset(60, classes=3)
    features = TaskFeatures(dataset, split)
    chosen = plan(make_architecture(**CHILDREN[name]), train_rows=len(split.train))
    pipeline, inputs = assemble(chosen, features)
    clock = trainer._Clock(None, Budget(max_steps=1))
    run = trainer._Run(chosen, pipeline, inputs, dataset.label_ids, split, 0, clock)
    run.child = pipeline.new_child(chosen, inputs, 3, torch.Generator().manual_seed(1))
    child = run.child
    if child.wide is not None:  # From zero its first step would be the same whatever the rows' counts.
        child.wide.table[:] = np.random.default_rng(0).normal(size=child.wide.table.shape)
    dense = DenseCopy(child, inputs)
    rows = split.train[:20]
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(dataset)).astype(np.float32)

    logits = dense(rows)
    _, _, total = child.logits(inputs, rows)
    torch.testing.assert_close(total, logits.detach(), rtol=1e-4, atol=1e-4)
    losses = cross_entropy(logits, torch.from_numpy(dataset.label_ids[rows]), reduction="none")
    (losses * torch.from_numpy(weights[rows])).mean().backward()
    assert run._step(rows, weights, trainer._optimiser(child, chosen), schedule=1.0)

    if child.tower is not None and dense.tower is not None:
        for ours, theirs in zip(child.tower.parameters(), dense.tower.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-5)
    if child.table is not None:
        wanted = adagrad(dense.table, dense.table.grad, chosen.table_rate, by_row=True)
        np.testing.assert_allclose(child.table.table, wanted, rtol=1e-3, atol=1e-4)
    if child.wide is not None:
        wanted = adagrad(dense.wide, dense.wide.grad, chosen.wide_rate)
        np.testing.assert_allclose(child.wide.table, wanted, rtol=1e-3, atol=1e-4)
    wanted = adagrad(dense.bias, dense.bias.grad, child.bias_rate)
    np.testing.assert_allclose(child.bias, wanted, rtol=1e-3, atol=1e-4)


def test_parameters_are_counted_in_every_part() -> None:
    features = TaskFeatures(*make_dataset(60, classes=3))
    chosen = plan(make_architecture(tune_table=True, hidden_layers=0), train_rows=48)
    pipeline, inputs = assemble(chosen, features)
    child = pipeline.new_child(chosen, inputs, 3, torch.Generator())
    table, words = features.counted("use_table")[0].vectors, len(features.ngrams("words")[0].vocabulary)
    assert child.parameters == table.size + words * 3 + (table.shape[1] + 1) * 3 + 3


def test_probabilities_of_many_texts_are_those_of_each() -> None:
    features = TaskFeatures(*make_dataset(60))
    chosen = plan(make_architecture(), train_rows=48)
    pipeline, inputs = assemble(chosen, features)
    child = pipeline.new_child(chosen, inputs, 2, torch.Generator().manual_seed(0))
    rows = np.resize(np.arange(60), EVALUATION_BATCH + 7)
    many = child.probabilities(pipeline.part(inputs, rows))
    np.testing.assert_allclose(many, child.probabilities(inputs)[rows], atol=1e-6)
    np.testing.assert_allclose(many.sum(axis=1), 1.0, rtol=1e-5)
    nothing = child.probabilities(pipeline.part(inputs, rows[:0]))
    assert nothing.shape == (0, 2)
