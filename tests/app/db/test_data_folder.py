"""A data folder is made, kept, or refused in one sentence."""

import json
from pathlib import Path

import pytest

from app.db.data_folder import FORMAT, NewerDataFolderError, UnusableDataFolderError, open_data_folder


def test_a_new_folder_is_private_and_carries_its_format(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    open_data_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert json.loads((folder / "version").read_text()) == {"format": FORMAT}
    open_data_folder(folder)
    assert [path.name for path in folder.iterdir()] == ["version"]


def test_a_newer_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "version").write_text('{"format": 99}')
    with pytest.raises(
        NewerDataFolderError, match=r"newer Forethought \(format 99, this one knows up to 1\)"
    ):
        open_data_folder(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "nonsense", '{"format": }'])
def test_a_damaged_version_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "version").write_text(text)
    with pytest.raises(UnusableDataFolderError, match="'version' is damaged"):
        open_data_folder(tmp_path)


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(UnusableDataFolderError, match=r"cannot be used \(File exists\): choose another"):
        open_data_folder(tmp_path / "data")
