"""What a value network for macro-F1 is worth: `python bench/macro_f1_network.py`.

In five folds of families two value networks are fitted, to accuracy and to macro-F1. Each chooses among the
architectures recorded for every task left out, and the choices are judged by macro-F1 on the test part,
beside the shared architecture that is best on average by macro-F1, a random one, and the best by validation.
"""

from collections.abc import Mapping

import numpy as np
import torch
from scipy.stats import spearmanr, wilcoxon

from app.experiments.checkpoints import shipped_snapshot
from app.settings import load_settings
from dvn.value_network import Checkpoint, Experience, FitOptions, Metric, read_experience
from dvn.value_network.make_checkpoint import best_on_average, folds, uncalibrated

SPACE = "wide_deep"
METRICS: tuple[Metric, ...] = ("accuracy", "macro_f1")


def judged(
    networks: Mapping[Metric, Checkpoint], known: Experience, left_out: Experience, task: int
) -> dict[str, float]:
    """Test macro-F1 of each choice for one task, and the rank correlations with validation macro-F1."""
    runs = [run for run in left_out.runs if run.task == task]
    architectures = [run.architecture for run in runs]
    test, validation = (
        np.array([getattr(run, f"{part}_accuracy") for run in runs]) for part in ("test", "validation")
    )
    found = {"best by validation": test[int(validation.argmax())], "random": test.mean()}
    shared = (test[architectures.index(one)] for one in best_on_average(known) if one in architectures)
    found["best on average"] = next(shared, np.nan)
    for metric, network in networks.items():
        view = network.describe(left_out.tasks[task].description)
        scores = network.predict(architectures, view).scores
        found[f"network for {metric}"] = test[int(scores.argmax())]
        found[f"Spearman, network for {metric}"] = float(spearmanr(scores, validation).statistic)
    return {name: float(value) for name, value in found.items()}


def main() -> None:
    """Print means over the tasks, and the network for macro-F1 against each rival."""
    torch.set_num_threads(1)
    folder = shipped_snapshot(load_settings(), SPACE)
    by_metric = {metric: read_experience(folder, SPACE, metric) for metric in METRICS}
    whole = by_metric["macro_f1"]
    rows = []
    for inside, outside in folds(whole):
        networks = {
            metric: uncalibrated(known.of_tasks(inside), FitOptions()) for metric, known in by_metric.items()
        }
        rows += [judged(networks, whole.of_tasks(inside), whole, task) for task in outside]
    for name in rows[0]:
        print(f"{name}: {np.nanmean([row[name] for row in rows]):.3f}")
    ours = np.array([row["network for macro_f1"] for row in rows])
    for rival in ("network for accuracy", "best on average", "random"):
        gains = ours - np.array([row[rival] for row in rows])
        p = wilcoxon(gains[gains != 0]).pvalue
        print(
            f"network for macro_f1 against {rival}: {100 * np.nanmean(gains):+.1f} points, better on "
            f"{(gains > 0).sum()}, worse on {(gains < 0).sum()}, alike on "
            f"{(gains == 0).sum()} of {len(rows)} (Wilcoxon p = {p:.2g})"
        )


if __name__ == "__main__":
    main()
