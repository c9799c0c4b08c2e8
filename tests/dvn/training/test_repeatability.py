"""The same run gives the same numbers, to the bit, in any process; another seed gives others."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dvn.architecture import Choice
from dvn.training import Budget, TaskFeatures, Trained, train
from tests.dvn.factories import make_architecture, make_dataset, weights_digest

ROOT = Path(__file__).resolve().parents[3]
CHILDREN: list[dict[str, Choice]] = [
    {"tune_table": True, "dropout": 0.4, "ngrams": "characters", "wide_l1": 1e-5},
    {"table": "glove", "normalisation": "batch", "dropout": 0.2, "deep_l2": 0.1, "hidden_layers": 2},
]


def trained(number: int, *, seed: int = 3) -> Trained:
    dataset, split = make_dataset(150, classes=3)
    architecture = make_architecture(**CHILDREN[number])
    return train(dataset, split, architecture, seed=seed, budget=Budget(max_steps=40))


def fingerprint(run: Trained) -> str:
    curve = [(point.step, point.value) for point in run.outcome.curve]
    return f"{weights_digest(run.classifier)} {curve} {sorted(run.outcome.metrics.items())}"


@pytest.mark.parametrize("number", range(len(CHILDREN)))
def test_a_run_repeats_to_the_bit(number: int) -> None:
    first, second = trained(number), trained(number)
    assert fingerprint(first) == fingerprint(second)
    np.testing.assert_array_equal(
        first.outcome.validation_probabilities, second.outcome.validation_probabilities
    )


def test_features_kept_from_another_run_change_nothing(features: TaskFeatures) -> None:
    architecture = make_architecture(tune_table=True)
    budget = Budget(max_steps=20)
    kept = [
        train(features.dataset, features.split, architecture, features=shared, budget=budget)
        for shared in (features, features, None)
    ]
    assert len({fingerprint(run) for run in kept}) == 1


def test_a_run_repeats_to_the_bit_in_another_process() -> None:
    script = "from tests.dvn.training.test_repeatability import *\n"
    script += "print(*(fingerprint(trained(number)) for number in range(len(CHILDREN))), sep='\\n')"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    here = [fingerprint(trained(number)) for number in range(len(CHILDREN))]
    assert done.stdout.splitlines() == here


def test_another_seed_trains_another_network() -> None:
    assert weights_digest(trained(0, seed=3).classifier) != weights_digest(trained(0, seed=4).classifier)
