"""Made-up experience of the paper's space: deep and narrow children fail, and how much is the task's."""

from dataclasses import replace

import numpy as np

from dvn.architecture import Architecture, get_space
from dvn.architecture.relaxed_ffnn import LAYERS
from dvn.value_network import Experience, KnownRun
from tests.dvn.experiences import description, known_task

SPACE = get_space("relaxed_ffnn")


def ffnn_experience(tasks: int = 4, *, runs: int = 30, twice: int = 0, noise: float = 0.0) -> Experience:
    """Tasks, the last two of one family, each with its own runs; the first `twice` also under seed 1."""
    generator = np.random.default_rng(0)
    known, recorded = [], []
    for number in range(tasks):
        family = f"family {min(number, tasks - 2)}"
        known.append(known_task(number, description(number % 2, generator), family=family))
        for place, architecture in enumerate(sampled(runs, seed=number)):
            for seed in range(2 if place < twice else 1):
                score = truth(architecture) + float(generator.normal(0, noise))
                recorded.append(KnownRun(number, architecture, False, seed, score, score - 0.01, 0.1, 1e5))
    return Experience(SPACE.name, tuple(known), tuple(recorded), "7" * 64)


def named(experience: Experience, names: dict[int, str]) -> Experience:
    """The same experience with other names for some tasks."""
    tasks = [replace(task, name=names.get(i, task.name)) for i, task in enumerate(experience.tasks)]
    return replace(experience, tasks=tuple(tasks))


def sampled(number: int, *, seed: int = 0) -> list[Architecture]:
    generator = np.random.default_rng(seed)
    found: dict[str, Architecture] = {}
    while len(found) < number:
        drawn = SPACE.sample(generator)
        found[drawn.hash] = drawn
    return list(found.values())


def truth(architecture: Architecture) -> float:
    """The accuracy of an architecture: less with each layer, and with a narrow one."""
    widths = widths_of(architecture)
    narrowest = np.log2(min(widths)) if widths else 8.0
    return 0.6 + 0.03 * narrowest - 0.01 * len(widths)


def widths_of(architecture: Architecture) -> list[int]:
    chosen = architecture.decisions
    return [
        int(str(chosen[f"base_{layer}"]).split("_")[1])
        for layer in range(1, LAYERS + 1)
        if chosen[f"gate_{layer}"]
    ]
