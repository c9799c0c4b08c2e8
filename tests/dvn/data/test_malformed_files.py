"""Each malformed file gets one sentence that says what is wrong, where, and what would work."""

from pathlib import Path

import pytest

from dvn.data.choices import ReadChoices
from dvn.data.preview import preview
from dvn.data.read_csv import read_dataset
from dvn.errors import DataError
from tests.dvn.data.crafting import Malformed
from tests.dvn.data.malformed_files import MALFORMED


@pytest.mark.parametrize("file", MALFORMED, ids=lambda file: file.name)
def test_a_malformed_file_gets_one_sentence_with_the_facts(file: Malformed, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(file.make())
    with pytest.raises(DataError) as caught:
        read_dataset(path, choices=ReadChoices(**file.choices), limits=file.limits)
    said = str(caught.value)
    assert file.said in said
    assert said.endswith(".")
    assert "\n" not in said
    assert "secret" not in said


@pytest.mark.parametrize("file", MALFORMED, ids=lambda file: file.name)
def test_a_preview_of_a_malformed_file_says_it_or_shows_rows(file: Malformed, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(file.make())
    said = previewed(path, file)
    assert said
    assert "secret" not in said


def previewed(path: Path, file: Malformed) -> str:
    """The sentence that keeps a file from being shown, or the problem that is shown, or how much is."""
    try:
        shown = preview(path, choices=ReadChoices(**file.choices), limits=file.limits)
    except DataError as error:
        return str(error)
    return shown.problem or f"{len(shown.rows)} rows are shown."


def test_every_name_is_used_once() -> None:
    names = [file.name for file in MALFORMED]
    assert len(set(names)) == len(names) >= 40
