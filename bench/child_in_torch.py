"""The children of a folder in a plain PyTorch loop on one thread: `python bench/child_in_torch.py FOLDER`.

Written as one would without kernels of one's own: `nn.EmbeddingBag` with sparse gradients for the table and
the wide tower, AdamW (fused, the fastest on a CPU) for the tower, Adagrad for the rest, index batches and no
DataLoader.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from child_job import FIRST_SQUARES, Folder, Job, Result, batches
from scipy.sparse import csr_matrix
from torch import Tensor, nn
from torch.nn import functional

EVALUATION_BATCH = 2_000
_SIMPLE = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}

Bag = tuple[Tensor, Tensor, Tensor]


class PlainChild(nn.Module):
    """Tower, table and wide tower of one job, with its first weights."""

    def __init__(self, job: Job, folder: Folder) -> None:
        super().__init__()
        self.table = self.wide = self.tower = None
        if job.table is not None:
            vectors = torch.from_numpy(folder.read(f"{job.table}-table").copy())
            self.table = nn.EmbeddingBag.from_pretrained(vectors, freeze=False, mode="sum", sparse=True)
        if job.layers:
            self.tower = nn.Sequential(*(_layer(job, folder, place) for place in range(len(job.layers))))
        self.bias = nn.Parameter(torch.from_numpy(folder.read(f"{job.name}-bias").copy()))
        if job.ngrams is not None:
            zeros = torch.zeros(folder.read_sparse(job.ngrams).shape[1], len(self.bias))
            self.wide = nn.EmbeddingBag.from_pretrained(zeros, freeze=False, mode="sum", sparse=True)

    def forward(self, dense: Tensor | None, tokens: Bag | None, ngrams: Bag | None) -> Tensor:
        logits = self.bias
        if self.tower is not None:
            parts = [] if dense is None else [dense]
            if self.table is not None and tokens is not None:
                parts.append(self.table(tokens[0], tokens[1], per_sample_weights=tokens[2]))
            logits = logits + self.tower(torch.cat(parts, dim=1))
        if self.wide is not None and ngrams is not None:
            logits = logits + self.wide(ngrams[0], ngrams[1], per_sample_weights=ngrams[2])
        return logits


class Inputs:
    """Batches of what a child reads."""

    def __init__(self, job: Job, folder: Folder) -> None:
        dense = folder.dense(job)
        self.dense = None if dense is None else torch.from_numpy(dense)
        self.counts = None if job.table is None else folder.read_sparse(f"{job.table}-counts")
        self.ngrams = None if job.ngrams is None else folder.read_sparse(job.ngrams)

    def batch(self, rows: np.ndarray) -> tuple[Tensor | None, Bag | None, Bag | None]:
        dense = None if self.dense is None else self.dense[torch.from_numpy(rows)]
        return dense, _bag(self.counts, rows), _bag(self.ngrams, rows)


def _layer(job: Job, folder: Folder, place: int) -> nn.Module:
    kind, *sizes = job.layers[place]
    if kind == "linear":
        layer = nn.Linear(*sizes)
        weight, bias = folder.linear(job, place)
        layer.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
        return layer
    if kind in _SIMPLE:
        return _SIMPLE[kind]()
    return {"dropout": nn.Dropout, "layernorm": nn.LayerNorm, "batchnorm1d": nn.BatchNorm1d}[kind](*sizes)


def _bag(counts: csr_matrix | None, rows: np.ndarray) -> Bag | None:
    if counts is None:
        return None
    part = counts[rows]
    ids, offsets = torch.from_numpy(part.indices).long(), torch.from_numpy(part.indptr[:-1]).long()
    return ids, offsets, torch.from_numpy(part.data)


def optimisers(child: PlainChild, job: Job) -> list[tuple[torch.optim.Optimizer, float]]:
    """Each part's optimiser and its undecayed rate."""
    rates = job.rates
    chosen: list[tuple[torch.optim.Optimizer, float]] = []
    if child.tower is not None:
        decay = rates["deep_l2"]
        tower = torch.optim.AdamW(child.tower.parameters(), rates["deep"], weight_decay=decay, fused=True)
        chosen.append((tower, rates["deep"]))
    for part, name in ((child.table, "table"), (child.wide, "wide")):
        if part is not None:
            chosen.append((_adagrad(part.parameters(), rates[name]), rates[name]))
    chosen.append((_adagrad([child.bias], rates["bias"]), rates["bias"]))
    return chosen


def _adagrad(parameters: object, rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adagrad(parameters, rate, initial_accumulator_value=FIRST_SQUARES)  # type: ignore[arg-type]


def train(child: PlainChild, inputs: Inputs, job: Job, folder: Folder) -> None:
    labels = torch.from_numpy(folder.read("labels"))
    weights = torch.from_numpy(folder.read(f"{job.name}-row-weights"))
    parts = optimisers(child, job)
    order = batches(folder.read("train"), job.seed)
    child.train()
    # Adagrad warns unless one says whether its sparse sums are to be checked; checks cost time.
    torch.sparse.check_sparse_tensor_invariants.disable()
    for step in range(job.steps):
        rows = next(order)
        chosen = torch.from_numpy(rows)
        dense, tokens, ngrams = inputs.batch(rows)
        losses = functional.cross_entropy(child(dense, tokens, ngrams), labels[chosen], reduction="none")
        loss = (losses * weights[chosen]).mean()
        if child.wide is not None and job.rates["wide_l1"] > 0 and ngrams is not None:
            touched = functional.embedding(ngrams[0].unique(), child.wide.weight, sparse=True)
            loss = loss + job.rates["wide_l1"] * touched.abs().sum()
        for optimiser, rate in parts:
            optimiser.zero_grad()
            for group in optimiser.param_groups:
                group["lr"] = rate * job.schedule(step)
        loss.backward()
        for optimiser, _ in parts:
            optimiser.step()


@torch.no_grad()
def accuracy(child: PlainChild, inputs: Inputs, rows: np.ndarray, labels: np.ndarray) -> float:
    child.eval()
    hits = 0
    for start in range(0, len(rows), EVALUATION_BATCH):
        part = rows[start : start + EVALUATION_BATCH]
        hits += int((child(*inputs.batch(part)).argmax(dim=1).numpy() == labels[part]).sum())
    return hits / len(rows)


def run(job: Job, folder: Folder) -> Result:
    began = time.process_time()
    torch.manual_seed(job.seed)
    inputs = Inputs(job, folder)
    child = PlainChild(job, folder)
    started = time.process_time()
    train(child, inputs, job, folder)
    trained = time.process_time() - started
    labels = folder.read("labels")
    scores = [accuracy(child, inputs, folder.read(part), labels) for part in ("validation", "test")]
    return Result(job.name, trained, time.process_time() - began, *scores)


def main() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    folder = Folder(Path(sys.argv[1]))
    jobs = folder.jobs()
    run(jobs[0], folder)  # Reads the inputs, and warms up.
    folder.write_results("torch", [run(job, folder) for job in jobs])


if __name__ == "__main__":
    main()
