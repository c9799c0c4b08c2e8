"""Tasks of users, which are shared without a sample: they teach all but the set encoder."""

import numpy as np
import torch

from dvn.value_network.fit import fit
from dvn.value_network.make_checkpoint import make_checkpoint, uncalibrated
from dvn.value_network.network import NetworkShape, ValueNetwork
from dvn.value_network.observations import observe
from tests.dvn.experiences import QUICK, two_kinds, without_sample


def test_no_gradient_of_such_a_task_reaches_the_set_encoder() -> None:
    observations = observe(without_sample(two_kinds(2, runs=6, shared=3), 1))
    network = ValueNetwork(
        NetworkShape(
            members=2, logits=observations.runs[0].u.shape[1], handmade=observations.handmade.shape[1]
        ),
        torch.Generator().manual_seed(0),
    )
    of_encoder = {}
    for task in (0, 1):
        network.zero_grad()
        chosen = torch.tensor([task, task])
        batch = observations.batch(chosen, torch.zeros(2, 5, dtype=torch.int64))
        view = network.describe(batch, observations.handmade[chosen])
        scores, _ = network.score(observations.runs[task].u.expand(2, -1, -1), view.z)
        (scores.sum() + view.level.sum()).backward()  # type: ignore[no-untyped-call]  # torch's own
        assert network.set_encoder is not None
        assert network.of_handmade is not None
        assert view.z.isfinite().all()
        assert scores.isfinite().all()
        of_encoder[task] = float(sum(part.grad.abs().sum() for part in network.set_encoder.parameters()))
        assert float(network.of_handmade.weight.grad.abs().sum()) > 0
    assert of_encoder[0] > 0
    assert of_encoder[1] == 0


def test_members_that_draw_both_kinds_of_task_at_once_stay_finite() -> None:
    network = fit(observe(without_sample(two_kinds(4, runs=6, shared=3), 0, 3)), QUICK)
    assert all(bool(weight.isfinite().all()) for weight in network.parameters())


def test_such_a_task_can_be_asked_about_and_is_a_landmark() -> None:
    experience = without_sample(two_kinds(6, runs=12, shared=6), 5)
    checkpoint = make_checkpoint(experience, QUICK)
    task = experience.tasks[5]
    found = checkpoint.predict(
        [run.architecture for run in experience.runs], checkpoint.describe(task.description)
    )
    assert np.isfinite(found.accuracies).all()
    assert task.name in checkpoint.landmarks.names


def test_an_experience_without_any_sample_can_be_learned_from() -> None:
    experience = without_sample(two_kinds(3, runs=6, shared=3), 0, 1, 2)
    assert uncalibrated(experience, QUICK).snapshot_hash == experience.snapshot_hash
