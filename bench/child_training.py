"""What random architectures cost to train: `python bench/child_training.py [CSV] --runs 10`.

Prints CPU seconds (median and quartiles) with and without embedding the texts, steps a second, and
memory. Inputs are computed once for the task, as in `forethought populate`, and timed apart.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from dvn.architecture import get_space
from dvn.data.dataset import Dataset
from dvn.data.read_csv import read_dataset
from dvn.data.split import RareClasses, split_dataset
from dvn.errors import TrainingError
from dvn.training import Budget, Outcome, TaskFeatures, train

WORDS = 5_000
CLASSES = 4


def synthetic(rows: int) -> Dataset:
    """Texts of about 100 characters; a third of a text's words lean to its class."""
    generator = np.random.default_rng(0)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    words = ["".join(generator.choice(syllables, generator.integers(1, 4))) for _ in range(WORDS)]
    ranks = np.arange(1, WORDS + 1)
    common = generator.choice(WORDS, size=(rows, 12), p=(1 / ranks) / (1 / ranks).sum())
    labels = np.arange(rows) % CLASSES
    own = generator.integers(0, WORDS // CLASSES, size=(rows, 6)) * CLASSES + labels[:, None]
    texts = [" ".join(words[i] for i in line) for line in np.concatenate([common, own], axis=1)]
    return Dataset(tuple(f"{text} {row}" for row, text in enumerate(texts)), tuple(map(str, labels)))


def quartiles(values: list[float]) -> str:
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{middle:8.2f}  ({low:.2f} .. {high:.2f})"


def trained(dataset: Dataset, *, space: str, runs: int, seed: int, max_steps: int | None) -> list[Outcome]:
    dataset, split = split_dataset(dataset, rare=RareClasses.drop)
    features = TaskFeatures(dataset, split)
    generator = np.random.default_rng(seed)
    outcomes = []
    for number in range(runs):
        architecture = get_space(space).sample(generator)
        try:
            run = train(dataset, split, architecture, features=features, budget=Budget(max_steps=max_steps))
        except TrainingError as error:
            print(f"{number:3} {architecture.hash} {error}")
            continue
        outcomes.append(run.outcome)
        cost, score = run.outcome.cost, run.outcome.metrics["validation", "accuracy"]
        seconds = f"{cost.embed_seconds:7.2f}{cost.train_seconds:7.2f}"
        print(f"{number:3} {architecture.hash}{seconds}{run.outcome.steps:6}{score:7.3f}")
    for name, spent in features.seconds.items():
        print(f"    input {name:22}{spent:8.2f} CPU seconds, once")
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--space", default="wide_deep")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-steps", type=int)
    chosen = parser.parse_args()
    dataset = synthetic(chosen.rows) if chosen.file is None else read_dataset(chosen.file)
    print(f"{len(dataset)} rows, {len(dataset.classes)} classes")
    print("  # hash              embed  train steps  valid")
    began = time.process_time()
    outcomes = trained(
        dataset, space=chosen.space, runs=chosen.runs, seed=chosen.seed, max_steps=chosen.max_steps
    )
    seconds = [outcome.cost.train_seconds for outcome in outcomes]
    embedding = [outcome.cost.embed_seconds for outcome in outcomes]
    print(f"train CPU seconds        {quartiles(seconds)}")
    print(f"embed CPU seconds        {quartiles(embedding)}")
    print(f"both                     {quartiles([a + b for a, b in zip(seconds, embedding, strict=True)])}")
    rates = [outcome.steps / outcome.cost.train_seconds for outcome in outcomes]
    print(f"steps a second           {quartiles(rates)}")
    print(f"peak memory              {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:8.2f} GB")
    print(f"this process             {time.process_time() - began:8.2f} CPU seconds")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
