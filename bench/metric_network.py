"""What a value network for another metric is worth: `python bench/metric_network.py --metric macro_f1`.

In five folds of families two value networks are fitted, to accuracy and to the metric. Each chooses among the
architectures recorded for every task left out, and the choices are judged by the metric on the test part,
beside the shared architecture that is best on average by it, a random one, and the best by validation.
Prints Markdown.
"""

import argparse
from collections.abc import Mapping
from typing import get_args

import numpy as np
import torch
from scipy.stats import spearmanr, wilcoxon

from app.experiments.checkpoints import shipped_snapshot
from app.experiments.service import SIZE_MARK
from app.settings import load_settings
from app.web.wording import METRIC_WORDS
from dvn.value_network import Checkpoint, Experience, FitOptions, Metric, read_experience
from dvn.value_network.make_checkpoint import best_on_average, folds, uncalibrated

SPACE = "wide_deep"
RIVALS = ("network for accuracy", "best on average", "random")


def judged(
    networks: Mapping[str, Checkpoint], known: Experience, left_out: Experience, task: int
) -> dict[str, float]:
    """The test score of each choice for one task, and the rank correlations with the validation score."""
    runs = [run for run in left_out.runs if run.task == task]
    architectures = [run.architecture for run in runs]
    test, validation = (
        np.array([getattr(run, f"{part}_accuracy") for run in runs]) for part in ("test", "validation")
    )
    found = {"best by validation": test[int(validation.argmax())]}
    for name, network in networks.items():
        view = network.describe(left_out.tasks[task].description)
        scores = network.predict(architectures, view).careful
        found[name] = test[int(scores.argmax())]
        found[f"Spearman of {name}"] = float(spearmanr(scores, validation).statistic)
    shared = (test[architectures.index(one)] for one in best_on_average(known) if one in architectures)
    found["best on average"] = next(shared, np.nan)
    found["random"] = test.mean()
    return {name: float(value) for name, value in found.items()}


def of_same_tasks(experience: Experience, as_in: Experience) -> Experience:
    """An experience with the tasks of another, in its order."""
    place = {(task.content_hash, task.split_hash): at for at, task in enumerate(experience.tasks)}
    return experience.of_tasks([place[task.content_hash, task.split_hash] for task in as_in.tasks])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metric", choices=get_args(Metric)[1:], default="macro_f1")
    metric: Metric = parser.parse_args().metric
    torch.set_num_threads(1)
    folder = shipped_snapshot(load_settings(), SPACE)
    whole = read_experience(folder, SPACE, metric)
    by_accuracy = of_same_tasks(read_experience(folder, SPACE), whole)
    ours = f"network for {METRIC_WORDS[metric]}"
    rows = []
    for inside, outside in folds(whole):
        networks = {
            name: uncalibrated(every.of_tasks(inside), FitOptions())
            for name, every in ((ours, whole), ("network for accuracy", by_accuracy))
        }
        known = whole.of_tasks(inside)
        rows += [
            judged(networks, known, whole, task)
            for task in outside
            if SIZE_MARK not in whole.tasks[task].name  # Smaller sizes teach, and have run no shared ones.
        ]
    print_means(rows, METRIC_WORDS[metric], len(whole.runs))
    print_duels(rows, ours)


def print_means(rows: list[dict[str, float]], metric: str, runs: int) -> None:
    print(f"{runs:,} runs, {len(rows)} tasks at full size judged.\n")
    print(f"| chosen by | mean test {metric}, % | Spearman with validation {metric} |\n| --- | ---: | ---: |")
    for name in (name for name in rows[0] if not name.startswith("Spearman")):
        ranks = [row.get(f"Spearman of {name}", np.nan) for row in rows]
        rank = "" if np.isnan(ranks).all() else f"{np.nanmean(ranks):.2f}"
        print(f"| {name} | {100 * np.nanmean([row[name] for row in rows]):.1f} | {rank} |")


def print_duels(rows: list[dict[str, float]], ours: str) -> None:
    print(f"\n| the {ours} against | points | better | worse | alike | p (Wilcoxon) |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for rival in RIVALS:
        gains = np.array([row[ours] - row[rival] for row in rows])
        # No shared architecture that is known from other tasks was trained on some.
        gains = gains[np.isfinite(gains)]
        counts = f"{(gains > 0).sum()} | {(gains < 0).sum()} | {(gains == 0).sum()}"
        p = wilcoxon(gains[gains != 0]).pvalue
        print(f"| {rival} | {100 * gains.mean():+.1f} | {counts} | {p:.2g} |")


if __name__ == "__main__":
    main()
