"""Made-up experience whose truth is known: tasks of two kinds with opposite preferences."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from dvn.architecture import Architecture, get_space
from dvn.embeddings import MODULES
from dvn.metafeatures import HANDMADE_NAMES, TaskDescription, TaskSample
from dvn.metafeatures.task_sample import DIMENSIONS, TABLE
from dvn.value_network import Experience, FitOptions, KnownRun, KnownTask
from dvn.value_network.snapshot import CURVES, RUNS, TASKS, write_snapshot

SPACE = "wide_deep"
QUICK = FitOptions(members=2, iterations=30, runs_in_batch=8, samples_in_batch=32, tune_steps=5)


def two_kinds(tasks: int = 8, *, runs: int = 24, shared: int = 8, seed: int = 0) -> Experience:
    """Tasks of alternate kinds, each its own family; even ones prefer an encoder, odd ones none."""
    generator = np.random.default_rng(seed)
    common = architectures(shared, seed=seed)
    known, recorded = [], []
    for number in range(tasks):
        known.append(known_task(number, description(number % 2, generator)))
        own = architectures(runs - shared, seed=1_000 * (seed + 1) + number)
        recorded += [
            known_run(number, architecture, truth(architecture, number % 2), is_shared=architecture in common)
            for architecture in [*common, *own]
        ]
    return Experience(SPACE, tuple(known), tuple(recorded), "5" * 64)


def truth(architecture: Architecture, kind: int) -> float:
    """The accuracy of an architecture on tasks of one kind."""
    prefers = 1 if kind == 0 else -1
    has_encoder = architecture.decisions["encoder"] != "none"
    has_ngrams = architecture.decisions["ngrams"] != "none"
    return 0.7 + 0.1 * prefers * (1 if has_encoder else -1) + 0.02 * has_ngrams


def architectures(number: int, *, seed: int = 0) -> list[Architecture]:
    """Different architectures of the space."""
    generator = np.random.default_rng(seed)
    found: dict[str, Architecture] = {}
    while len(found) < number:
        drawn = get_space(SPACE).sample(generator)
        found[drawn.hash] = drawn
    return list(found.values())


def description(kind: int, generator: np.random.Generator, *, samples: int = 40) -> TaskDescription:
    """What a task of one kind looks like; both its sample and its hand-made features show the kind."""
    sign = 1 if kind == 0 else -1
    vectors = generator.normal(0, 12, (samples, DIMENSIONS))
    vectors[:, :8] += 24 * sign
    classes = np.arange(samples) % 3
    handmade = np.zeros(len(HANDMADE_NAMES))
    handmade[:4] = sign + generator.normal(0, 0.1, 4)
    sample = TaskSample(np.clip(np.round(vectors), -127, 127).astype(np.int8), classes.astype(np.int16))
    return TaskDescription(handmade.astype(np.float32), sample, 10 * samples, 3)


def known_task(number: int, what: TaskDescription, *, family: str | None = None) -> KnownTask:
    return KnownTask(f"task {number}", family or f"family {number}", f"{number:064x}", "split", what)


def known_run(
    task: int,
    architecture: Architecture,
    accuracy: float,
    *,
    is_shared: bool = True,
    test: float | None = None,
) -> KnownRun:
    steps = float(architecture.decisions["steps"])
    measured = accuracy - 0.01 if test is None else test
    return KnownRun(task, architecture, is_shared, 0, accuracy, measured, steps / 500, 1e6 + 100 * steps)


def poisoned(experience: Experience) -> Experience:
    """The same experience with nonsense for every test score."""
    runs = tuple(replace(run, test_accuracy=float("nan")) for run in experience.runs)
    return replace(experience, runs=runs)


def without_sample(experience: Experience, *bare: int) -> Experience:
    """The same experience with some tasks as users share theirs: with hand-made features alone."""
    nothing = TaskSample(np.empty((0, DIMENSIONS), np.int8), np.empty(0, np.int16))
    tasks = (
        replace(task, description=replace(task.description, sample=nothing)) if place in bare else task
        for place, task in enumerate(experience.tasks)
    )
    return replace(experience, tasks=tuple(tasks))


def write_experience(folder: Path, experience: Experience) -> None:
    """The experience as a snapshot on disk."""
    tasks = [_task_row(task) for task in experience.tasks]
    runs = [_run_row(experience.tasks[run.task], run) for run in experience.runs]
    write_snapshot(folder, {TASKS: tasks, RUNS: runs, CURVES: []})


def _task_row(task: KnownTask) -> dict[str, object]:
    what = task.description
    return {
        "name": task.name,
        "family": task.family,
        "content_hash": task.content_hash,
        "split_hash": task.split_hash,
        "rows": what.rows,
        "classes": what.classes,
        "module": TABLE,
        "module_version": MODULES[TABLE].version,
        "handmade": list(zip(HANDMADE_NAMES, what.handmade.tolist(), strict=True)),
        "vectors": what.sample.vectors.tobytes(),
        "sample_classes": what.sample.classes.tolist(),
    }


def _run_row(task: KnownTask, run: KnownRun) -> dict[str, object]:
    return {
        "content_hash": task.content_hash,
        "split_hash": task.split_hash,
        "architecture": run.architecture.hash,
        "seed": run.seed,
        "fidelity": 1.0,
        "space": run.architecture.space,
        "version": str(run.architecture.version),
        "decisions": json.dumps(dict(run.architecture.decisions)),
        "origin": "shared" if run.is_shared else "random",
        "state": "finished",
        "validation_accuracy": run.validation_accuracy,
        "validation_macro_f1": run.validation_accuracy**2,
        "test_macro_f1": run.test_accuracy**2,
        "test_accuracy": run.test_accuracy,
        "train_seconds": run.own_seconds,
        "bundle_bytes": run.bundle_bytes,
    }
