"""One step of a whole child against torch autograd on a dense copy of it."""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dvn.architecture import Choice
from dvn.training import TaskFeatures
from dvn.training.child import EVALUATION_BATCH, Child, Inputs
from dvn.training.pipeline import assemble
from dvn.training.plan import Plan, plan
from dvn.training.sparse import INITIAL_ACCUMULATOR
from dvn.training.steps import Steps
from tests.dvn.factories import make_architecture, make_dataset

CHILDREN: dict[str, dict[str, Choice]] = {
    "all towers": {"tune_table": True, "wide_l1": 0.0, "activation": "tanh", "class_weight": "balanced"},
    "all towers, normalised": {"tune_table": True, "normalisation": "layer", "hidden_layers": 2},
    "linear": {"tune_table": True, "hidden_layers": 0, "ngrams": "characters"},
    "frozen": {"tune_table": False, "class_weight": "root"},
    "wide": {"table": "none"},
    "dropped out": {"tune_table": True, "dropout": 0.4, "activation": "gelu", "deep_l2": 0.1},
    "batches normalised": {"tune_table": False, "normalisation": "batch", "hidden_layers": 3, "dropout": 0.2},
}
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


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


class Reference:
    """Torch's AdamW for the tower, and Adagrad on the dense tables and the bias."""

    def __init__(self, dense: DenseCopy, chosen: Plan, bias_rate: float) -> None:
        self.dense, self.chosen = dense, chosen
        rows = {"table": chosen.table_rate, "wide": chosen.wide_rate, "bias": bias_rate}
        self.rates = {name: rate for name, rate in rows.items() if getattr(dense, name) is not None}
        self.squares: dict[str, float | Tensor] = dict.fromkeys(self.rates, INITIAL_ACCUMULATOR)
        tower = [] if dense.tower is None else list(dense.tower.parameters())
        self.adamw = torch.optim.AdamW(tower, lr=1.0, weight_decay=chosen.deep_l2) if tower else None

    def step(self, schedule: float) -> None:
        if self.adamw is not None:
            self.adamw.param_groups[0]["lr"] = self.chosen.deep_rate * schedule
            self.adamw.step()
        for name, rate in self.rates.items():
            value = getattr(self.dense, name)
            square = value.grad.square()
            self.squares[name] = self.squares[name] + (
                square.mean(dim=1, keepdim=True) if name == "table" else square
            )
            with torch.no_grad():
                value -= rate * schedule * value.grad / self.squares[name].sqrt()
        self.dense.zero_grad()


@pytest.mark.parametrize("name", CHILDREN)
def test_steps_are_those_of_autograd_on_a_dense_copy(name: str) -> None:
    dataset, split = make_dataset(60, classes=3)
    features = TaskFeatures(dataset, split)
    chosen = plan(make_architecture(**CHILDREN[name]), train_rows=len(split.train))
    pipeline, inputs = assemble(chosen, features)
    child = pipeline.new_child(chosen, inputs, 3, torch.Generator().manual_seed(1))
    if child.wide is not None:  # From zero its first step would be the same whatever the rows' counts.
        child.wide.table[:] = np.random.default_rng(0).normal(size=child.wide.table.shape)
    dense = DenseCopy(child, inputs)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(dataset)).astype(np.float32)
    batches = np.stack([split.train[:20], split.train[10:30]])
    schedules = np.array([1.0, 0.5])

    if child.tower is not None:
        child.tower.eval()
    torch.testing.assert_close(child.logits(inputs, batches[0]), dense.eval()(batches[0]).detach(), **CLOSE)
    reference = Reference(dense.train(), chosen, child.bias_rate)
    for rows, schedule in zip(batches, schedules, strict=True):
        losses = cross_entropy(dense(rows), torch.from_numpy(dataset.label_ids[rows]), reduction="none")
        (losses * torch.from_numpy(weights[rows])).mean().backward()
        reference.step(schedule)
    steps = Steps(child, chosen, inputs, dataset.label_ids, weights, 20)
    assert steps.run(batches, schedules) == 2
    steps.give_back()

    if child.tower is not None and dense.tower is not None:
        wanted, found = dense.tower.state_dict(), child.tower.state_dict()
        for key in wanted.keys() - {key for key in wanted if key.endswith("num_batches_tracked")}:
            # Adam makes steps of rounding errors where a gradient is zero, as of a bias before a batch norm.
            near = 3 * chosen.deep_rate if name == "batches normalised" else 1e-5
            torch.testing.assert_close(found[key], wanted[key], rtol=1e-3, atol=near)
    for part, tensor in ((child.table, dense.table), (child.wide, dense.wide)):
        if part is not None and tensor is not None:
            np.testing.assert_allclose(part.table, tensor.detach().numpy(), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(child.bias, dense.bias.detach().numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("where", ["weight", "logit"])
def test_steps_stop_where_a_number_is_not_finite(where: str) -> None:
    dataset, split = make_dataset(60, classes=3)
    chosen = plan(make_architecture(tune_table=True), train_rows=len(split.train))
    pipeline, inputs = assemble(chosen, TaskFeatures(dataset, split))
    child = pipeline.new_child(chosen, inputs, 3, torch.Generator().manual_seed(1))
    weights = np.ones(len(dataset), dtype=np.float32)
    if where == "weight":
        weights[split.train[30]] = np.nan
    else:
        assert inputs.ngrams is not None
        inputs.ngrams.data[inputs.ngrams.indptr[split.train[30]]] = np.inf
    batches = np.stack([split.train[:20], split.train[20:40], split.train[:20]])
    assert Steps(child, chosen, inputs, dataset.label_ids, weights, 20).run(batches, np.ones(3)) == 1


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
