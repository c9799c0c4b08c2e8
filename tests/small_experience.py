"""A value network fitted in a moment to made-up runs: real code, small numbers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from dvn.architecture import Architecture, get_space
from dvn.metafeatures import describe_task
from dvn.value_network import Experience, FitOptions, KnownRun, KnownTask, Metric, make_checkpoint
from dvn.value_network.snapshot import CURVES, RUN_KEY, RUNS, read_rows, write_snapshot
from dvn.value_network.snapshot import TASKS as TASKS_FILE
from tests.dvn.experiences import write_experience
from tests.dvn.track_records import record_of, tracked
from tests.synthetic import TOPICS, texts_of

SPACE = "wide_deep"
TASKS, SHARED = 6, 12
OPTIONS = FitOptions(members=2, iterations=30, runs_in_batch=8, samples_in_batch=32, tune_steps=5)


def save_small_experience(folder: Path) -> None:
    """Put a checkpoint for each metric where the service looks for one."""
    known = small_experience()
    make_checkpoint(known, OPTIONS).save(folder / SPACE / "checkpoint")
    lower: list[tuple[Metric, float]] = [("macro_f1", 2), ("balanced_accuracy", 1.5)]
    for metric, power in lower:
        runs = tuple(replace(run, validation_accuracy=run.validation_accuracy**power) for run in known.runs)
        network = make_checkpoint(replace(known, runs=runs, metric=metric), OPTIONS)
        network.save(folder / SPACE / f"checkpoint_{metric}")


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


def save_whole_experience(folder: Path) -> None:
    """A checkpoint, the snapshot it learned from, one failed run in it, and its track record."""
    experience = small_experience()
    make_checkpoint(experience, OPTIONS).save(folder / SPACE / "checkpoint")
    snapshot = folder / SPACE / "snapshot"
    write_experience(snapshot, experience)
    tasks, runs = read_rows(snapshot, TASKS_FILE), read_rows(snapshot, RUNS)
    for number, task in enumerate(tasks):
        task["language"], task["licence"] = ("en", "de")[number % 2], "made up, so free"
        task["class_counts"] = [task["rows"] - task["classes"] + 1, *[1] * (task["classes"] - 1)]
    nothing = {name: None for name in runs[0] if name.startswith(("validation", "test_"))}
    failed = {"state": "failed", "error": "The loss was not finite.", "seed": 7, "origin": "tpe"}
    curves = [
        {name: run[name] for name in RUN_KEY}
        | {"step": step, "metric": "validation_accuracy", "value": run["validation_accuracy"] - 1 / step}
        | {"seconds": 0.1}
        for run in runs[:SHARED]
        for step in (10, 100)
    ]
    runs.append(runs[0] | nothing | failed)
    write_snapshot(snapshot, {TASKS_FILE: tasks, RUNS: runs, CURVES: curves})
    manifest = json.loads((folder / SPACE / "checkpoint" / "manifest.json").read_text(encoding="utf-8"))
    record = record_of(
        tracked("made up 0", expected=0.9, low=0.8, high=0.99, reached=0.95),
        tracked("made up 1", expected=0.9, low=0.8, high=0.99, reached=0.7, language="de"),
        tracked("gone since", expected=0.5, low=0.4, high=0.6, reached=0.55, spearman=None),
        checkpoint=manifest["id"],
    )
    record.save(folder / SPACE / "track_record.json")
