"""Compare forms of the value network and what they must beat: `python bench/value_network_forms.py SNAPSHOT`.

Families are dealt into K folds; each contender is fitted without a fold's families and chooses among the
recorded architectures of their tasks. All contenders meet the same folds and are compared task by task, the
intervals by drawing families again. Prints Markdown; with --json FILE every task's figures are kept, and
contenders that FILE holds for the same snapshot and folds are not fitted again.
"""

import argparse
import json
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from dvn.evaluation import (
    Comparison,
    Summary,
    TaskScore,
    compare_all,
    deal_families,
    judge_families,
    summarise,
)
from dvn.evaluation.contender import Contender
from dvn.evaluation.deep_kernel import fit_deep_kernel
from dvn.evaluation.limits import LIMITS
from dvn.evaluation.predictors import (
    BEST_ON_AVERAGE,
    NETWORK,
    PROCESS_LINE,
    VALUE_NETWORK,
    contenders,
    fit_blend,
    fit_network,
    fit_permuted,
    fit_value_network,
)
from dvn.metafeatures import ENCODERS, STATIC
from dvn.value_network import Experience, FitOptions, read_experience
from dvn.value_network.task_features import HANDMADE

SPACE = "wide_deep"


def forms(options: FitOptions) -> tuple[Contender, ...]:
    """What is compared: the shipped set of contenders, and variants of the form that ships."""
    network = partial(fit_network, options=options)

    def of(name: str, **changed: object) -> Contender:
        return Contender(
            f"{VALUE_NETWORK}: {name}", partial(fit_value_network, options=replace(options, **changed))
        )

    def learned(name: str, **changed: object) -> Contender:
        return Contender(f"{NETWORK}: {name}", partial(fit_network, options=replace(options, **changed)))

    return (
        *contenders(options),
        of("hand-made features only", groups=(HANDMADE,)),
        of("static landmarkers only", groups=(STATIC,)),
        of("landmarkers through encoders too", groups=(HANDMADE, STATIC, ENCODERS)),
        Contender(
            f"{VALUE_NETWORK}: no caution", partial(fit_value_network, options=options, is_careful=False)
        ),
        of("scores as (v - mean) / spread", targets="standard"),
        of("noise alike for all tasks", knows_rows=False),
        of("no term of a task's own", has_own=False),
        Contender("deep kernel", partial(fit_deep_kernel, options=options, reads_sample=False)),
        Contender(
            "deep kernel over pooled samples", partial(fit_deep_kernel, options=options, reads_sample=True)
        ),
        learned("squared loss alone", pairwise=0.0),
        learned("pairwise loss alone", squared=0.0),
        learned("listwise loss alone", squared=0.0, pairwise=0.0, listwise=1.0),
        learned("single, not an ensemble", members=1),
        learned("no sample", reads_sample=False),
        Contender(f"{VALUE_NETWORK}: features of another task", partial(fit_permuted, options=options)),
        Contender(
            f"{VALUE_NETWORK} + network of Algorithm 1, mean of ranks",
            partial(fit_blend, parts=(partial(fit_value_network, options=options), network)),
        ),
    )


def judged(experience: Experience, contender: Contender, number: int, limit: str) -> list[TaskScore]:
    began = time.process_time()
    scores = [
        score
        for families in deal_families(experience, number)
        for score in judge_families(experience, families, [contender], LIMITS[limit])
    ]
    seconds = (time.process_time() - began) / number
    print(f"<!-- {contender.name}: {seconds:.1f} CPU-seconds a fold -->", flush=True)
    return scores


def number(value: float, form: str) -> str:
    return "-" if np.isnan(value) else format(value, form)


def summary_line(line: Summary) -> str:
    figures = (number(line.spearman, ".3f"), f"{100 * line.test_accuracy:.2f}", f"{line.regret_points:+.2f}")
    return f"| {line.contender} | {' | '.join(figures)} | {line.catch_up:g} |"


def comparison_line(one: Comparison) -> str:
    interval = f"{one.points:+.2f} ({one.low:+.2f} to {one.high:+.2f})"
    wins = f"{one.differ} of {one.tasks} | {number(one.win_rate, '.0%')}"
    return f"| {one.contender} | {interval} | {wins} | {one.p:.3g} |"


def report(experience: Experience, scores: list[TaskScore], number: int) -> str:
    families = len({task.family for task in experience.tasks})
    lines = [
        f"Snapshot `{experience.snapshot_hash[:12]}`: {len(experience.runs):,} runs on "
        f"{len(experience.tasks)} tasks of {families} families, {number} folds of families.",
        "",
        "| contender | Spearman | test accuracy, % | regret, points | random trainings to catch up |",
        "| --- | ---: | ---: | ---: | ---: |",
        *map(summary_line, summarise(scores)),
    ]
    for rival in (BEST_ON_AVERAGE, PROCESS_LINE, VALUE_NETWORK):
        lines += [
            "",
            f"| beside {rival} | points of test accuracy (95 % by families) | differ | wins of those | p |",
            "| --- | ---: | ---: | ---: | ---: |",
            *map(comparison_line, compare_all(scores, rival)),
        ]
    return "\n".join(lines)


def known_scores(path: Path | None, experience: Experience, number: int, limit: str) -> list[TaskScore]:
    if path is None or not path.is_file():
        return []
    kept = json.loads(path.read_text())
    is_same = (kept["snapshot"], kept["folds"], kept["limit"]) == (experience.snapshot_hash, number, limit)
    return [TaskScore(**score) for score in kept["scores"]] if is_same else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("snapshot", type=Path)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--only", action="append", help="The name of a contender; once for each.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--limit", choices=LIMITS, default="none", help="What a choice may cost.")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    experience = read_experience(chosen.snapshot, SPACE)
    scores = known_scores(chosen.json, experience, chosen.folds, chosen.limit)
    done = {score.contender for score in scores}
    for contender in forms(FitOptions()):
        if contender.name not in done and contender.name in (chosen.only or [contender.name]):
            found = judged(experience, contender, chosen.folds, chosen.limit)
            scores += [score for score in found if score.contender not in done]
            done |= {score.contender for score in found}
            if chosen.json is not None:
                kept = {"snapshot": experience.snapshot_hash, "folds": chosen.folds, "limit": chosen.limit}
                chosen.json.write_text(json.dumps(kept | {"scores": [asdict(score) for score in scores]}))
    print(report(experience, scores, chosen.folds))


if __name__ == "__main__":
    main()
