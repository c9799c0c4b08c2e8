"""A dataset is the same whether its texts are in memory or on disk."""

import csv
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvn.data import stored, text_facts, texts_on_disk
from dvn.data.dataset import Dataset
from dvn.data.rare_classes import RareClasses
from dvn.data.read_csv import NotLabelsError, read_dataset
from dvn.data.split import rows_outside_test, split_dataset
from dvn.data.stored import read_parquet, read_texts_at, write_parquet
from dvn.data.texts_on_disk import SomeTexts, StoredDatasetError, TextsOnDisk, TextsWriter, some, take
from dvn.metafeatures import STATIC, describe_task
from tests.dvn.factories import make_texts

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
ROWS = st.lists(st.tuples(TEXT, st.sampled_from(["x", "y", "z"])), min_size=4, max_size=40)


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty characters are too many for memory, and five texts are a block."""
    monkeypatch.setattr(texts_on_disk, "MOST_CHARACTERS_IN_MEMORY", 20)
    monkeypatch.setattr(stored, "MOST_CHARACTERS_IN_MEMORY", 20)
    monkeypatch.setattr(text_facts, "MOST_BLOCK_ROWS", 5)
    monkeypatch.setattr(text_facts, "MOST_BLOCK_CHARACTERS", 40)


def on_disk(texts: list[str], folder: Path) -> TextsOnDisk:
    with TextsWriter(folder) as writer:
        for text in texts:
            writer.append(text)
        found = writer.finished()
    assert isinstance(found, TextsOnDisk)
    return found


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def csv_of(rows: list[tuple[str, str]], path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


@given(st.lists(TEXT, min_size=25, max_size=60), st.data())
@settings(deadline=None)
def test_texts_on_disk_are_a_sequence_like_any_other(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("disk")
    found, known = on_disk(texts, folder), tuple(texts)
    assert list(folder.iterdir()) == []
    assert (len(found), tuple(found), found == known, known == found) == (len(known), known, True, True)
    assert found != (*known[:-1], known[-1] + "!")
    assert found != known[:-1]
    row = data.draw(st.integers(-len(texts), len(texts) - 1))
    part = slice(*sorted(data.draw(st.tuples(st.integers(0, 60), st.integers(0, 60)))))
    assert (found[row], found[part], found[::-2]) == (known[row], known[part], known[::-2])
    rows = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=30)), dtype=np.int64)
    wanted = tuple(texts[row] for row in rows.tolist())
    assert take(found, rows) == take(known, rows) == wanted
    chosen = some(found, rows)
    assert isinstance(chosen, SomeTexts)
    assert (chosen == wanted, tuple(chosen), len(chosen)) == (True, wanted, len(wanted))
    assert some(known, rows) == wanted


@pytest.mark.parametrize("row", [30, -31])
def test_a_row_that_is_not_there_is_an_index_error(tmp_path: Path, row: int) -> None:
    with pytest.raises(IndexError):
        on_disk(["text"] * 30, tmp_path)[row]


@given(rows=ROWS)
@settings(deadline=None, max_examples=60)
def test_a_dataset_is_the_same_in_memory_and_on_disk(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("both")
    rows = [(f"word {text.strip()} {number % 7}", label) for number, (text, label) in enumerate(rows)]
    rows += [("the same text", "x"), ("the same  TEXT", "y")]
    path = csv_of(rows, folder / "rows.csv")
    try:
        known = read_dataset(path)
    except NotLabelsError:
        return
    found = read_dataset(path, scratch=folder)
    assert isinstance(found.texts, TextsOnDisk)
    assert found == known
    assert found.content_hash == known.content_hash
    write_parquet(found, folder / "stored")
    again = read_parquet(folder / "stored", on_disk=True)
    assert isinstance(again.texts, TextsOnDisk)
    assert read_parquet(folder / "stored") == again == known
    assert again.content_hash == known.content_hash
    for seed in (0, 3):
        for rare in RareClasses:
            try:
                wanted = split_dataset(known, seed=seed, rare=rare)
            except texts_on_disk.DataError as error:
                with pytest.raises(type(error)):
                    split_dataset(again, seed=seed, rare=rare)
                continue
            got = split_dataset(again, seed=seed, rare=rare)
            assert (got[0], got[0].content_hash) == (wanted[0], wanted[0].content_hash)
            for part in ("train", "validation", "test", "unused"):
                np.testing.assert_array_equal(getattr(got[1], part), getattr(wanted[1], part))


def test_a_task_is_described_the_same_from_disk(tmp_path: Path) -> None:
    texts, labels = make_texts(300, classes=3)
    known = Dataset(tuple(texts), tuple(labels))
    write_parquet(known, tmp_path / "stored")
    found = read_parquet(tmp_path / "stored", on_disk=True)
    rows = rows_outside_test(found)
    np.testing.assert_array_equal(rows, rows_outside_test(known))
    chosen = [labels[row] for row in rows]
    keys = found.facts.keys[rows]
    one = describe_task(some(found.texts, rows), chosen, groups=(STATIC,), keys=keys)
    two = describe_task([texts[row] for row in rows], chosen, groups=(STATIC,))
    np.testing.assert_array_equal(one.handmade, two.handmade)
    np.testing.assert_array_equal(one.sample.vectors, two.sample.vectors)
    assert one.landmarkers == two.landmarkers


def test_texts_stay_readable_when_their_file_is_removed_and_by_several_threads(tmp_path: Path) -> None:
    texts = tuple(f"text number {number}" for number in range(200))
    write_parquet(Dataset(texts, ("x", "y") * 100), tmp_path / "stored")
    found = read_parquet(tmp_path / "stored", on_disk=True).texts
    (tmp_path / "stored").unlink()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda row: found[row % 200] == texts[row % 200], range(2_000)))


def test_what_the_system_refuses_is_no_damage(tmp_path: Path) -> None:
    for opened in (read_parquet, lambda path: TextsOnDisk(path, "stored")):
        with pytest.raises(FileNotFoundError):
            opened(tmp_path / "gone")


def test_few_texts_stay_in_memory_and_so_do_all_where_no_folder_is_given(tmp_path: Path) -> None:
    for folder, texts in ((tmp_path, ["few"]), (None, ["text"] * 100)):
        with TextsWriter(folder) as writer:
            for text in texts:
                writer.append(text)
            assert writer.finished() == tuple(texts)
    write_parquet(Dataset(("a", "b"), ("x", "y")), tmp_path / "small")
    assert read_parquet(tmp_path / "small", on_disk=True).texts == ("a", "b")


def test_a_damaged_page_is_found_when_it_is_read(tmp_path: Path) -> None:
    texts = tuple(f"some text of number {number}" for number in range(50))
    path = tmp_path / "stored"
    write_parquet(Dataset(texts, ("x", "y") * 25), path)
    found = read_parquet(path, on_disk=True)
    column = pq.read_metadata(path).row_group(3).column(0)
    begin = column.dictionary_page_offset or column.data_page_offset
    whole = path.read_bytes()
    # A letter, which unpacks as well as any other: only the page's sum can tell.
    letter = whole.index(b"number 6", begin)
    assert letter < begin + column.total_compressed_size
    path.write_bytes(whole[:letter] + b"N" + whole[letter + 1 :])
    assert found.texts[2] == texts[2]
    for read in (lambda: found.texts[7], lambda: list(found.texts), lambda: read_texts_at(path, [7])):
        with pytest.raises(StoredDatasetError, match="stored cannot be read; upload its file again"):
            read()
    with pytest.raises(StoredDatasetError):
        read_parquet(path)


def test_a_row_that_a_stored_dataset_lacks_is_refused(tmp_path: Path) -> None:
    write_parquet(Dataset(("a", "b"), ("x", "y")), tmp_path / "stored")
    assert read_texts_at(tmp_path / "stored", [1, 0, 1]) == ("b", "a", "b")
    for row in (2, -1):
        with pytest.raises(StoredDatasetError, match="lacks rows"):
            read_texts_at(tmp_path / "stored", [row])


def test_files_of_before_facts_were_kept_are_read_whole(tmp_path: Path) -> None:
    texts = tuple(f"some text of number {number}" for number in range(50))
    known = Dataset(texts, ("x", "y") * 25)
    write_parquet(known, tmp_path / "new")
    old = pq.read_table(tmp_path / "new").drop_columns(["length", "key", "order"])
    pq.write_table(old, tmp_path / "old")
    found = read_parquet(tmp_path / "old", on_disk=True)
    assert isinstance(found.texts, tuple)
    assert found == known
    np.testing.assert_array_equal(found.facts.orders, known.facts.orders)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = csv_of([(f"a text of number {n}", "xy"[n % 2]) for n in range(60)], tmp_path / "rows.csv")
    monkeypatch.setattr(texts_on_disk.pq.ParquetWriter, "write_table", full)
    before = open_files()
    with pytest.raises(OSError, match="No space left"):
        read_dataset(path, scratch=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["rows.csv"]
    assert open_files() <= before


def test_a_file_that_poses_no_task_leaves_no_open_file(tmp_path: Path) -> None:
    path = csv_of([(f"a text of number {n}", f"label {n}") for n in range(60)], tmp_path / "rows.csv")
    before = open_files()
    with pytest.raises(NotLabelsError):
        read_dataset(path, scratch=tmp_path)
    assert open_files() <= before


def test_the_rows_of_a_dataset_keep_what_is_known_of_them(tmp_path: Path) -> None:
    texts = tuple(f"some text of number {number}" for number in range(30))
    known = Dataset(texts, ("x", "y", "z") * 10, ("train", None, "test") * 10, together=tuple(range(30)))
    rows = np.array([4, 9, 3])
    write_parquet(known, tmp_path / "stored")
    for dataset in (known, read_parquet(tmp_path / "stored", on_disk=True)):
        few = dataset.at(rows)
        assert few.texts == tuple(texts[row] for row in rows)
        assert (few.labels, few.parts, few.together) == (("y", "x", "x"), (None, "train", "train"), (4, 9, 3))
        np.testing.assert_array_equal(few.facts.keys, replace(few, notes=()).facts.keys)
        other = dataset.relabelled(("q", "r") * 15)
        assert (other.texts, other.classes) == (texts, ("q", "r"))
        assert other.content_hash != dataset.content_hash
    assert pa.types.is_uint64(pq.read_schema(tmp_path / "stored").field("key").type)
