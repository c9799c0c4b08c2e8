"""Experiences in the database and in a folder that ships, and jobs done in this process."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.experiments import records, service
from app.experiments.tables import Origin
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId, JobRow
from app.registry import service as registry
from app.registry.refitting import Places
from app.registry.tables import RefitRow
from app.settings import Settings
from dvn.embeddings import MODULES
from dvn.metafeatures import HANDMADE_NAMES
from dvn.metafeatures.task_sample import TABLE
from dvn.value_network import Checkpoint, Experience, FitOptions, read_experience
from dvn.value_network.make_checkpoint import uncalibrated
from tests.dvn.experiences import SPACE, two_kinds, write_experience

OPTIONS = FitOptions(members=2, iterations=60, runs_in_batch=16, samples_in_batch=16)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def wise() -> Experience:
    """Ten tasks of two kinds: whoever knows both kinds can tell what a new one prefers."""
    return two_kinds(10, runs=20, shared=8)


@pytest.fixture(scope="session")
def fitted(wise: Experience) -> tuple[Checkpoint, Checkpoint]:
    """Two different value networks, fitted in a moment."""
    quick = [FitOptions(members=1, iterations=2, seed=seed) for seed in (1, 2)]
    return uncalibrated(wise, quick[0]), uncalibrated(wise, quick[1])


@pytest.fixture
def places(settings: Settings, tmp_path: Path) -> Places:
    (tmp_path / "data").mkdir(exist_ok=True)
    return Places(settings.data, tmp_path / "experience")


def ship(places: Places, experience: Experience) -> Checkpoint:
    """Put a snapshot and the checkpoint fitted to it where the service looks for what ships."""
    write_experience(places.shipped_snapshot(SPACE), experience)
    shipped = read_experience(places.shipped_snapshot(SPACE), SPACE)
    checkpoint = uncalibrated(shipped, FitOptions(members=1, iterations=2))
    checkpoint.save(places.shipped_checkpoint(SPACE))
    return checkpoint


def record(session: Session, experience: Experience, *tasks: int) -> None:
    """Put some tasks with their runs into the database."""
    for place in tasks:
        task, what = experience.tasks[place], experience.tasks[place].description
        facts = records.DatasetFacts(task.content_hash, task.name, "text", "label", what.rows, {"a": 1})
        rows = [np.arange(3) + 10 * part for part in range(3)]
        task_facts = records.TaskFacts(task.name, task.family, 0, rows[0], rows[1], rows[2])
        task_id = records.upsert_task(session, records.upsert_dataset(session, facts), task_facts)
        handmade = dict(zip(HANDMADE_NAMES, what.handmade.tolist(), strict=True))
        sample = what.sample
        seen = records.SampleFacts(TABLE, MODULES[TABLE].version, sample.vectors, sample.classes, handmade)
        records.upsert_sample(session, task_id, seen)
        for run in experience.runs:
            if run.task == place:
                scores = {"validation": run.validation_accuracy, "test": run.test_accuracy}
                cost = {"embed_seconds": 0.0, "train_seconds": run.own_seconds, "predict_milliseconds": 1.0}
                sizes = {"peak_bytes": 1, "parameters": 1, "bundle_bytes": int(run.bundle_bytes)}
                made = records.RunRecord(
                    task_id=task_id,
                    architecture_id=service.store_architecture(session, run.architecture),
                    seed=0,
                    origin=Origin.shared if run.is_shared else Origin.random,
                    code_version="1",
                    libraries={},
                    started_at=NOW,
                    ended_at=NOW,
                    metrics={(part, "accuracy"): value for part, value in scores.items()},
                    cost={**cost, **sizes},
                )
                records.record_run(session, made)


@pytest.fixture
def refitted(engine: Engine, settings: Settings, places: Places) -> Callable[..., dict[str, Any]]:
    """Queues a refit, does it as a worker would, and gives its result."""

    def do(options: FitOptions = OPTIONS, times: int = 1) -> dict[str, Any]:
        own = settings.model_copy(update={"experience": places.experience})
        with transaction(engine) as session:
            job_id = registry.queue_refit(session, own, SPACE)
            job = session.get_one(JobRow, job_id)
            job.arguments = {**job.arguments, "options": asdict(options)}
        for _ in range(times):
            run_job(engine, Pace.of(settings), JobId(job_id))
        with transaction(engine) as session:
            job = session.get_one(JobRow, job_id)
            assert job.result is not None, job.error
            return dict(job.result)

    return do


def states(session: Session) -> list[str]:
    return [row.state.value for row in session.query(RefitRow).order_by(RefitRow.created_at)]
