"""The process on layer summaries: repeatable, blind to test scores, and right where the truth is simple."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from dvn.architecture import Relaxation
from dvn.architecture.relaxed_ffnn import MODULES
from dvn.value_network.layer_process import fit_layer_process
from dvn.value_network.observations import EmptyExperienceError
from tests.dvn.experiences import poisoned
from tests.dvn.ffnn_experience import SPACE, ffnn_experience, sampled, truth

EXPERIENCE = ffnn_experience(3, runs=25, noise=0.005)


@pytest.mark.parametrize("reads_task", [False, True])
def test_architectures_never_seen_are_ranked(reads_task: bool) -> None:
    process = fit_layer_process(EXPERIENCE, reads_task=reads_task)
    new = sampled(40, seed=99)
    u = torch.from_numpy(Relaxation(SPACE).vertices(new))
    scores = process.score(u, process.describe(EXPERIENCE.tasks[0].description)).numpy()
    assert spearmanr(scores, [truth(each) for each in new]).statistic > 0.9


def test_test_scores_are_never_read() -> None:
    one, other = fit_layer_process(EXPERIENCE), fit_layer_process(poisoned(EXPERIENCE))
    assert torch.equal(one.weights, other.weights)


def test_a_task_that_measures_badly_has_more_noise() -> None:
    generator = np.random.default_rng(0)
    runs = tuple(
        replace(run, validation_accuracy=run.validation_accuracy + float(generator.normal(0, 0.05)))
        if run.task == 0
        else run
        for run in EXPERIENCE.runs
    )
    noise = fit_layer_process(replace(EXPERIENCE, runs=runs)).kernel.noise
    assert noise[0] > noise[1:].max()


def test_no_runs_are_told() -> None:
    with pytest.raises(EmptyExperienceError):
        fit_layer_process(replace(EXPERIENCE, runs=()))


def test_a_module_that_suits_a_new_task_is_preferred_there() -> None:
    """Each task prefers another module; its landmarkers say which."""
    generator = np.random.default_rng(1)
    tasks, runs = [], list(ffnn_experience(6, runs=40).runs)
    for place, task in enumerate(ffnn_experience(6, runs=1).tasks):
        beyond = generator.permutation(len(MODULES)) / 10
        landmarkers = {f"{name}_beyond": float(value) for name, value in zip(MODULES, beyond, strict=True)}
        tasks.append(replace(task, description=replace(task.description, landmarkers=landmarkers)))
        for number, run in enumerate(runs):
            if run.task == place:
                score = 0.5 + 0.5 * landmarkers[f"{run.architecture.decisions['embedding']}_beyond"]
                runs[number] = replace(run, validation_accuracy=score)
    experience = replace(EXPERIENCE, tasks=tuple(tasks), runs=tuple(runs))
    last = [run for run in runs if run.task == 5]
    u = torch.from_numpy(Relaxation(SPACE).vertices(run.architecture for run in last))
    found = {}
    for reads_task in (False, True):
        process = fit_layer_process(experience.of_tasks(range(5)), reads_task=reads_task)
        scores = process.score(u, process.describe(tasks[5].description)).numpy()
        found[reads_task] = spearmanr(scores, [run.validation_accuracy for run in last]).statistic
    assert found[True] > 0.9
    assert found[True] > found[False] + 0.3
