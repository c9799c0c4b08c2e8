"""A value network fitted in a moment to made-up runs: real code, small numbers."""

from pathlib import Path

import numpy as np

from dvn.architecture import Architecture, get_space
from dvn.metafeatures import describe_task
from dvn.value_network import Experience, FitOptions, KnownRun, KnownTask, make_checkpoint
from tests.synthetic import TOPICS, texts_of

SPACE = "wide_deep"
TASKS, SHARED = 6, 12
OPTIONS = FitOptions(members=2, iterations=30, runs_in_batch=8, samples_in_batch=32, tune_steps=5)


def save_small_experience(folder: Path) -> None:
    """Put a checkpoint where the service looks for one."""
    make_checkpoint(small_experience(), OPTIONS).save(folder / SPACE / "checkpoint")


def small_experience() -> Experience:
    """Six tasks with twelve shared architectures each, the cheap ones among them the best."""
    generator = np.random.default_rng(0)
    space = get_space(SPACE)
    shared = [space.sample(generator) for _ in range(SHARED)]
    tasks, runs = [], []
    for number in range(TASKS):
        topics = dict(list(TOPICS.items())[: 2 + number % 3])
        texts, labels = zip(*texts_of(60 + 20 * number, seed=number, topics=topics), strict=True)
        name = f"made up {number}"
        tasks.append(KnownTask(name, name, f"{number:064x}", "split", describe_task(texts, labels)))
        for architecture in shared:
            accuracy = float(np.clip(0.95 - 0.02 * number - _cost(architecture), 0.05, 0.99))
            runs.append(KnownRun(number, architecture, True, 0, accuracy, accuracy, 0.5, 1e6))
    return Experience(SPACE, tuple(tasks), tuple(runs), "0" * 64)


def _cost(architecture: Architecture) -> float:
    chosen = architecture.decisions
    return 0.1 * (chosen["encoder"] != "none") + 0.02 * np.log2(float(chosen["steps"]) / 125)
