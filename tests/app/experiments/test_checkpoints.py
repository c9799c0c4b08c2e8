"""Checkpoints on disk: the shipped one, those fitted here, and those that may not know a family."""

from functools import partial
from pathlib import Path

import pytest

from app.errors import BadInputError
from app.experiments import checkpoints
from app.experiments.checkpoints import (
    UnknownFamilyError,
    checkpoint_without,
    fit_into,
    fitted_folder,
    found_checkpoints,
    shipped_folder,
    shipped_snapshot,
)
from app.settings import Settings, load_settings
from dvn.errors import CheckpointError
from dvn.value_network import Checkpoint, Experience, FitOptions
from tests.dvn.experiences import QUICK, SPACE, two_kinds, write_experience

TINY = FitOptions(members=1, iterations=2, runs_in_batch=4, samples_in_batch=8)


@pytest.fixture(scope="module")
def experience() -> Experience:
    return two_kinds(3, runs=6, shared=3)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Without a database: none of this needs one."""
    return load_settings(data=tmp_path / "data", experience=tmp_path / "experience")


@pytest.fixture
def shipped(settings: Settings, experience: Experience, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A shipped snapshot, and a recipe that takes no time."""
    write_experience(shipped_snapshot(settings, SPACE), experience)
    monkeypatch.setattr(checkpoints, "FitOptions", partial(FitOptions, members=1, iterations=2))
    return settings


def test_a_checkpoint_without_a_family_does_not_know_it(shipped: Settings) -> None:
    found = checkpoint_without(shipped, "family 1", SPACE)
    assert found.landmarks.families == ("family 0", "family 2")


def test_the_second_time_it_is_read_from_disk(shipped: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    first = checkpoint_without(shipped, "family 1", SPACE, watch=told.append)
    assert told[-1] == "fitting to all tasks"
    monkeypatch.setattr(checkpoints, "make_checkpoint", None)
    assert checkpoint_without(shipped, "family 1", SPACE).id == first.id


def test_each_family_has_a_checkpoint_of_its_own(shipped: Settings) -> None:
    first, second = (checkpoint_without(shipped, family, SPACE) for family in ("family 0", "family 1"))
    assert first.id != second.id
    assert len(list(found_checkpoints(shipped, [SPACE]))) == 2


def test_another_recipe_is_fitted_anew(shipped: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = checkpoint_without(shipped, "family 1", SPACE)
    monkeypatch.setattr(checkpoints, "FitOptions", partial(FitOptions, members=1, iterations=3))
    assert checkpoint_without(shipped, "family 1", SPACE).id != first.id


def test_a_damaged_checkpoint_is_fitted_anew(shipped: Settings) -> None:
    first = checkpoint_without(shipped, "family 1", SPACE)
    (found,) = found_checkpoints(shipped, [SPACE])
    (found.folder / "weights.safetensors").write_bytes(b"damaged")
    assert checkpoint_without(shipped, "family 1", SPACE).id == first.id
    assert Checkpoint.load(found.folder).id == first.id


def test_an_unknown_family_is_refused_with_those_known(shipped: Settings) -> None:
    with pytest.raises(
        UnknownFamilyError, match="No known task is of the family 'trees'; the families are family 0, "
    ):
        checkpoint_without(shipped, "trees", SPACE)
    assert issubclass(UnknownFamilyError, BadInputError)


def test_without_a_snapshot_there_is_a_sentence(settings: Settings) -> None:
    with pytest.raises(CheckpointError, match=r"tasks.parquet is missing or damaged; `forethought export`"):
        checkpoint_without(settings, "family 1", SPACE)


def test_a_fit_that_fails_leaves_nothing_behind(settings: Settings, experience: Experience) -> None:
    def stop(words: str) -> None:
        raise InterruptedError(words)

    folder = fitted_folder(settings, "stopped")
    with pytest.raises(InterruptedError):
        fit_into(folder, experience, options=QUICK, watch=stop)
    assert not folder.exists()
    assert list(found_checkpoints(settings, [SPACE])) == []


def test_the_shipped_checkpoint_comes_first_and_folders_without_one_are_passed_over(
    settings: Settings, experience: Experience
) -> None:
    assert list(found_checkpoints(settings, [SPACE])) == []
    shipped = fit_into(shipped_folder(settings, SPACE), experience, options=TINY)
    fitted = fit_into(fitted_folder(settings, "mine"), experience.of_tasks([0, 1]), options=TINY)
    fitted_folder(settings, "empty").mkdir()
    found = list(found_checkpoints(settings, [SPACE]))
    assert [(one.checkpoint.id, one.is_shipped, one.folder.name) for one in found] == [
        (shipped.id, True, "checkpoint"),
        (fitted.id, False, "mine"),
    ]
