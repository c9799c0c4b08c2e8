"""Several experiences become one, and one becomes what a value network of an earlier day learned from."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from jaxtyping import UInt64

from dvn.value_network.snapshot import Experience, KnownRun, KnownTask

RunKeys = UInt64[np.ndarray, " runs"]
"""Eight bytes for each run, from its natural key; sorted, without repetition."""

_Place = tuple[str, str]


def join(first: Experience, second: Experience) -> Experience:
    """The tasks and runs of two experiences of one space; of a run that both hold, the first's.

    Tasks are the same if their content and their split are. Of a task that both hold, the one with a
    sample stays: a user's task is shared without.
    """
    assert first.space == second.space, "scores of two spaces cannot be compared"
    tasks: dict[_Place, KnownTask] = {}
    for task in (*first.tasks, *second.tasks):
        known = tasks.setdefault(_place(task), task)
        if not known.has_sample and task.has_sample:
            tasks[_place(task)] = task
    number = {place: i for i, place in enumerate(tasks)}
    runs: dict[tuple[int, str, int], KnownRun] = {}
    for part in (first, second):
        for run in part.runs:
            task_number = number[_place(part.tasks[run.task])]
            runs.setdefault((task_number, run.architecture.hash, run.seed), replace(run, task=task_number))
    digest = hashlib.sha256(f"{first.snapshot_hash}\n{second.snapshot_hash}".encode()).hexdigest()
    return Experience(first.space, tuple(tasks.values()), tuple(runs.values()), digest)


def run_keys(experience: Experience) -> RunKeys:
    """The keys of all runs."""
    return np.unique(_keys(experience))


def of_runs(experience: Experience, keys: RunKeys) -> Experience:
    """The experience of those runs whose keys are given, without tasks that keep no run."""
    kept = np.isin(_keys(experience), keys)
    runs = tuple(run for run, is_kept in zip(experience.runs, kept, strict=True) if is_kept)
    return replace(experience, runs=runs).of_tasks(sorted({run.task for run in runs}))


def of_tried_tasks(experience: Experience, fewest: int) -> Experience:
    """The experience of the tasks with at least so many runs.

    Scores are normalised within a task: a single run would be average whatever it scored.
    """
    counts = Counter(run.task for run in experience.runs)
    return experience.of_tasks([place for place in range(len(experience.tasks)) if counts[place] >= fewest])


def run_key(content_hash: str, split_hash: str, architecture: str, seed: int) -> int:
    """Eight bytes from the natural key of a run at full fidelity."""
    words = f"{content_hash} {split_hash} {architecture} {seed}".encode()
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), "little")


def _keys(experience: Experience) -> UInt64[np.ndarray, " runs"]:
    return packed(
        run_key(*_place(experience.tasks[run.task]), run.architecture.hash, run.seed)
        for run in experience.runs
    )


def packed(keys: Iterable[int]) -> UInt64[np.ndarray, " runs"]:
    """Keys as an array, in the order given."""
    return np.fromiter(keys, dtype=np.uint64)


def _place(task: KnownTask) -> _Place:
    return task.content_hash, task.split_hash
