"""What nobody comes back for is removed; what another web process is at work on is not."""

import os
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from app.db.session import transaction
from app.main import SWEEP_LOCK, SWEEP_SECONDS, _sweep_once, create_app
from app.settings import Settings
from app.storage import PART, Storage


def started_with_a_draft(settings: Settings, processes: int) -> bool:
    """Whether a half-received file is there after a web process has started and swept."""
    storage = Storage(settings.data)
    draft = storage.uploads / f"half{PART}"
    old = storage.classifiers / f"old{PART}"
    draft.write_bytes(b"half")
    old.write_bytes(b"of a killed worker")
    long_ago = time.time() - 2 * SWEEP_SECONDS
    for path, when in ((draft, time.time() - 1), (old, long_ago)):
        _touch(path, when)
    with TestClient(create_app(settings.model_copy(update={"web_processes": processes}))):
        end = time.monotonic() + 30
        while old.exists() and time.monotonic() < end:
            time.sleep(0.05)
    assert not old.exists(), "it has not swept"
    return draft.exists()


@pytest.mark.parametrize(("processes", "is_left"), [(1, False), (2, True)])
def test_a_web_process_that_is_not_alone_leaves_what_others_receive(
    web_settings: Settings, processes: int, is_left: bool
) -> None:
    assert started_with_a_draft(web_settings, processes) is is_left


def test_one_web_process_sweeps_at_a_time(client: TestClient, web_settings: Settings) -> None:
    app = client.app
    engine: Engine = app.state.engine  # type: ignore[attr-defined]
    storage = Storage(web_settings.data)
    stray, fresh = storage.classifiers / f"stray{PART}", storage.uploads / f"fresh{PART}"
    began = time.time()
    with transaction(engine) as session:
        session.execute(select(func.pg_advisory_xact_lock(SWEEP_LOCK)))
        for draft in (stray, fresh):
            draft.write_bytes(b"x")
        _touch(stray, time.time() - 2 * SWEEP_SECONDS)
        _sweep_once(app, began)  # type: ignore[arg-type]
        assert stray.exists(), "another one is at it"
    _sweep_once(app, began)  # type: ignore[arg-type]
    assert not stray.exists()
    assert fresh.exists(), "it came after the start"
    fresh.unlink()


def _touch(path: Path, when: float) -> None:
    os.utime(path, (when, when))
