"""Ten left-out tasks, trained for real: `python bench/left_out_tasks.py DATASETS_FOLDER --out FILE`.

For each task a checkpoint is fitted without its family, and one architecture is recommended with no trial. It
is trained with three seeds, beside the best on average, a random architecture, TF-IDF + logistic
regression and the best frozen encoder + logistic regression, all on the same split. Results are appended
as they come, one JSON line each; what is there already is not trained again. Without DATASETS_FOLDER it only
prints the table of FILE.
"""

import argparse
import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import wilcoxon
from threadpoolctl import threadpool_limits

from app.experiments.checkpoints import shipped_snapshot
from app.settings import load_settings
from app.storage import Storage
from dvn.architecture import Architecture, get_space
from dvn.architecture_inference import Question, recommend_for_dataset
from dvn.data.rare_classes import RareClasses
from dvn.data.read_csv import read_dataset
from dvn.data.split import split_dataset
from dvn.embeddings.cache import VectorCache
from dvn.evaluation.text_baselines import BaselineScore, encoder_logistic, tfidf_logistic
from dvn.training import TaskFeatures, train
from dvn.value_network import FitOptions, read_experience
from dvn.value_network.make_checkpoint import uncalibrated

TASKS = (
    "cf_airline",
    "cf_disasters",
    "cf_emotion",
    "banking77",
    "mtod_es",
    "germeval2018_coarse",
    "mr",
    "thucnews_titles",
    "tweeteval_emotion",
    "mpqa",
)
SEEDS = (0, 1, 2)
SPACE = "wide_deep"
ZERO_TRIAL = "zero-trial (ours)"
CONTENDERS = (
    ZERO_TRIAL,
    "best on average",
    "random architecture",
    "TF-IDF + logistic regression",
    "best frozen encoder + logistic regression",
)

GROUPS = {"architectures": ZERO_TRIAL, "tfidf": CONTENDERS[3], "encoder": CONTENDERS[4]}
"""What is run together, by a contender that shows whether it was."""


@dataclass(frozen=True)
class Line:
    """One result."""

    task: str
    contender: str
    seed: int
    test_accuracy: float
    validation_accuracy: float
    seconds: float
    what: str


@dataclass(frozen=True)
class Job:
    """One group of contenders on one task; jobs run side by side."""

    group: str
    task: str
    folder: Path


def work(job: Job) -> list[Line]:
    """The lines of one job."""
    torch.set_num_threads(1)
    settings = load_settings()
    dataset, split = split_dataset(
        read_dataset(job.folder / f"{job.task}.csv"), seed=0, rare=RareClasses.keep
    )
    cache = VectorCache(Storage(settings.data).vectors, max_bytes=settings.vector_cache_bytes)
    features = TaskFeatures(dataset, split, cache)
    with threadpool_limits(1):
        if job.group == "tfidf":
            return repeated(job.task, CONTENDERS[3], tfidf_logistic(dataset, split))
        if job.group == "encoder":
            return repeated(job.task, CONTENDERS[4], encoder_logistic(features))
        return trained(job.task, features)


def trained(task: str, features: TaskFeatures) -> list[Line]:
    """The three contenders that are architectures, three seeds each."""
    settings = load_settings()
    experience = read_experience(shipped_snapshot(settings, SPACE), SPACE)
    family = next(known.family for known in experience.tasks if known.name == task)
    checkpoint = uncalibrated(experience.without_family(family), FitOptions())
    dataset = features.dataset
    found = recommend_for_dataset(dataset, checkpoint, question=Question(top=1))
    generator = np.random.default_rng([ord(letter) for letter in task])
    chosen: dict[str, list[Architecture]] = {
        ZERO_TRIAL: [found.architectures[0].architecture] * len(SEEDS),
        "best on average": [checkpoint.best_on_average[0]] * len(SEEDS),
        "random architecture": [get_space(SPACE).sample(generator) for _ in SEEDS],
    }
    lines = []
    for contender, architectures in chosen.items():
        for seed, architecture in zip(SEEDS, architectures, strict=True):
            outcome = train(dataset, features.split, architecture, features=features, seed=seed).outcome
            seconds = outcome.cost.embed_seconds + outcome.cost.train_seconds
            what = json.dumps(dict(architecture.decisions))
            accuracies = (outcome.metrics["test", "accuracy"], outcome.metrics["validation", "accuracy"])
            lines.append(Line(task, contender, seed, *accuracies, seconds, what))
    return lines


def repeated(task: str, contender: str, score: BaselineScore) -> list[Line]:
    """A baseline has no seed: its one score stands beside each."""
    test, validation = score.test_accuracy, score.validation_accuracy
    return [Line(task, contender, seed, test, validation, score.seconds, score.variant) for seed in SEEDS]


def read(path: Path) -> list[Line]:
    if not path.is_file():
        return []
    return [Line(**json.loads(line)) for line in path.read_text().splitlines()]


def table(lines: list[Line]) -> Iterator[str]:
    scored: dict[tuple[str, str], list[float]] = {}
    spent: dict[str, list[float]] = {}
    for line in lines:
        scored.setdefault((line.task, line.contender), []).append(line.test_accuracy)
        spent.setdefault(line.contender, []).append(line.seconds)
    means = {pair: 100 * float(np.mean(values)) for pair, values in scored.items()}
    seconds = {contender: float(np.median(values)) for contender, values in spent.items()}
    tasks = [task for task in TASKS if all((task, contender) in means for contender in CONTENDERS)]
    if not tasks:
        yield "No task has been measured for every contender yet."
        return
    yield "| task | " + " | ".join(CONTENDERS) + " |"
    yield "| --- " * (len(CONTENDERS) + 1) + "|"
    for task in tasks:
        yield f"| {task} | " + " | ".join(f"{means[task, contender]:.1f}" for contender in CONTENDERS) + " |"
    average = {c: float(np.mean([means[task, c] for task in tasks])) for c in CONTENDERS}
    yield "| mean | " + " | ".join(f"{average[c]:.1f}" for c in CONTENDERS) + " |"
    yield "| median CPU-seconds | " + " | ".join(f"{seconds[c]:.1f}" for c in CONTENDERS) + " |"
    for contender in CONTENDERS[1:]:
        gaps = np.array([means[task, ZERO_TRIAL] - means[task, contender] for task in tasks])
        p = float(wilcoxon(gaps).pvalue) if np.any(gaps) else 1.0
        yield (
            f"\n{ZERO_TRIAL} less {contender}: {gaps.mean():+.2f} points, ahead on {(gaps > 0).sum()} of "
            f"{len(tasks)} (Wilcoxon p = {p:.3f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    done = {(line.task, line.contender) for line in read(chosen.out)}
    if chosen.datasets is not None:
        context = multiprocessing.get_context("spawn")
        jobs = [
            Job(group, task, chosen.datasets)
            for group in chosen.groups.split(",")
            for task in chosen.tasks.split(",")
            if (task, GROUPS[group]) not in done
        ]
        with ProcessPoolExecutor(chosen.processes, mp_context=context) as pool:
            for future in as_completed([pool.submit(work, job) for job in jobs]):
                with chosen.out.open("a") as file:
                    file.writelines(json.dumps(line.__dict__) + "\n" for line in future.result())
    print("\n".join(table(read(chosen.out))))


if __name__ == "__main__":
    main()
