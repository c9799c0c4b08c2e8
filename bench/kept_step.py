"""Is the best step by a metric better than the last one? `python bench/kept_step.py FOLDER --out FILE`.

On imbalanced tasks three architectures are trained with three seeds each: n-grams alone, a tuned table that
is trained for long, and what is recommended for macro-F1 within 20 s and a millisecond a text. Each training
is done once for each metric: by accuracy it keeps its last step, by another the best of those at which it
looked at the validation texts. All walk the same path, so that only the choice of the step differs. Results
are appended as they come, one JSON line each; what is there already is not trained again. Without FOLDER it
only prints the tables of FILE.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import wilcoxon
from threadpoolctl import threadpool_limits

from app.experiments.checkpoints import shipped_folder
from app.settings import load_settings
from dvn.architecture import Architecture, Choice, get_space
from dvn.architecture_inference import Question, recommend_for_dataset
from dvn.data.dataset import Dataset
from dvn.data.rare_classes import RareClasses
from dvn.data.read_csv import read_dataset
from dvn.data.split import split_dataset
from dvn.training import Budget, TaskFeatures, train
from dvn.training.metrics import METRICS, MetricName
from dvn.value_network import Checkpoint

TASKS = ("davidson_hate", "cf_airline", "hatebr", "told_br", "cf_political_bias", "goemotions28")
SEEDS = (0, 1, 2)
SPACE = "wide_deep"
OTHERS: tuple[MetricName, ...] = ("macro_f1", "balanced_accuracy")
FIXED: Mapping[str, Mapping[str, Choice]] = {
    "n-grams": {
        "encoder": "none", "table": "none", "ngrams": "word_pairs", "class_weight": "none", "wide_rate": 1.0,
        "wide_l1": 0.0, "steps": 1000,
    },
    "tuned table": {
        "encoder": "none", "table": "use_table", "tune_table": True, "hidden_layers": 1, "hidden_size": 64,
        "activation": "relu", "normalisation": "none", "dropout": 0.2, "deep_rate": 0.003, "deep_l2": 0.0,
        "ngrams": "none", "class_weight": "none", "steps": 2000,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One training: the step that it kept, of how many, and its scores on the test part."""

    task: str
    architecture: str
    seed: int
    kept_by: str
    step: int
    last: int
    test: Mapping[str, float]

    @property
    def key(self) -> tuple[str, str, int, str]:
        return self.task, self.architecture, self.seed, self.kept_by


def architectures_for(dataset: Dataset) -> Iterator[tuple[str, Architecture]]:
    """The fixed ones and the recommended one, by name."""
    for name, decisions in FIXED.items():
        yield name, get_space(SPACE).parse(decisions)
    checkpoint = Checkpoint.load(shipped_folder(load_settings(), SPACE, "macro_f1"))
    question = Question(top=1, max_seconds=20.0, max_milliseconds=1.0)
    found = recommend_for_dataset(dataset, checkpoint, question=question)
    yield "recommended", found.architectures[0].architecture


def trained(task: str, folder: Path, known: set[tuple[str, str, int, str]]) -> Iterator[Line]:
    """The trainings of one task that are not known yet."""
    data = read_dataset(folder / f"{task}.csv")
    dataset, split = split_dataset(data, seed=0, rare=RareClasses.keep)
    features = TaskFeatures(dataset, split)
    for name, architecture in architectures_for(dataset):
        for seed in SEEDS:
            for metric in METRICS:
                if (task, name, seed, metric) in known:
                    continue
                budget = Budget(metric=metric)
                outcome = train(
                    dataset, split, architecture, features=features, seed=seed, budget=budget
                ).outcome
                test = {one: outcome.metrics["test", one] for one in METRICS}
                steps = max(point.step for point in outcome.curve)
                yield Line(task, name, seed, metric, outcome.steps, steps, test)


def read(path: Path) -> list[Line]:
    if not path.is_file():
        return []
    return [Line(**json.loads(line)) for line in path.read_text().splitlines()]


def table(lines: list[Line], metric: MetricName) -> Iterator[str]:
    """Means over the seeds, a row for each task and architecture; then all pairs together."""
    by_key = {line.key: line for line in lines}
    yield f"| task | architecture | {metric} %, last step | best step | accuracy % | earlier kept |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    gains = []
    for task, name in sorted({(line.task, line.architecture) for line in lines}):
        keys = [(task, name, seed) for seed in SEEDS]
        pairs = [(by_key[*key, "accuracy"], by_key[*key, metric]) for key in keys if (*key, metric) in by_key]
        last, best = (np.array([pair[at].test[metric] for pair in pairs]) for at in (0, 1))
        right = [float(np.mean([pair[at].test["accuracy"] for pair in pairs])) for at in (0, 1)]
        earlier = sum(pair[1].step < pair[1].last for pair in pairs)
        yield (
            f"| {task} | {name} | {100 * last.mean():.2f} | {100 * best.mean():.2f} | "
            f"{100 * right[0]:.2f} → {100 * right[1]:.2f} | {earlier} of {len(pairs)} |"
        )
        gains.append(best - last)
    yield ""
    yield summary(metric, gains)


def summary(metric: MetricName, gains: list[np.ndarray]) -> str:
    """All trainings in pairs, and the signed-rank test over the means of task and architecture."""
    every, means = np.concatenate(gains), np.array([one.mean() for one in gains])
    p = wilcoxon(means[means != 0]).pvalue if (means != 0).any() else 1.0
    return (
        f"{metric}: {100 * every.mean():+.2f} points in the mean of {len(every)} pairs; better in "
        f"{(every > 0).sum()}, worse in {(every < 0).sum()}, alike in {(every == 0).sum()}; of {len(means)} "
        f"means better {(means > 0).sum()}, worse {(means < 0).sum()} (Wilcoxon p = {p:.2g})."
    )


def main() -> None:
    """Train what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="The folder of the data sets.")
    parser.add_argument("--out", type=Path, required=True, help="Where the lines are kept.")
    parser.add_argument("--tasks", nargs="*", default=list(TASKS))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.folder is not None:
        known = {line.key for line in read(chosen.out)}
        with threadpool_limits(1), chosen.out.open("a") as file:
            for task in chosen.tasks:
                for line in trained(task, chosen.folder, known):
                    file.write(json.dumps(asdict(line)) + "\n")
                    file.flush()
    for metric in OTHERS:
        print(*table(read(chosen.out), metric), sep="\n", end="\n\n")


if __name__ == "__main__":
    main()
