"""Features in which near choices lie near, for every point of the polytope."""

import numpy as np
import torch

from dvn.architecture import Relaxation, get_space
from dvn.metafeatures import TaskDescription
from dvn.value_network.decision_features import is_ordered, similarity_root
from dvn.value_network.task_features import TaskFeatures
from tests.dvn.experiences import description

RELAXATION = Relaxation(get_space("wide_deep"))


def test_only_numbers_on_a_line_are_ordered() -> None:
    ordered = {d.name for d in RELAXATION.space.decisions if is_ordered(d)}
    assert {"deep_rate", "hidden_size", "steps"} <= ordered
    assert not ordered & {"encoder", "table", "ngrams", "tune_table", "activation"}


def test_neighbours_are_more_alike_than_strangers() -> None:
    root = similarity_root(RELAXATION)
    block = RELAXATION.blocks["deep_rate"]
    similar = (root @ root.T)[block, block]
    assert (np.diff(similar[0]) < 0).all()
    words = RELAXATION.blocks["encoder"]
    np.testing.assert_allclose((root @ root.T)[words, words], 2 * np.eye(words.stop - words.start))


def test_decisions_share_nothing() -> None:
    root = similarity_root(RELAXATION)
    for name, block in RELAXATION.blocks.items():
        outside = np.delete(root[block], np.r_[block], axis=1)
        assert not outside.any(), name


def with_landmarkers(**numbers: float) -> TaskDescription:
    base = description(0, np.random.default_rng(0))
    return TaskDescription(base.handmade, base.sample, base.rows, base.classes, numbers)


def test_a_number_that_a_task_lacks_is_at_the_mean() -> None:
    tasks = [with_landmarkers(static_best=float(place), static_gain=1.0) for place in range(4)]
    features = TaskFeatures.of([*tasks, with_landmarkers()], ("static",))
    assert features.names == ("static_best",)
    found = features([tasks[3], with_landmarkers(), with_landmarkers(static_best=1e9)])
    np.testing.assert_allclose(found.ravel(), [1.5 / np.std(range(4)), 0.0, 4.0])


def test_a_number_that_few_tasks_have_is_not_read() -> None:
    tasks = [with_landmarkers(static_best=1.0), with_landmarkers(static_best=2.0)]
    assert TaskFeatures.of([*tasks, *[with_landmarkers()] * 2], ("static",)).names == ()


def test_features_are_linear_in_the_relaxed_vector() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, RELAXATION.width, generator=generator)
    root = torch.from_numpy(similarity_root(RELAXATION)).float()
    torch.testing.assert_close((first + second) @ root, first @ root + second @ root, atol=1e-4, rtol=1e-4)
