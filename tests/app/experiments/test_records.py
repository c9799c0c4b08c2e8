"""Facts become rows once, whatever happens how often."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, sets
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.experiments import queries, records
from app.experiments.queries import PlannedRun
from app.experiments.records import DatasetFacts, RunRecord, SampleFacts, TaskFacts
from app.experiments.tables import Origin, RunMetricRow, RunRow, RunState

START = datetime(2026, 1, 1, tzinfo=UTC)
DESCRIPTION = {"space": "wide_deep", "version": "1", "decisions": {"layers": 2, "activation": "relu"}}


def a_dataset(session: Session, content_hash: str = "c0ffee") -> UUID:
    facts = DatasetFacts(content_hash, "trec", "text", "label", rows=10, class_counts={"a": 4, "b": 6})
    return records.upsert_dataset(session, facts)


def a_task(session: Session, dataset_id: UUID, **changed: object) -> int:
    facts = TaskFacts("trec", "trec", 0, np.arange(8), np.array([8]), np.array([9]))
    return records.upsert_task(session, dataset_id, replace(facts, **changed))  # type: ignore[arg-type]


def a_record(session: Session, **changed: object) -> RunRecord:
    record = RunRecord(
        task_id=a_task(session, a_dataset(session)),
        architecture_id=records.upsert_architecture(session, DESCRIPTION, "abc", [0.5, 0.5]),
        seed=0,
        origin=Origin.shared,
        code_version="abc123",
        libraries={"torch": "2.13"},
        started_at=START,
        ended_at=START,
        metrics={("validation", "accuracy"): 0.75, ("test", "accuracy"): 0.5},
        curve=[(1, "validation_accuracy", 0.5, 0.1), (2, "validation_accuracy", 0.75, 0.2)],
        cost={
            "embed_seconds": 0.5,
            "train_seconds": 1.0,
            "predict_milliseconds": 2.0,
            "peak_bytes": 3,
            "parameters": 4,
            "bundle_bytes": 5,
        },
        validation_probabilities=np.array([[0.25, 0.75]]),
    )
    return replace(record, **changed)  # type: ignore[arg-type]


@given(rows=sets(integers(0, 2**31 - 1)))
def test_packed_rows_come_back_sorted(rows: set[int]) -> None:
    packed = records.pack_rows(np.array(list(rows), dtype=np.int64))
    assert records.unpack_rows(packed).tolist() == sorted(rows)


def test_one_content_is_one_dataset(session: Session) -> None:
    assert a_dataset(session) == a_dataset(session) != a_dataset(session, "other")


def test_one_split_is_one_task_whatever_its_name(session: Session) -> None:
    dataset_id = a_dataset(session)
    first = a_task(session, dataset_id)
    assert a_task(session, dataset_id, name="renamed") == first
    assert a_task(session, dataset_id, test_rows=np.array([7])) != first
    assert a_task(session, dataset_id, metric="macro_f1") != first


def test_the_rows_of_a_task_come_back(session: Session) -> None:
    task_id = a_task(session, a_dataset(session))
    task = queries.task_with_split(session, task_id)
    assert records.unpack_rows(task.train_rows).tolist() == list(range(8))
    assert records.unpack_rows(task.test_rows).tolist() == [9]


def test_a_sample_comes_back_as_it_was(session: Session) -> None:
    task_id = a_task(session, a_dataset(session))
    vectors = np.array([[-127, 5], [0, 127]], dtype=np.int8)
    facts = SampleFacts("use_table", "1", vectors, np.array([0, 1]), {"rows": 10.0})
    records.upsert_sample(session, task_id, facts)
    records.upsert_sample(session, task_id, facts)
    [row] = queries.samples(session, module="use_table", module_version="1")
    found = records.sample_of(row)
    assert (found.vectors == vectors).all()
    assert found.classes.tolist() == [0, 1]
    assert found.metafeatures == {"rows": 10.0}


def test_a_run_recorded_twice_is_stored_once_and_the_first_stays(session: Session) -> None:
    first = records.record_run(session, a_record(session))
    again = a_record(session, metrics={("validation", "accuracy"): 0.1}, error="diverged")
    assert records.record_run(session, again) == first
    assert session.scalar(select(func.count()).select_from(RunRow)) == 1
    assert queries.metrics_of(session, [first])[first]["validation", "accuracy"] == 0.75


def test_another_seed_or_fidelity_is_another_run(session: Session) -> None:
    ids = {records.record_run(session, a_record(session, seed=seed)) for seed in (0, 1)}
    ids.add(records.record_run(session, a_record(session, fidelity=0.5)))
    assert len(ids) == 3


def test_a_failed_run_stays_with_its_reason_and_counts_as_run(session: Session) -> None:
    record = a_record(session, error="loss is NaN at step 3", metrics=None, curve=(), cost=None)
    record = replace(record, validation_probabilities=None)
    run_id = records.record_run(session, record)
    row = session.get_one(RunRow, run_id)
    assert (row.state, row.error) == (RunState.failed, "loss is NaN at step 3")
    done = PlannedRun(record.task_id, record.architecture_id, 0)
    assert queries.pending(session, [done, replace(done, seed=1)]) == [replace(done, seed=1)]
    assert queries.observations(session, space="wide_deep", version="1") == []


def test_a_fidelity_above_one_is_refused(session: Session) -> None:
    with pytest.raises(IntegrityError, match="ck_run_fidelity_is_a_part"):
        records.record_run(session, a_record(session, fidelity=1.5))


def test_observations_never_carry_the_test_part(session: Session) -> None:
    run_id = records.record_run(session, a_record(session))
    [before] = queries.observations(session, space="wide_deep", version="1")
    assert (before.value, before.seconds, before.family) == (0.75, 1.5, "trec")
    session.get_one(RunMetricRow, (run_id, "test", "accuracy")).value = 0.999
    session.flush()
    assert queries.observations(session, space="wide_deep", version="1") == [before]


def test_a_recorded_run_carries_all_that_a_snapshot_needs(session: Session) -> None:
    run_id = records.record_run(session, a_record(session))
    [run] = queries.recorded_runs(session, space="wide_deep", version="1")
    assert run.run_id == run_id
    assert (run.content_hash, run.task, run.architecture) == ("c0ffee", "trec", "abc")
    assert run.metrics == {("validation", "accuracy"): 0.75, ("test", "accuracy"): 0.5}
    assert run.cost["bundle_bytes"] == 5
    assert [(point.step, point.value) for point in queries.curve_of(session, run_id)] == [(1, 0.5), (2, 0.75)]
    predicted = queries.prediction_of(session, run_id)
    assert predicted is not None
    assert records.unpack_probabilities(predicted).tolist() == [[0.25, 0.75]]


def test_tasks_are_found_by_name_and_counted(session: Session) -> None:
    records.record_run(session, a_record(session))
    [(task, dataset)] = queries.tasks(session, names=["trec"])
    assert (task.name, dataset.content_hash) == ("trec", "c0ffee")
    assert queries.tasks(session, names=["absent"]) == []
    assert queries.run_counts(session) == {("trec", RunState.finished): 1}
    assert len(queries.runs_of(session, task.id, space="wide_deep")) == 1
    assert len(queries.runs_of(session, task.id, space="relaxed_ffnn")) == 0
