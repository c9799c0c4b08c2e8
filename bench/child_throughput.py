"""Runs per core-hour of our trainer beside plain PyTorch and Keras: `python bench/child_throughput.py [CSV]`.

The same children (architectures drawn by a seed, first weights, order of the texts, steps, inputs computed
once) one after another, each framework in a process and on a thread of its own. Ours checks validation five
times while it trains, and is timed with that; the others check at the end only. The arithmetic limit is what
a core would need for the multiply-adds of the children alone, at its speed in a large matrix product,
measured in the same run.

Keras runs in `.venv-tfhub` (see README); without it the line says so. Prints Markdown; `--out` writes JSON.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from child_job import Folder, Job, Result, log_prior, row_weights, step_flops
from child_training import synthetic
from threadpoolctl import threadpool_limits

from dvn.architecture import Architecture, get_space
from dvn.data.dataset import Dataset
from dvn.data.read_csv import read_dataset
from dvn.data.split import RareClasses, Split, split_dataset
from dvn.embeddings import VectorCache
from dvn.training import Budget, TaskFeatures, train
from dvn.training.plan import Plan, plan

HERE = Path(__file__).resolve().parent
KERAS_PYTHON = HERE.parent / ".venv-tfhub/bin/python"
FRAMEWORKS = {"forethought": "Forethought", "torch": "plain PyTorch", "keras": "Keras"}
CACHE_BYTES = 20 * 2**30
MATRIX = 1_024


def write_child(
    folder: Folder, architecture: Architecture, features: TaskFeatures, *, seed: int, max_steps: int | None
) -> Job:
    """The job of one architecture; what it reads is written into the folder."""
    chosen = plan(architecture, train_rows=len(features.split.train))
    dense, width = _write_inputs(folder, chosen, features)
    labels, classes = features.dataset.label_ids, len(features.dataset.classes)
    weights = row_weights(labels, features.split.train, chosen.class_weight)
    train_rows = features.split.train
    folder.write(f"{architecture.hash}-row-weights", weights)
    folder.write(f"{architecture.hash}-bias", log_prior(labels[train_rows], weights[train_rows], classes))
    layers: list[list[object]] = []
    if chosen.build_tower is not None:
        tower = chosen.build_tower(width, classes, torch.Generator().manual_seed(seed))
        share = float(architecture.decisions.get("dropout", 0.0))
        layers = [_described(layer, share) for layer in tower]
        for place, layer in enumerate(tower):
            if isinstance(layer, torch.nn.Linear):
                folder.write(f"{architecture.hash}-{place}-weight", layer.weight.detach().numpy())
                folder.write(f"{architecture.hash}-{place}-bias", layer.bias.detach().numpy())
    rates = {
        "deep": chosen.deep_rate,
        "deep_l2": chosen.deep_l2,
        "table": chosen.table_rate,
        "wide": chosen.wide_rate,
        "wide_l1": chosen.wide_l1,
        "bias": chosen.wide_rate or chosen.deep_rate,
    }
    table = chosen.table if chosen.tune_table else None
    steps = min(chosen.steps, max_steps or chosen.steps)
    order = {"steps": steps, "decays": chosen.decays, "seed": seed}
    return Job(architecture.hash, architecture.space, layers, dense, table, chosen.ngrams, rates, **order)


def _write_inputs(folder: Folder, chosen: Plan, features: TaskFeatures) -> tuple[list[str], int]:
    """Names of the frozen inputs of the tower, and the width of all its inputs together."""
    dense, width = [], 0
    if chosen.encoder is not None:
        vectors = features.encoded(chosen.encoder)[1]
        folder.write(chosen.encoder, vectors)
        dense.append(chosen.encoder)
        width += vectors.shape[1]
    if chosen.table is not None:
        table, counts = features.counted(chosen.table)
        if chosen.tune_table:
            folder.write(f"{chosen.table}-counts", counts)
            folder.write(f"{chosen.table}-table", table.vectors)
        else:
            folder.write(f"{chosen.table}-pooled", features.pooled(chosen.table))
            dense.append(f"{chosen.table}-pooled")
        width += table.vectors.shape[1]
    if chosen.ngrams is not None:
        folder.write(chosen.ngrams, features.ngrams(chosen.ngrams)[1])
    return dense, width


def _described(layer: torch.nn.Module, dropout: float) -> list[object]:
    kind = type(layer).__name__.lower()
    if isinstance(layer, torch.nn.Linear):
        return ["linear", layer.in_features, layer.out_features]
    if "dropout" in kind:
        return ["dropout", dropout]
    if isinstance(layer, torch.nn.LayerNorm):
        return [kind, layer.normalized_shape[0]]
    return [kind, layer.num_features] if isinstance(layer, torch.nn.BatchNorm1d) else [kind]


def our_results(
    architectures: Sequence[Architecture], features: TaskFeatures, *, seed: int, max_steps: int | None
) -> list[Result]:
    """What our trainer says of the same children, after one short run of each that loads compiled code."""
    dataset, split = features.dataset, features.split
    results = []
    for architecture in architectures:
        train(dataset, split, architecture, features=features, seed=seed, budget=Budget(max_steps=2))
    for architecture in architectures:
        began = time.process_time()
        budget = Budget(max_steps=max_steps)
        outcome = train(dataset, split, architecture, features=features, seed=seed, budget=budget).outcome
        seconds = time.process_time() - began
        scores = [outcome.metrics[part, "accuracy"] for part in ("validation", "test")]
        results.append(Result(architecture.hash, outcome.cost.train_seconds, seconds, *scores))
    return results


def other_results(folder: Folder, framework: str, python: Path, *arguments: str) -> list[Result] | str:
    """What another framework says in a process of its own, or why it says nothing."""
    if not python.exists():
        return f"not measured: there is no {python.parent.parent.name}; make it as the README says"
    command = [str(python), str(HERE / f"child_in_{framework}.py"), str(folder.path), *arguments]
    # The command is made of our own files.
    finished = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False
    )
    if finished.returncode != 0:
        return f"not measured: {finished.stderr.strip().splitlines()[-1]}"
    return folder.results(framework)


def core_gflops() -> float:
    """The best of ten products of two float32 matrices on one thread, in 10^9 operations a CPU second."""
    left, right = torch.rand(MATRIX, MATRIX), torch.rand(MATRIX, MATRIX)
    seconds = []
    for _ in range(10):
        began = time.process_time()
        torch.mm(left, right)
        seconds.append(time.process_time() - began)
    return 2 * MATRIX**3 / min(seconds) / 1e9


def prepared(chosen: argparse.Namespace) -> tuple[TaskFeatures, dict[str, list[Architecture]]]:
    """The task's inputs, computed as they are asked for, and the sampled architectures by space."""
    dataset: Dataset = synthetic(chosen.rows) if chosen.file is None else read_dataset(chosen.file)
    split: Split
    dataset, split = split_dataset(dataset, rare=RareClasses.drop)
    cache = None if chosen.cache is None else VectorCache(chosen.cache, max_bytes=CACHE_BYTES)
    sampled = {}
    for space, count in (("wide_deep", chosen.wide_deep), ("relaxed_ffnn", chosen.relaxed_ffnn)):
        generator = np.random.default_rng(chosen.seed)
        sampled[space] = [get_space(space).sample(generator) for _ in range(count)]
    return TaskFeatures(dataset, split, cache), sampled


