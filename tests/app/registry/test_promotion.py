"""What is promoted answers, what is rolled back does not, and what cannot be loaded is done without."""

import logging
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.experiments.tables import CheckpointRow
from app.recommendations.experience import Experience
from app.registry import queries, service
from app.registry.refitting import Places
from app.registry.tables import RefitRow, RefitState
from dvn.value_network import Checkpoint
from dvn.value_network import Experience as KnownExperience
from dvn.value_network.joined import RunKeys, packed
from tests.app.registry.conftest import ship
from tests.dvn.experiences import SPACE


@pytest.fixture
def warm(engine: Engine, places: Places, wise: KnownExperience) -> tuple[Experience, Checkpoint]:
    """The service's value networks, and the checkpoint that ships."""
    shipped = ship(places, wise.of_tasks([0, 1]))
    experience = Experience(places.experience)
    experience.warm(engine)
    return experience, shipped


def put(engine: Engine, places: Places, checkpoint: Checkpoint, keys: RunKeys | None = None) -> Path:
    """Promote a checkpoint, as a refit that learned from these runs would."""
    folder = places.data / "checkpoints" / f"refit-{SPACE}-{checkpoint.id}"
    checkpoint.save(folder)
    with transaction(engine) as session:
        refit_id = service.start_refit(session, SPACE)
        service.promote(session, checkpoint, folder, refit_id=refit_id)
        row = session.get_one(RefitRow, refit_id)
        row.state, row.checkpoint_id = RefitState.promoted, checkpoint.id
        row.run_keys = None if keys is None else service.pack_keys(keys)
    return folder


def asked(engine: Engine, experience: Experience) -> str:
    """The id of the checkpoint that a request would be answered by."""
    with transaction(engine) as session:
        return experience.checkpoint(SPACE, session).id


def test_answers_follow_promotions_and_rollbacks_without_a_restart(
    engine: Engine,
    places: Places,
    warm: tuple[Experience, Checkpoint],
    fitted: tuple[Checkpoint, Checkpoint],
) -> None:
    experience, shipped = warm
    seen = [asked(engine, experience)]
    for checkpoint in fitted:
        put(engine, places, checkpoint)
        seen.append(asked(engine, experience))
    for _ in fitted:
        with transaction(engine) as session:
            service.roll_back(session, SPACE)
        seen.append(asked(engine, experience))
    first, second = fitted
    assert seen == [shipped.id, first.id, second.id, first.id, shipped.id]
    with transaction(engine) as session, pytest.raises(service.NothingPromotedError, match=SPACE):
        service.roll_back(session, SPACE)
    with transaction(engine) as session:
        history = queries.promotions(session, space=SPACE)
        assert [checkpoint.id for _, checkpoint in history] == [second.id, first.id]
        assert all(promotion.withdrawn_at is not None for promotion, _ in history)
        assert all(checkpoint.promoted_at is None for _, checkpoint in history)


def test_a_promotion_that_is_not_committed_changes_no_answer(
    engine: Engine,
    places: Places,
    warm: tuple[Experience, Checkpoint],
    fitted: tuple[Checkpoint, Checkpoint],
) -> None:
    experience, shipped = warm
    folder = places.data / "checkpoints" / "half"
    fitted[0].save(folder)
    with Session(engine) as session:
        service.promote(session, fitted[0], folder)
        assert asked(engine, experience) == shipped.id
    assert asked(engine, experience) == shipped.id


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_a_promoted_checkpoint_that_cannot_be_used_leaves_the_answer_to_the_shipped_one(
    engine: Engine,
    places: Places,
    warm: tuple[Experience, Checkpoint],
    fitted: tuple[Checkpoint, Checkpoint],
    caplog: pytest.LogCaptureFixture,
    damage: str,
) -> None:
    experience, shipped = warm
    folder = put(engine, places, fitted[0])
    if damage == "other":
        fitted[1].save(folder)
    for path in folder.iterdir():
        if damage == "missing":
            path.unlink()
        elif damage == "cut":
            path.write_bytes(path.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        assert [asked(engine, experience) for _ in range(3)] == [shipped.id] * 3
    fell = [record for record in caplog.records if "experience.fell_back" in record.getMessage()]
    assert len(fell) == 1
    assert fitted[0].id in fell[0].getMessage()


def test_with_nothing_shipped_the_promoted_one_answers(
    engine: Engine, places: Places, fitted: tuple[Checkpoint, Checkpoint]
) -> None:
    experience = Experience(places.experience)
    experience.warm(engine)
    assert not experience.is_ready
    put(engine, places, fitted[0])
    assert asked(engine, experience) == fitted[0].id


def test_a_checkpoint_of_another_version_of_the_space_does_not_answer(
    engine: Engine,
    places: Places,
    warm: tuple[Experience, Checkpoint],
    fitted: tuple[Checkpoint, Checkpoint],
) -> None:
    experience, shipped = warm
    put(engine, places, fitted[0])
    with transaction(engine) as session:
        session.get_one(CheckpointRow, fitted[0].id).space_version = "0"
    assert asked(engine, experience) == shipped.id


def test_taken_back_runs_retire_every_value_network_that_learned_from_them(
    engine: Engine,
    places: Places,
    warm: tuple[Experience, Checkpoint],
    fitted: tuple[Checkpoint, Checkpoint],
) -> None:
    experience, shipped = warm
    first = put(engine, places, fitted[0], packed([1, 2, 3]))
    second = put(engine, places, fitted[1], packed([2, 3, 4]))
    content = fitted[1].landmarks.content_hashes[0]
    with transaction(engine) as session:
        waiting: UUID = service.start_refit(session, SPACE)
        assert service.retire(session, packed([4, 9]), content) == 1
    assert asked(engine, experience) == fitted[0].id
    with transaction(engine) as session:
        with pytest.raises(service.RetiredCheckpointError, match="took back"):
            service.promote(session, fitted[1], second)
        row = session.get_one(CheckpointRow, fitted[1].id)
        assert row.folder is None
        assert content not in str(row.manifest)
        assert session.get_one(RefitRow, waiting).state == RefitState.kept
        assert service.sweep_folders(session, places.data, age_seconds=0) == 1
        assert first.exists()
        assert not second.exists()
        assert service.retire(session, packed([1]), content) == 1
        assert service.retire(session, np.empty(0, np.uint64), content) == 0
    assert asked(engine, experience) == shipped.id
