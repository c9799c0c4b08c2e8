"""The history of value networks: shipped, fitted here, promoted, and gone."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.experience.value_networks import UnknownCheckpointError, seen_checkpoint, seen_checkpoints
from app.experiments.checkpoints import fitted_folder
from app.experiments.tables import CheckpointRow
from app.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, small_experience: Path) -> Settings:
    """A shipped checkpoint, and the same under another id as if it were fitted here."""
    settings = load_settings(data=tmp_path / "data", experience=small_experience)
    folder = fitted_folder(settings, "mine")
    shutil.copytree(small_experience / "wide_deep" / "checkpoint", folder)
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"id": "mine"}), encoding="utf-8")
    return settings


def row(manifest: object, checkpoint_id: str, promoted_at: datetime | None = None) -> CheckpointRow:
    return CheckpointRow(
        id=checkpoint_id,
        space="wide_deep",
        space_version="1",
        snapshot_hash="0" * 64,
        manifest=manifest,
        scores={"regret": 0.01},
        promoted_at=promoted_at,
    )


def test_the_shipped_one_answers_until_another_is_promoted(session: Session, settings: Settings) -> None:
    shipped, mine = seen_checkpoints(session, settings)
    assert (shipped.is_shipped, shipped.is_in_use, shipped.fitted_at) == (True, True, None)
    assert (mine.id, mine.is_shipped, mine.is_in_use) == ("mine", False, False)
    assert mine.fitted_at is not None
    session.add(row(mine.manifest, "mine", datetime(2026, 3, 1, tzinfo=UTC)))
    session.flush()
    shipped, mine = seen_checkpoints(session, settings)
    assert (shipped.is_in_use, mine.is_in_use) == (False, True)
    assert mine.scores == {"regret": 0.01}


def test_a_row_whose_folder_is_gone_stays_in_the_history(session: Session, settings: Settings) -> None:
    manifest = dict(seen_checkpoint(session, settings, "mine").manifest) | {"id": "gone"}
    session.add(row(manifest, "gone"))
    session.add(row({}, "of another version"))
    session.flush()
    assert {one.id for one in seen_checkpoints(session, settings)} >= {"gone", "mine"}
    assert "of another version" not in {one.id for one in seen_checkpoints(session, settings)}


def test_folders_with_something_else_are_passed_over(session: Session, settings: Settings) -> None:
    for name, content in (("broken", "{"), ("other", "[]"), ("half", '{"id": "half"}')):
        folder = fitted_folder(settings, name)
        folder.mkdir()
        (folder / "manifest.json").write_text(content, encoding="utf-8")
    assert len(seen_checkpoints(session, settings)) == 2
    with pytest.raises(UnknownCheckpointError, match="'half'"):
        seen_checkpoint(session, settings, "half")
