"""A stored dataset comes back exactly, or is refused."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvn.data.dataset import Dataset, LeftOut
from dvn.data.stored import read_parquet, write_parquet
from dvn.data.texts_on_disk import StoredDatasetError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROWS = st.lists(st.tuples(TEXT, TEXT, st.sampled_from(["train", "test", None])), min_size=1, max_size=20)


@given(rows=ROWS, with_parts=st.booleans(), name=TEXT)
@settings(max_examples=60, deadline=None)
def test_a_dataset_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str | None]],
    with_parts: bool,
    name: str,
) -> None:
    texts, labels, parts = zip(*rows, strict=True)
    left_out = LeftOut(1, 2, (5, 6, 9))
    dataset = Dataset(texts, labels, parts if with_parts else None, name, "label", left_out, (("x", 3),))
    path = tmp_path_factory.mktemp("stored") / "dataset.parquet"
    write_parquet(dataset, path)
    assert read_parquet(path) == dataset
    assert [file.name for file in path.parent.iterdir()] == ["dataset.parquet"]


def test_a_new_version_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "dataset.parquet"
    for text in ("old", "new"):
        write_parquet(Dataset((text, "b"), ("x", "y")), path)
    assert read_parquet(path).texts == ("new", "b")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "dataset.parquet"
    write_parquet(Dataset(("a", "b"), ("x", "y")), path)
    with pytest.raises(UnicodeEncodeError):
        write_parquet(Dataset(("\ud800", "b"), ("x", "y")), path)
    assert read_parquet(path).texts == ("a", "b")
    assert [file.name for file in tmp_path.iterdir()] == ["dataset.parquet"]


@pytest.mark.parametrize("damage", [b"", b"PAR1 nonsense PAR1", b"text,label\n"])
def test_a_file_that_is_no_stored_dataset_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "dataset.parquet"
    path.write_bytes(damage)
    with pytest.raises(StoredDatasetError, match=r"dataset\.parquet cannot be read; upload its file again"):
        read_parquet(path)


def test_a_file_whose_content_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dataset.parquet"
    with monkeypatch.context() as patch:
        patch.setattr(Dataset, "content_hash", "0" * 64)
        write_parquet(Dataset(("a", "b"), ("x", "y")), path)
    with pytest.raises(StoredDatasetError, match="does not hold what was written"):
        read_parquet(path)


def test_rows_that_are_tied_together_are_stored_and_hashed(tmp_path: Path) -> None:
    plain = Dataset(("a", "b", "c"), ("x", "y", "x"))
    tied = Dataset(("a", "b", "c"), ("x", "y", "x"), together=(0, 1, 0))
    assert tied.content_hash != plain.content_hash
    write_parquet(tied, tmp_path / "tied")
    assert read_parquet(tmp_path / "tied") == tied
