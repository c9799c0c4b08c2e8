"""Settings come from the environment and from nowhere else."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.errors import SettingsError
from app.settings import PROJECT_ROOT, Settings, child_environment, load_settings


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_data_folder_lies_in_the_project_unless_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORETHOUGHT_DATA", raising=False)
    assert load_settings().data == PROJECT_ROOT / ".data"
    monkeypatch.setenv("FORETHOUGHT_DATA", "somewhere")
    assert load_settings().data == Path.cwd() / "somewhere"
    assert load_settings(data="/else/where", port=None).data == Path("/else/where")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


def test_a_wrong_value_is_named_with_its_setting() -> None:
    with pytest.raises(
        SettingsError, match=r"The setting FORETHOUGHT_PORT is 0: .*greater than or equal to 1"
    ):
        load_settings(port=0)


def test_a_child_builds_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    stated = load_settings(
        data="/some/where",
        port=8123,
        lease_seconds=1.5,
        broker_url="redis://:secret@host/1",
        job_modules=("one", "two"),
        allowed_hosts=("example.org",),
    )
    environment = child_environment(stated, database_url="postgresql://me@host/name")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    built = load_settings()
    assert built.database_url is not None
    assert built.database_url.get_secret_value() == "postgresql://me@host/name"
    changed = {"database_url"}
    assert built.model_dump(exclude=changed) == stated.model_dump(exclude=changed)


def test_secrets_are_not_printed() -> None:
    assert "hush" not in repr(load_settings(broker_url="redis://:hush@host/1"))
