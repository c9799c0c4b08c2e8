"""refit, promote, rollback and promotions from the command line."""

import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from app.cli import main
from app.cli import registry as commands
from app.db.session import transaction
from app.registry import queries
from app.registry.refitting import Places
from app.registry.tables import RefitState
from dvn.evaluation.comparison import Verdict
from dvn.value_network import Checkpoint, FitOptions
from tests.app.registry.conftest import record, ship
from tests.dvn.experiences import SPACE, two_kinds


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "data", tmp_path / "experience")


@pytest.fixture
def shipped(places: Places) -> Checkpoint:
    return ship(places, two_kinds(2, runs=12, shared=6))


@pytest.fixture
def environment(places: Places, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The commands' places, and a recipe that takes no time."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # The command sets its own.
    monkeypatch.setattr(commands, "FitOptions", partial(FitOptions, members=1, iterations=1))
    return {
        "FORETHOUGHT_DATA": str(places.data),
        "FORETHOUGHT_EXPERIENCE": str(places.experience),
        "FORETHOUGHT_DATABASE_URL": database_url,
    }


def ran(environment: Mapping[str, str], *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env=environment)


def document(environment: Mapping[str, str], *words: str) -> Any:
    result = ran(environment, *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_from_new_runs_to_a_promotion_and_back(
    environment: Mapping[str, str], engine: Engine, shipped: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert document(environment, "refit")["state"] == "nothing_new"
    with transaction(engine) as session:
        record(session, two_kinds(4, runs=12, shared=6), 2, 3)
    found = Verdict(4, 4, 0.02, 0.01, 0.5, 0.625, 3, 1)
    monkeypatch.setattr("app.registry.refitting.verdict", lambda _: found)
    refitted = ran(environment, "refit")
    assert refitted.exit_code == 0, refitted.stderr
    for words in ("promoted: Better on 4 families", "0.625", "3 better, 1 worse", "shipped"):
        assert words in refitted.stdout
    assert "Comparing on families left out, 1 of 4" in refitted.stderr
    (line,) = document(environment, "promotions")["promotions"]
    assert (line["by"], line["withdrawn"]) == ("refit", "-")
    listed = document(environment, "checkpoints")["checkpoints"]
    assert {each["id"] for each in listed} == {shipped.id, line["checkpoint"]}
    back = document(environment, "rollback")
    assert back == {"space": SPACE, "withdrawn": line["checkpoint"], "answering": "the shipped checkpoint"}
    again = ran(environment, "promote", line["checkpoint"])
    assert again.stdout == f"The checkpoint {line['checkpoint']} answers for {SPACE} from now on.\n"
    assert len(document(environment, "promotions")["promotions"]) == 2


@pytest.mark.usefixtures("shipped")
def test_what_is_not_there_cannot_be_promoted_or_rolled_back(environment: Mapping[str, str]) -> None:
    missing = ran(environment, "promote", "0123456789ab")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "There is no checkpoint 0123456789ab here" in missing.stderr
    back = ran(environment, "rollback")
    assert (back.exit_code, back.stdout) == (1, "")
    assert "the checkpoint that ships answers already" in back.stderr


@pytest.mark.usefixtures("shipped")
def test_a_refit_that_is_stopped_is_noted_and_changes_nothing(
    environment: Mapping[str, str], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "refit", stop)
    stopped = ran(environment, "refit")
    assert (stopped.exit_code, stopped.stdout) == (1, "")
    assert "Stopped." in stopped.stderr
    with transaction(engine) as session:
        (row,) = queries.refits(session)
        assert (row.state, row.checkpoint_id) == (RefitState.cancelled, None)
        assert queries.promotions(session) == []
