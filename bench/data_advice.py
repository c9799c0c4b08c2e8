"""Does the value network know what more rows are worth? `python bench/data_advice.py DATASETS --out FILE`.

For each task a checkpoint is fitted without its family and names an architecture for the whole dataset. Then
smaller versions of the dataset (`dvn.data.smaller`) are described and their accuracy is foretold, and the
same architecture is trained on each. Prints, from one size to the next, the points foretold and measured.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from app.experiments.checkpoints import shipped_snapshot
from app.settings import load_settings
from dvn.architecture import Architecture
from dvn.architecture_inference import Question, describe, recommend_for_dataset
from dvn.data.dataset import Dataset
from dvn.data.rare_classes import RareClasses
from dvn.data.read_csv import read_dataset
from dvn.data.smaller import cut, rows_of_smaller, smaller_split
from dvn.data.split import Split, split_dataset
from dvn.training import train
from dvn.value_network import Checkpoint, Experience, FitOptions, read_experience
from dvn.value_network.make_checkpoint import uncalibrated

TASKS = ("customer_reviews", "trec6", "tweeteval_emotion", "names_gender")
SIZES = (300, 1_000)
SPACE = "wide_deep"
MAX_SECONDS = 15.0


def checkpoint_without(experience: Experience, task: str) -> Checkpoint:
    """A value network that knows none of the task's family."""
    family = next((known.family for known in experience.tasks if known.name == task), task)
    return uncalibrated(experience.without_family(family), FitOptions())


def foretold(checkpoint: Checkpoint, dataset: Dataset, rows: np.ndarray, architecture: Architecture) -> float:
    """The accuracy that is expected of an architecture on these rows alone."""
    texts, labels = [dataset.texts[row] for row in rows], [dataset.labels[row] for row in rows]
    costs = describe(texts, labels, checkpoint).costs(checkpoint)
    return float(checkpoint.predict([architecture], costs.task).accuracies[0])


def measured(dataset: Dataset, split: Split, architecture: Architecture) -> tuple[float, int]:
    """Test accuracy of the architecture trained on a split, and its test rows."""
    small, its_split, _ = cut(dataset, split)
    outcome = train(small, its_split, architecture).outcome
    return outcome.metrics["test", "accuracy"], outcome.test_rows


def lines_of(folder: Path, task: str, experience: Experience) -> list[dict[str, object]]:
    """What is foretold and measured of a task at each size."""
    dataset, split = split_dataset(read_dataset(folder / f"{task}.csv"), seed=0, rare=RareClasses.keep)
    checkpoint = checkpoint_without(experience, task)
    found = recommend_for_dataset(dataset, checkpoint, question=Question(top=1, max_seconds=MAX_SECONDS))
    architecture = found.architectures[0].architecture
    lines: list[dict[str, object]] = []
    for size in (*SIZES, len(dataset) // 2, len(dataset)):
        smaller = split if size == len(dataset) else smaller_split(dataset, split, size)
        if smaller is None:
            continue
        expected = foretold(checkpoint, dataset, rows_of_smaller(dataset, smaller), architecture)
        reached, test_rows = measured(dataset, smaller, architecture)
        lines.append(
            {"task": task, "rows": size, "foretold": expected, "reached": reached, "test_rows": test_rows}
        )
    return lines


def steps_of(lines: list[dict[str, object]]) -> list[tuple[str, float, float]]:
    """From each size to the next one: points foretold and points measured."""
    return [
        (
            f"{one['task']} {one['rows']} to {two['rows']}",
            100 * (float(str(two["foretold"])) - float(str(one["foretold"]))),
            100 * (float(str(two["reached"])) - float(str(one["reached"]))),
        )
        for one, two in pairwise(lines)
        if one["task"] == two["task"]
    ]


def main() -> None:
    """Measure what is not yet in the file, and print what it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tasks", default=",".join(TASKS))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    text = chosen.out.read_text() if chosen.out.is_file() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    experience = read_experience(shipped_snapshot(load_settings(), SPACE), SPACE)
    for task in chosen.tasks.split(","):
        if task not in {line["task"] for line in lines}:
            new = lines_of(chosen.datasets, task, experience)
            lines += new
            with chosen.out.open("a") as file:
                file.writelines(json.dumps(line) + "\n" for line in new)
    steps = steps_of(lines)
    for words, expected, reached in steps:
        print(f"| {words} | {expected:+.1f} | {reached:+.1f} |")
    pairs = np.array([pair[1:] for pair in steps])
    same = int((np.sign(pairs[:, 0]) == np.sign(pairs[:, 1])).sum())
    error, none = np.abs(pairs[:, 0] - pairs[:, 1]).mean(), np.abs(pairs[:, 1]).mean()
    print(f"The sign is right on {same} of {len(pairs)}; Spearman {spearmanr(*pairs.T)[0]:.2f}.")
    print(f"Off by {error:.1f} points in the mean; to foretell no change is off by {none:.1f}.")


if __name__ == "__main__":
    main()
