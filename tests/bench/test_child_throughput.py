"""The children that the bench compares are the same children."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from dvn.architecture import get_space
from dvn.data.dataset import Dataset
from dvn.data.split import RareClasses, split_dataset
from dvn.training import Budget, TaskFeatures, train

sys.path.append(str(Path(__file__).parents[2] / "bench"))  # The benches are programs, not a package.

import child_in_torch
from child_job import Folder, Job, step_flops
from child_throughput import write_child

WORDS = ("good", "fine", "bad", "poor", "film", "hotel", "was", "the", "and", "room")


@pytest.fixture(scope="module")
def features() -> TaskFeatures:
    generator = np.random.default_rng(0)
    lines = generator.choice(WORDS, size=(300, 6))
    labels = tuple("yes" if {"good", "fine"} & set(line[:3]) else "no" for line in lines)
    dataset = Dataset(tuple(f"{' '.join(line)} {row}" for row, line in enumerate(lines)), labels)
    return TaskFeatures(*split_dataset(dataset, rare=RareClasses.drop))


def architecture(**changes: object) -> object:
    decisions = {
        "encoder": "none",
        "table": "wordllama",
        "tune_table": False,
        "hidden_layers": 2,
        "hidden_size": 32,
        "activation": "tanh",
        "normalisation": "layer",
        "dropout": 0.0,
        "deep_rate": 0.003,
        "deep_l2": 0.1,
        "ngrams": "words",
        "wide_rate": 0.1,
        "wide_l1": 0.0,
        "class_weight": "root",
        "steps": 250,
    }
    return get_space("wide_deep").complete(decisions | changes)


def test_the_plain_child_and_ours_learn_the_same(features: TaskFeatures, tmp_path: Path) -> None:
    chosen = architecture()
    folder = Folder(tmp_path)
    folder.write("labels", features.dataset.label_ids.astype(np.int64))
    folder.write("train", np.asarray(features.split.train, dtype=np.int64))
    job = write_child(folder, chosen, features, seed=3, max_steps=40)
    child, inputs = child_in_torch.PlainChild(job, folder), child_in_torch.Inputs(job, folder)
    child_in_torch.train(child, inputs, job, folder)
    child.eval()
    with torch.no_grad():
        plain = torch.softmax(child(*inputs.batch(features.split.validation)), dim=1).numpy()
    budget = Budget(max_steps=40)
    ours = train(features.dataset, features.split, chosen, features=features, seed=3, budget=budget)
    np.testing.assert_allclose(plain, ours.outcome.validation_probabilities, atol=2e-3)
    assert plain.std() > 0.1  # Both have learned something by then.


def test_a_tuned_table_is_read_and_trained_by_the_plain_child(features: TaskFeatures, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("labels", features.dataset.label_ids.astype(np.int64))
    folder.write("train", np.asarray(features.split.train, dtype=np.int64))
    job = write_child(folder, architecture(tune_table=True), features, seed=3, max_steps=5)
    child, inputs = child_in_torch.PlainChild(job, folder), child_in_torch.Inputs(job, folder)
    rows = features.split.validation
    dense, tokens, _ = inputs.batch(rows)
    assert dense is None
    pooled = child.table(tokens[0], tokens[1], per_sample_weights=tokens[2]).detach().numpy()
    np.testing.assert_allclose(pooled, features.pooled("wordllama")[rows], atol=1e-5)
    before = child.table.weight.detach().clone()
    child_in_torch.train(child, inputs, job, folder)
    moved = (child.table.weight.detach() != before).any(dim=1)
    assert 0 < moved.sum() <= len(np.unique(inputs.counts[features.split.train].indices))


def test_operations_are_counted_by_hand(tmp_path: Path) -> None:
    layers = [["dropout", 0.2], ["linear", 10, 4], ["relu"], ["linear", 4, 3]]
    job = Job("hash", "wide_deep", layers, ["use"], None, None, {}, 1, decays=True, seed=0)
    # Forward and weights of both layers, the inputs of the second; two operations, 100 texts.
    assert step_flops(job, Folder(tmp_path)) == 2 * 100 * (2 * 10 * 4 + 3 * 4 * 3)
