"""The process with a learned z tells tasks apart by what was run on others, and by nothing of its own."""

from dataclasses import replace

import numpy as np
import pytest

from dvn.evaluation.deep_kernel import fit_deep_kernel, pooled
from dvn.metafeatures import TaskDescription, TaskSample
from dvn.value_network import FitOptions
from tests.dvn.experiences import architectures, description, known_task, poisoned, truth, two_kinds

OPTIONS = FitOptions(tune_steps=60)
ASKED = architectures(30, seed=8)


@pytest.mark.parametrize("reads_sample", [False, True])
def test_a_task_never_seen_is_ranked_as_its_kind_is(reads_sample: bool) -> None:
    predict = fit_deep_kernel(two_kinds(8), OPTIONS, reads_sample=reads_sample)
    for kind in range(2):
        task = known_task(90 + kind, description(kind, np.random.default_rng(77 + kind)))
        told = predict(task, ASKED)
        own, other = (np.corrcoef(told, [truth(one, of) for one in ASKED])[0, 1] for of in (kind, 1 - kind))
        assert own > 0.3 > 0.0 > other


def test_no_test_score_is_read() -> None:
    experience = two_kinds(4, runs=8, shared=4)
    task = experience.tasks[0]
    usual, blind = (
        fit_deep_kernel(one, OPTIONS, reads_sample=True)(task, ASKED)
        for one in (experience, poisoned(experience))
    )
    assert np.array_equal(usual, blind)


def test_neither_the_order_of_a_sample_nor_the_numbering_of_its_classes_matters() -> None:
    told = description(0, np.random.default_rng(0))
    order = np.random.default_rng(1).permutation(len(told.sample.classes))
    mixed = TaskSample(told.sample.vectors[order], (2 - told.sample.classes)[order].astype(np.int16))
    assert pooled(replace(told, sample=mixed)) == pytest.approx(pooled(told))


def test_a_task_without_a_sample_pools_to_nothing() -> None:
    told: TaskDescription = description(0, np.random.default_rng(0))
    none = TaskSample(told.sample.vectors[:0], told.sample.classes[:0])
    assert not pooled(replace(told, sample=none)).any()
