"""How cautious should the choice be? `python bench/caution.py experience/wide_deep/snapshot` prints Markdown.

Families are dealt into folds, as in `value_network_forms.py`; without a fold's families a value network is
fitted, and chooses among the recorded architectures of their tasks with every amount of caution: deviations
of doubt by which a gain on the best on average must exceed zero. The amount is chosen by the validation
scores of all tasks; the test scores beside them choose nothing.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import wilcoxon

from dvn.evaluation import deal_families
from dvn.evaluation.limits import LIMITS, CostLimit
from dvn.value_network import Checkpoint, Experience, FitOptions, read_experience
from dvn.value_network.make_checkpoint import uncalibrated
from dvn.value_network.snapshot import KnownRun

AMOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)


def gains(checkpoint: Checkpoint, experience: Experience, place: int, limit: CostLimit) -> np.ndarray | None:
    """What each amount of caution gains on the best on average that keeps the limit: validation and test."""
    runs = [run for run in experience.searched.runs if run.task == place and limit.allows(run)]
    asked = [run.architecture for run in runs]
    default = checkpoint.default_of(asked)
    if default is None:
        return None
    weighted = checkpoint.relaxation.weighted(torch.from_numpy(checkpoint.relaxation.vertices(asked)))
    reference = asked.index(default)
    view = checkpoint.describe(experience.tasks[place].description)
    scores = checkpoint.network.score(weighted, view).numpy()
    doubt = checkpoint.network.doubt_of_gain(weighted, weighted[reference]).numpy()
    chosen = [int(np.argmax(scores - amount * doubt)) for amount in AMOUNTS]
    return np.array([[_gain(runs, at, reference, part) for at in chosen] for part in ("validation", "test")])


def _gain(runs: list[KnownRun], chosen: int, reference: int, part: str) -> float:
    return float(getattr(runs[chosen], f"{part}_accuracy") - getattr(runs[reference], f"{part}_accuracy"))


def cells(found: Float[np.ndarray, " tasks"]) -> str:
    """Mean gain in points, wins of the tasks that differ, and Wilcoxon's p."""
    differ = found[found != 0.0]
    if not len(differ):
        return "+0.00 | 0 of 0 | -"
    wins = f"{(differ > 0).sum()} of {len(differ)} ({(differ > 0).mean():.0%})"
    return f"{100 * found.mean():+.2f} | {wins} | {wilcoxon(differ).pvalue:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("--folds", type=int, default=8)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    experience = read_experience(chosen.snapshot, "wide_deep")
    found: dict[str, list[np.ndarray]] = {name: [] for name in LIMITS}
    for families in deal_families(experience, chosen.folds):
        known = [i for i, task in enumerate(experience.tasks) if task.family not in families]
        checkpoint = uncalibrated(experience.of_tasks(known), FitOptions())
        for place, task in enumerate(experience.tasks):
            if task.family in families:
                for name, limit in LIMITS.items():
                    one = gains(checkpoint, experience, place, limit)
                    if one is not None:
                        found[name].append(one)
    print(
        f"Snapshot `{experience.snapshot_hash[:12]}`: {len(experience.runs):,} runs on "
        f"{len(experience.tasks)} tasks, {chosen.folds} folds of families. Gains are points of accuracy on "
        "the best on average that keeps the limit, wins those of the tasks where the two differ."
    )
    for name, tasks in found.items():
        table = np.stack(tasks)  # tasks, parts, amounts
        print(f"\nLimit: {name}, {len(table)} tasks.\n")
        print("| caution | validation gain | wins | p | test gain | wins | p |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for place, amount in enumerate(AMOUNTS):
            print(f"| {amount:g} | {cells(table[:, 0, place])} | {cells(table[:, 1, place])} |")


if __name__ == "__main__":
    main()
