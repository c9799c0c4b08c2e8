"""A dataset whose owner shares its runs becomes a task of the experience, without texts, vectors or names.

Decision: such a task keeps its split, its hand-made meta-features, static landmarkers and runs. Its
name is made from its content hash. Why: of a user's task only numbers about it are shared, and they teach how
architectures are valued (rho); the set encoder, which reads vectors of texts, learns from public tasks alone.
Decision: tasks that share texts are one family, found by the texts that their samples share. A sample
is the texts with the smallest hashes, so that two of them meet as often as their datasets do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Int, UInt64
from sqlalchemy.orm import Session

from app.datasets.service import LearningData
from app.datasets.tables import DatasetRow
from app.experiments import queries, records
from app.experiments.checkpoints import SNAPSHOT
from app.experiments.tables import SharedTaskRow
from dvn.data.dataset import Dataset
from dvn.data.split import rows_outside_test
from dvn.embeddings import MODULES
from dvn.metafeatures import STATIC, TaskDescription, describe_task, stored_numbers
from dvn.metafeatures.task_sample import DIMENSIONS, TABLE
from dvn.value_network.snapshot import TASKS, read_rows

SAME_FAMILY: Final = 0.1
"""The share of the smaller sample that must be in the other, too, for two tasks to be one family."""

Sketch = UInt64[np.ndarray, " texts"]


@dataclass(frozen=True, slots=True)
class KnownSketch:
    """A known task's family and the texts of its sample."""

    family: str
    sketch: Sketch


def share_task(session: Session, dataset: DatasetRow, data: LearningData, experience: Path) -> int:
    """The id of the task that a dataset poses as it is split now; made if there is none.

    `experience` is the folder of what ships, whose tasks may share texts with it.
    """
    split = data.split
    parts = [records.pack_rows(rows) for rows in (split.train, split.validation, split.test)]
    known = queries.task_of_split(session, dataset.id, records.hash_parts(parts))
    if known is not None:
        return known
    described = described_dataset(data.dataset)
    sketch = sketch_of(described.sample.vectors)
    name = f"shared-{dataset.content_hash[:12]}"
    family = family_of(sketch, known_sketches(session, experience)) or name
    task = records.TaskFacts(name, family, split.seed, split.train, split.validation, split.test)
    task_id = records.upsert_task(session, dataset.id, task)
    nothing = np.empty((0, DIMENSIONS), np.int8), np.empty(0, np.int16)
    facts = records.SampleFacts(TABLE, MODULES[TABLE].version, *nothing, stored_numbers(described))
    records.upsert_sample(session, task_id, facts)
    session.add(SharedTaskRow(task_id=task_id, sketch=sketch.astype("<u8").tobytes()))
    session.flush()
    return task_id


def described_dataset(dataset: Dataset) -> TaskDescription:
    """What a recommendation knows of a dataset at once: nothing of its test part, nothing of an encoder."""
    rows = rows_outside_test(dataset)
    texts, labels = [dataset.texts[row] for row in rows], [dataset.labels[row] for row in rows]
    return describe_task(texts, labels, groups=(STATIC,))


def sketch_of(vectors: Int[np.ndarray, "samples features"]) -> Sketch:
    """Eight bytes for each different text of a sample, from its vector; sorted."""
    odd = np.arange(1, 2 * vectors.shape[1], 2, dtype=np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15)
    mixed = (vectors.astype(np.int64).astype(np.uint64) + np.uint64(129)) * odd
    mixed ^= mixed >> np.uint64(29)
    return np.unique((mixed * odd).sum(axis=1, dtype=np.uint64))


def family_of(sketch: Sketch, known: Iterator[KnownSketch]) -> str | None:
    """The family of the known task with which most texts are shared, if they are enough."""
    shares = [(_shared(sketch, task.sketch), task.family) for task in known]
    share, family = max(shares, default=(0.0, None))
    return family if share >= SAME_FAMILY else None


def known_sketches(session: Session, experience: Path) -> Iterator[KnownSketch]:
    """The tasks that ship, those of the database, and those that users shared."""
    for snapshot in sorted(experience.glob(f"*/{SNAPSHOT}")):
        for row in read_rows(snapshot, TASKS):
            if (row["module"], row["module_version"]) == (TABLE, MODULES[TABLE].version):
                vectors = np.frombuffer(row["vectors"], dtype=np.int8).reshape(-1, DIMENSIONS)
                yield KnownSketch(row["family"], sketch_of(vectors))
    version = MODULES[TABLE].version
    for family, sample in queries.families_with_samples(session, module=TABLE, module_version=version):
        yield KnownSketch(family, sketch_of(records.sample_of(sample).vectors))
    for task, shared in queries.shared_tasks(session):
        yield KnownSketch(task.family, np.frombuffer(shared.sketch, dtype="<u8"))


def _shared(one: Sketch, other: Sketch) -> float:
    smaller = min(len(one), len(other))
    return float(np.isin(one, other).sum() / smaller) if smaller else 0.0