def measured(
    path: Path, chosen: argparse.Namespace
) -> tuple[dict[str, list[Result] | str], list[Job], Folder]:
    """Every framework's results, the jobs, and the folder that holds them."""
    features, sampled = prepared(chosen)
    architectures = [one for some in sampled.values() for one in some]
    folder = Folder(path)
    folder.write("labels", features.dataset.label_ids.astype(np.int64))
    for part in ("train", "validation", "test"):
        folder.write(part, np.asarray(getattr(features.split, part), dtype=np.int64))
    common = {"seed": chosen.seed, "max_steps": chosen.max_steps}
    jobs = [write_child(folder, architecture, features, **common) for architecture in architectures]
    folder.write_jobs(jobs)
    results: dict[str, list[Result] | str] = {
        "forethought": our_results(architectures, features, **common),
        "torch": other_results(folder, "torch", Path(sys.executable)),
        "keras": other_results(folder, "keras", KERAS_PYTHON, str(chosen.steps_per_execution)),
    }
    return results, jobs, folder


def table(results: dict[str, list[Result] | str], jobs: list[Job], limits: dict[str, float]) -> list[str]:
    """The Markdown table of one space: totals of its children, and what they say of each framework."""
    names = {job.name for job in jobs}
    lines = [
        "| | runs per core-hour, training only | end to end | ours faster by, training only | end to end "
        "| of the arithmetic limit | validation accuracy |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    ours = totals(results["forethought"], names)
    for framework, title in FRAMEWORKS.items():
        found = totals(results[framework], names)
        if isinstance(found, str) or isinstance(ours, str):
            lines.append(f"| {title} | {found} | | | | | |")
            continue
        rates = [3600 * len(names) / seconds for seconds in found[:2]]
        faster = [theirs / own for theirs, own in zip(found[:2], ours[:2], strict=True)]
        share = sum(limits[name] for name in names) / found[0]
        lines.append(
            f"| {title} | {rates[0]:,.0f} | {rates[1]:,.0f} | {faster[0]:.1f} x | {faster[1]:.1f} x "
            f"| {share:.1%} | {found[2]:.3f} |"
        )
    return lines


def totals(results: list[Result] | str, names: set[str]) -> tuple[float, float, float] | str:
    """Seconds of training, seconds end to end, and mean validation accuracy of the named children."""
    if isinstance(results, str):
        return results
    some = [result for result in results if result.name in names]
    accuracy = sum(result.validation_accuracy for result in some) / len(some)
    seconds = sum(result.train_seconds for result in some)
    return seconds, sum(result.end_to_end_seconds for result in some), accuracy


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, default=10_000, help="of the synthetic task")
    parser.add_argument("--wide-deep", type=int, default=12, help="children of this space")
    parser.add_argument("--relaxed-ffnn", type=int, default=6, help="children of this space")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-steps", type=int, help="of each child, for a quick look")
    parser.add_argument("--steps-per-execution", type=int, default=1, help="of Keras")
    parser.add_argument("--cache", type=Path, help="folder that keeps the encoders' vectors")
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    torch.set_num_threads(1)
    with threadpool_limits(1), tempfile.TemporaryDirectory() as path:
        results, jobs, folder = measured(Path(path), chosen)
        gflops = core_gflops()
        limits = {job.name: step_flops(job, folder) * job.steps / (gflops * 1e9) for job in jobs}
    rows = f"{chosen.rows:,} synthetic rows" if chosen.file is None else chosen.file.name
    print(f"{rows}; torch {version('torch')}; one core multiplies matrices at {gflops:.0f} GFLOP/s.")
    for space in dict.fromkeys(job.space for job in jobs):
        some = [job for job in jobs if job.space == space]
        print(f"\n{space}: {len(some)} children, {sum(job.steps for job in some):,} steps\n")
        print("\n".join(table(results, some, limits)))
    if chosen.out is not None:
        report = {
            "machine": platform.processor() or platform.machine(),
            "gflops": gflops,
            "limit_seconds": limits,
            "jobs": [asdict(job) for job in jobs],
            "results": {
                name: found if isinstance(found, str) else [asdict(result) for result in found]
                for name, found in results.items()
            },
        }
        chosen.out.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
