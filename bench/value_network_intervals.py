"""Coverage, width and warnings of the value network: `python bench/value_network_intervals.py SNAPSHOT`.

Families are dealt into the folds of `value_network_forms.py`. Each left-out task gets an expected accuracy
and an interval from a value network and a calibration that never met its family, beside an interval of
constant width that covers as many. Then tasks that are outside of all experience are asked about: made-up
words in several scripts and, where --datasets is given, known datasets with their labels shuffled.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from dvn.data.read_csv import read_dataset
from dvn.evaluation import deal_families
from dvn.evaluation.intervals import IntervalReport, report_intervals
from dvn.metafeatures import STATIC, TaskDescription, describe_task
from dvn.value_network import Checkpoint, Experience, FitOptions, read_experience
from dvn.value_network.calibration import Judged
from dvn.value_network.landmarks import says_little
from dvn.value_network.make_checkpoint import judge_tasks, uncalibrated

SPACE = "wide_deep"
SHUFFLED = ("mr", "trec6", "cf_airline", "banking77", "mtod_es", "sib200_fr", "hatebr", "amazon_alexa")
SHUFFLES = 2
WORDS, TEXTS = 400, 600
SCRIPTS = {"Greek": 0x03B1, "Hebrew": 0x05D0, "Georgian": 0x10D0, "Khmer": 0x1780, "Latin": 0x0061}
LETTERS = 24


def judged(experience: Experience, number: int) -> tuple[list[Judged], list[int], list[bool]]:
    """For each task: what it reached and what was said of it, its fold, and whether it passed for outside."""
    found: list[Judged] = []
    of_fold: list[int] = []
    outside: list[bool] = []
    for fold, families in enumerate(deal_families(experience, number)):
        places = [i for i, task in enumerate(experience.tasks) if task.family in families]
        known = [i for i, task in enumerate(experience.tasks) if task.family not in families]
        checkpoint = uncalibrated(experience.of_tasks(known), FitOptions())
        found += judge_tasks(checkpoint, experience, places)
        of_fold += [fold] * len(places)
        outside += [checkpoint.is_outside(experience.tasks[i].description) for i in places]
    return found, of_fold, outside


def made_up(first: int, seed: int) -> tuple[list[str], list[str]]:
    """Texts of words of random letters that say nothing of their labels."""
    generator = np.random.default_rng(seed)
    words = ["".join(chr(first + i) for i in generator.integers(0, LETTERS, 6)) for _ in range(WORDS)]
    texts = [" ".join(generator.choice(words, 12)) for _ in range(TEXTS)]
    return texts, [str(label) for label in generator.integers(0, 3, TEXTS)]


def table(name: str, report: IntervalReport) -> str:
    cover = f"{report.covered:.1%} ({report.low:.1%} to {report.high:.1%})"
    width = f"{report.width_points:.1f} | {report.constant_points:.1f} | {report.saved:.0%}"
    return f"| {name} | {report.tasks} | {cover} | {width} | {report.error_points:.1f} |"


def warned(checkpoint: Checkpoint, name: str, asked: list[TaskDescription]) -> str:
    counts = [sum(checkpoint.is_outside(one) for one in asked), sum(says_little(one) for one in asked)]
    return f"| {name} | {' | '.join(f'{count} of {len(asked)}' for count in counts)} |"


def warnings(checkpoint: Checkpoint, datasets: Path | None) -> list[str]:
    lines = ["| task | said to be outside | said to tell little of its labels |", "| --- | --- | --- |"]
    for name, first in SCRIPTS.items():
        asked = [describe_task(*made_up(first, seed), groups=(STATIC,)) for seed in range(5)]
        lines.append(warned(checkpoint, f"made-up words in {name} letters", asked))
    if datasets is not None:
        read = [read_dataset(datasets / f"{name}.csv") for name in SHUFFLED]
        asked = [
            describe_task(
                dataset.texts,
                np.random.default_rng(seed).permutation(dataset.labels).tolist(),
                groups=(STATIC,),
            )
            for dataset in read
            for seed in range(SHUFFLES)
        ]
        lines.append(warned(checkpoint, "known datasets with their labels shuffled", asked))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("--datasets", type=Path)
    parser.add_argument("--folds", type=int, default=10)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    experience = read_experience(chosen.snapshot, SPACE)
    found, of_fold, outside = judged(experience, chosen.folds)
    print(f"Snapshot `{experience.snapshot_hash[:12]}`, {chosen.folds} folds of families.\n")
    print("| intervals | tasks | covered (95 %) | width, points | constant, points | saved | error, points |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(table("90 %, by each task's doubt", report_intervals(found, np.array(of_fold))))
    alike = [(truth, said, 1.0) for truth, said, _ in found]
    print(table("90 %, all doubts alike", report_intervals(alike, np.array(of_fold))))
    little = sum(says_little(task.description) for task in experience.tasks)
    print(
        f"\nLeft-out tasks said to be outside: {sum(outside)} of {len(outside)}; to tell little: {little}.\n"
    )
    print("\n".join(warnings(uncalibrated(experience, FitOptions()), chosen.datasets)))


if __name__ == "__main__":
    main()
