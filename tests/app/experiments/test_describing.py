"""Stored tasks get the landmarkers they lack, once, and keep what the value network saw of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, update

from app.db.session import make_engine, transaction
from app.experiments import queries, service, snapshots
from app.experiments.describing import Described, describe_tasks
from app.experiments.tables import TaskSampleRow
from app.storage import Storage
from dvn.embeddings import MODULES, VectorCache, get_encoder
from dvn.metafeatures import LANDMARKER_NAMES, landmarkers_of
from dvn.metafeatures.task_sample import TABLE
from dvn.training.features import known_vectors, texts_hash
from dvn.value_network.snapshot import TASKS, read_rows
from tests.app.experiments.conftest import write_csv
from tests.dvn.factories import make_texts

EVERY = {name for names in LANDMARKER_NAMES.values() for name in names}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "data")


def add(engine: Engine, storage: Storage, *names: str) -> None:
    for seed, name in enumerate(names):
        with transaction(engine) as session:
            path = write_csv(storage.folder.parent / f"{name}.csv", rows=40, seed=seed)
            service.add_tasks(session, storage, path)


def stored(engine: Engine) -> list[dict[str, float]]:
    with transaction(engine) as session:
        rows = queries.samples(session, module=TABLE, module_version=MODULES[TABLE].version)
        return [dict(row.metafeatures) for row in rows]


def forget(engine: Engine, **numbers: float) -> None:
    """Stored numbers as an older version left them."""
    with transaction(engine) as session:
        session.execute(update(TaskSampleRow).values(metafeatures=numbers))


def describe(engine: Engine, storage: Storage, names: Sequence[str] | None = None) -> Described:
    return describe_tasks(engine, storage, names=names, report=lambda *_: None)


def test_a_new_task_comes_with_its_landmarkers_and_needs_no_more(engine: Engine, storage: Storage) -> None:
    add(engine, storage, "reviews")
    [numbers] = stored(engine)
    assert set(landmarkers_of(numbers)) == EVERY
    assert describe(engine, storage) == Described(0, 1, ())


def test_tasks_of_an_older_version_get_the_same_numbers_that_a_new_one_has(
    engine: Engine, storage: Storage
) -> None:
    add(engine, storage, "reviews", "tickets")
    new = stored(engine)
    forget(engine, log_rows=1.0, landmarkers_version=0.0, static_best=9.0, of_old=2.0)
    assert describe(engine, storage, ["tickets"]) == Described(1, 0, ())
    assert describe(engine, storage) == Described(1, 1, ())
    assert stored(engine) == [numbers | {"of_old": 2.0} for numbers in new]


def test_a_task_whose_texts_are_elsewhere_is_named(engine: Engine, storage: Storage) -> None:
    add(engine, storage, "reviews")
    forget(engine)
    for file in storage.datasets.iterdir():
        file.unlink()
    assert describe(engine, storage) == Described(0, 0, ("reviews",))


def test_what_was_described_is_kept_when_the_next_task_is_stopped(engine: Engine, storage: Storage) -> None:
    add(engine, storage, "reviews", "tickets")
    forget(engine)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        describe_tasks(engine, storage, names=None, report=stop)
    assert describe(engine, storage) == Described(1, 1, ())


def test_a_snapshot_carries_landmarkers(engine: Engine, storage: Storage, tmp_path: Path) -> None:
    add(engine, storage, "reviews")
    with transaction(engine) as session:
        [(task, _)] = queries.tasks(session)
        architecture = service.shared_architectures("wide_deep", 1)[0]
        ended = service.EndedRun(
            task.id,
            service.store_architecture(session, architecture),
            service.Origin.shared,
            task.created_at,
            task.created_at,
            None,
            "it diverged",
        )
        service.record(session, ended)
        snapshots.write(session, tmp_path / "snapshot", space="wide_deep")
    [row] = read_rows(tmp_path / "snapshot", TASKS)
    assert landmarkers_of(dict(row["handmade"])) == landmarkers_of(stored(engine)[0])


def test_cached_vectors_are_those_that_would_be_computed(storage: Storage) -> None:
    texts, _ = make_texts(12)
    encoder, cache = get_encoder("use"), VectorCache(storage.vectors, max_bytes=10**6)
    known = known_vectors(cache, texts)
    fresh = known("use", texts[3:6])
    assert cache.stored(encoder, len(texts), texts_hash(texts)) is None
    vectors = cache.vectors(encoder, texts, texts_hash(texts))
    assert (known("use", texts[5:2:-1]) == vectors[5:2:-1]).all()
    assert np.allclose(fresh, vectors[3:6], atol=1e-6)
