"""From texts to what a child reads: the fitted, frozen part of a classifier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix

from dvn.embeddings import get_module
from dvn.training.child import Child, Inputs
from dvn.training.cost import encoding_seconds
from dvn.training.features import CutTable, ScaledEncoder, TaskFeatures
from dvn.training.ngrams import Ngrams
from dvn.training.plan import Plan
from dvn.training.sparse import SparseLinear, multiply


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The encoder, table and n-grams of one classifier; those that it lacks are None."""

    encoder: ScaledEncoder | None
    table: CutTable | None
    tunes_table: bool
    ngrams: Ngrams | None

    def inputs(self, texts: Sequence[str]) -> Inputs:
        """What the child reads of any texts."""
        vectors = None if self.encoder is None else self.encoder.vectors(texts)
        counts = None if self.table is None else self.table.counts(texts)
        ngrams = None if self.ngrams is None else self.ngrams.transform(texts)
        pooled = None
        if self.table is not None and counts is not None and not self.tunes_table:
            pooled = multiply(counts, self.table.vectors)
        return Inputs(_dense(vectors, pooled), counts if self.tunes_table else None, ngrams, len(texts))

    def part(self, inputs: Inputs, rows: Int[np.ndarray, " part"]) -> Inputs:
        """The inputs of some rows."""
        dense = None if inputs.dense is None else inputs.dense[torch.from_numpy(rows)]
        return Inputs(dense, _rows(inputs.counts, rows), _rows(inputs.ngrams, rows), len(rows))

    def new_child(self, plan: Plan, inputs: Inputs, classes: int, generator: torch.Generator) -> Child:
        """An untrained child that reads these inputs."""
        width = 0 if inputs.dense is None else inputs.dense.shape[1]
        table = wide = None
        if inputs.counts is not None and self.table is not None:
            table = SparseLinear(inputs.counts, self.table.vectors.copy(), plan.table_rate, by_row=True)
            width += table.table.shape[1]
        if inputs.ngrams is not None:
            weights = np.zeros((inputs.ngrams.shape[1], classes), dtype=np.float32)
            wide = SparseLinear(inputs.ngrams, weights, plan.wide_rate, plan.wide_l1)
        tower = None if plan.build_tower is None else plan.build_tower(width, classes, generator)
        bias_rate = plan.wide_rate or plan.deep_rate
        return Child(tower, table, wide, np.zeros(classes, dtype=np.float32), bias_rate)

    def with_table(self, vectors: Float[np.ndarray, "used dim"]) -> "Pipeline":
        """The same pipeline with trained table rows."""
        assert self.table is not None
        return replace(self, table=replace(self.table, vectors=vectors))

    def module_versions(self) -> dict[str, str]:
        """The versions of the embedding modules in use, by their names."""
        used = [part.module for part in (self.encoder, self.table) if part is not None]
        return {name: get_module(name).version for name in used}

    def embed_seconds(self, features: TaskFeatures) -> float:
        """Seconds to turn the task's texts into inputs; for an encoder as if its vectors were not cached."""
        seconds = 0.0
        if self.encoder is not None:
            seconds += encoding_seconds(self.encoder.module, features.dataset.texts)
        if self.table is not None:
            seconds += features.seconds.get(f"{self.table.module} counts", 0.0)
        if self.ngrams is not None:
            seconds += features.seconds.get(self.ngrams.kind, 0.0)
        return seconds


def assemble(plan: Plan, features: TaskFeatures) -> tuple[Pipeline, Inputs]:
    """The pipeline of a plan, fitted on the task's training texts, and the inputs of all its texts."""
    encoder = table = ngrams = None
    vectors = pooled = counts = wide = None
    if plan.encoder is not None:
        encoder, vectors = features.encoded(plan.encoder)
    if plan.table is not None:
        table, counts = features.counted(plan.table)
        pooled = None if plan.tune_table else features.pooled(plan.table)
    if plan.ngrams is not None:
        ngrams, wide = features.ngrams(plan.ngrams)
    pipeline = Pipeline(encoder, table, plan.tune_table, ngrams)
    used = counts if plan.tune_table else None
    return pipeline, Inputs(_dense(vectors, pooled), used, wide, len(features.dataset.texts))


def _dense(
    vectors: Float[np.ndarray, "texts dim"] | None, pooled: Float[np.ndarray, "texts dim"] | None
) -> torch.Tensor | None:
    parts = [part for part in (vectors, pooled) if part is not None]
    if not parts:
        return None
    return torch.from_numpy(parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1))


def _rows(counts: csr_matrix | None, rows: Int[np.ndarray, " part"]) -> csr_matrix | None:
    if counts is None:
        return None
    part = counts[rows]
    part.indptr = part.indptr.astype(np.int32)
    part.indices = part.indices.astype(np.int32)
    return part
