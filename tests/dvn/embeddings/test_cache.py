"""The cache of vectors loses nothing, doubles nothing and stays within its limit."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dvn.embeddings import MODULES, SentenceEncoder, TokenTable, VectorCache, cache, get_table
from dvn.embeddings.catalogue import ModuleFacts

TEXTS = tuple(f"text number {number}" for number in range(100))
ROOM = 10**9
FACTS = ModuleFacts(
    name="lengths",
    kind="encoder",
    version="v1",
    dim=4,
    vocabulary_size=0,
    bytes=0,
    licence="Ours.",
    package="none",
)


class Lengths:
    """Stands in for an encoder: counts its calls and answers at once."""

    def __init__(self) -> None:
        self.texts = 0

    def encode(self, texts: list[str]) -> np.ndarray:
        self.texts += len(texts)
        return np.array([[len(text), hash(text) % 97, 0.1, 1] for text in texts], dtype=np.float32)


@pytest.fixture
def lengths() -> Lengths:
    return Lengths()


@pytest.fixture
def encoder(lengths: Lengths) -> SentenceEncoder:
    return SentenceEncoder(FACTS, lambda: lengths)


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_the_second_time_nothing_is_computed(
    tmp_path: Path, encoder: SentenceEncoder, lengths: Lengths
) -> None:
    first = VectorCache(tmp_path, max_bytes=ROOM).vectors(encoder, TEXTS, "hash")
    second = VectorCache(tmp_path, max_bytes=ROOM).vectors(encoder, TEXTS, "hash")
    assert lengths.texts == len(TEXTS)
    assert np.array_equal(first, encoder.encode(TEXTS))
    assert np.array_equal(first, second)
    assert second.dtype == np.float32


@pytest.mark.parametrize("change", ["content", "module", "version", "rows"])
def test_another_content_module_version_or_number_of_rows_is_another_entry(
    tmp_path: Path, encoder: SentenceEncoder, lengths: Lengths, change: str
) -> None:
    store = VectorCache(tmp_path, max_bytes=ROOM)
    store.vectors(encoder, TEXTS, "hash")
    if change == "module":
        encoder.name = "others"
    if change == "version":
        encoder.version = "v2"
    texts = TEXTS[:50] if change == "rows" else TEXTS
    store.vectors(encoder, texts, "another" if change == "content" else "hash")
    assert lengths.texts == len(TEXTS) + len(texts)
    assert len(entries(tmp_path)) == 2


def test_texts_of_all_lengths_keep_their_order(tmp_path: Path, encoder: SentenceEncoder) -> None:
    texts = ["x" * (number * 7919 % 61) for number in range(200)]
    vectors = VectorCache(tmp_path, max_bytes=ROOM).vectors(encoder, texts, "hash")
    assert vectors[:, 0].tolist() == [len(text) for text in texts]


def test_no_text_is_an_entry_too(tmp_path: Path, encoder: SentenceEncoder) -> None:
    store = VectorCache(tmp_path, max_bytes=ROOM)
    assert store.vectors(encoder, [], "hash").shape == (0, 4)
    assert store.vectors(encoder, [], "hash").shape == (0, 4)


def test_a_watcher_sees_each_batch_and_may_stop_the_work(
    tmp_path: Path, encoder: SentenceEncoder, lengths: Lengths
) -> None:
    seen: list[int] = []

    def stop_at_64(done: int) -> None:
        seen.append(done)
        if done >= 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        VectorCache(tmp_path, max_bytes=ROOM).vectors(encoder, TEXTS, "hash", watch=stop_at_64)
    assert seen == [32, 64]
    assert lengths.texts == 64
    assert entries(tmp_path) == []


def damage_cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def damage_one_bit(content: bytes) -> bytes:
    return content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]


def damage_header(content: bytes) -> bytes:
    return b"x" + content[1:]


def damage_all(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [damage_cut, damage_one_bit, damage_header, damage_all])
def test_a_damaged_entry_is_computed_again_and_replaced(
    tmp_path: Path, encoder: SentenceEncoder, lengths: Lengths, damage: object
) -> None:
    store = VectorCache(tmp_path, max_bytes=ROOM)
    right = store.vectors(encoder, TEXTS, "hash")
    [entry] = entries(tmp_path)
    entry.write_bytes(damage(entry.read_bytes()))  # type: ignore[operator]  # one of the four above
    assert np.array_equal(store.vectors(encoder, TEXTS, "hash"), right)
    assert np.array_equal(store.vectors(encoder, TEXTS, "hash"), right)
    assert lengths.texts == 2 * len(TEXTS)


def test_the_entry_unused_for_the_longest_goes_first(
    tmp_path: Path, encoder: SentenceEncoder, lengths: Lengths
) -> None:
    unlimited = VectorCache(tmp_path, max_bytes=ROOM)
    for number, content in enumerate(["first", "second", "third"]):
        unlimited.vectors(encoder, TEXTS, content)
        for entry in entries(tmp_path):
            if entry.stat().st_mtime > 10_000:
                os.utime(entry, (number, number))
    size = entries(tmp_path)[0].stat().st_size
    unlimited.vectors(encoder, TEXTS, "first")  # used again, so that the second is the oldest
    VectorCache(tmp_path, max_bytes=3 * size).vectors(encoder, TEXTS, "fourth")
    before = lengths.texts
    for content in ("first", "third", "fourth"):
        unlimited.vectors(encoder, TEXTS, content)
    assert lengths.texts == before
    unlimited.vectors(encoder, TEXTS, "second")
    assert lengths.texts == before + len(TEXTS)


def test_the_folder_never_holds_more_than_its_limit(tmp_path: Path, encoder: SentenceEncoder) -> None:
    store = VectorCache(tmp_path, max_bytes=5_000)
    for number in range(10):
        store.vectors(encoder, TEXTS, str(number))
        assert sum(entry.stat().st_size for entry in entries(tmp_path)) <= 5_000
    assert entries(tmp_path)


def test_what_alone_exceeds_the_limit_is_not_stored_and_evicts_nothing(
    tmp_path: Path, encoder: SentenceEncoder
) -> None:
    store = VectorCache(tmp_path, max_bytes=5_000)
    store.vectors(encoder, TEXTS, "small")
    kept = entries(tmp_path)
    assert store.vectors(encoder, TEXTS * 10, "large").shape == (1000, 4)
    assert entries(tmp_path) == kept


def test_a_full_disk_leaves_no_half_file_and_fails_nobody(
    tmp_path: Path, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(stream: object, array: np.ndarray, *, allow_pickle: bool) -> None:
        stream.write(b"half")  # type: ignore[attr-defined]  # any open file
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache.np, "save", full)
    vectors = VectorCache(tmp_path, max_bytes=ROOM).vectors(encoder, TEXTS, "hash")
    assert np.array_equal(vectors, encoder.encode(TEXTS))
    assert entries(tmp_path) == []


def test_a_folder_that_cannot_be_made_fails_nobody(tmp_path: Path, encoder: SentenceEncoder) -> None:
    (tmp_path / "file").write_text("in the way")
    store = VectorCache(tmp_path / "file" / "vectors", max_bytes=ROOM)
    assert store.vectors(encoder, TEXTS, "hash").shape == (100, 4)


def test_what_a_killed_writer_left_is_removed_after_an_hour_and_not_before(
    tmp_path: Path, encoder: SentenceEncoder
) -> None:
    old, young = tmp_path / "old.part", tmp_path / "young.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (time.time() - 4000, time.time() - 4000))
    VectorCache(tmp_path, max_bytes=ROOM).vectors(encoder, TEXTS, "hash")
    assert not old.exists()
    assert young.exists()


def test_counts_come_back_as_they_were(tmp_path: Path) -> None:
    table = get_table("glove")
    store = VectorCache(tmp_path, max_bytes=ROOM)
    first = store.counts(table, TEXTS, "hash")
    [entry] = entries(tmp_path)
    written = entry.stat().st_ino
    second = store.counts(table, TEXTS, "hash")
    assert (first != second).nnz == 0
    assert (first != table.count(TEXTS)).nnz == 0
    assert second.shape == (len(TEXTS), table.vocabulary_size)
    assert second.dtype == np.float32
    assert entry.stat().st_ino == written


def test_counts_and_vectors_of_one_table_are_two_entries(tmp_path: Path) -> None:
    table: TokenTable = get_table("glove")
    store = VectorCache(tmp_path, max_bytes=ROOM)
    store.counts(table, TEXTS, "hash")
    assert np.array_equal(store.vectors(table, TEXTS, "hash"), table.encode(TEXTS))
    assert len(entries(tmp_path)) == 2
    assert MODULES["glove"].dim == 50


WRITER = """
import sys
from pathlib import Path
import numpy as np
from dvn.embeddings import SentenceEncoder, VectorCache
from dvn.embeddings.catalogue import ModuleFacts

class Lengths:
    def encode(self, texts):
        return np.array([[len(text)] * 256 for text in texts], dtype=np.float32)

facts = ModuleFacts("lengths", "encoder", "v1", 256, 0, 0, "Ours.", "none")
encoder = SentenceEncoder(facts, Lengths)
for turn in range(60):
    texts = ["x" * (row % 50) for row in range(300)]
    # Room for one entry and a half: each write evicts what the other process may be reading.
    vectors = VectorCache(Path(sys.argv[1]), max_bytes=460_000).vectors(encoder, texts, str(turn % 3))
    assert vectors.shape == (300, 256)
    assert (vectors == np.array([[len(text)] for text in texts])).all()
print("right")
"""


def run_writers(folder: Path, number: int) -> Sequence[tuple[str, str]]:
    command = [sys.executable, "-c", WRITER, str(folder)]
    root = Path(__file__).parents[3]
    writers = [
        subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(number)
    ]
    return [writer.communicate(timeout=60) for writer in writers]


def test_two_processes_at_once_read_and_write_whole_entries(tmp_path: Path) -> None:
    assert run_writers(tmp_path, 2) == [("right\n", "")] * 2
    assert [path for path in entries(tmp_path) if path.suffix == ".part"] == []


def test_what_is_stored_of_some_texts_can_be_forgotten(
    tmp_path: Path, encoder: SentenceEncoder, lengths: Lengths
) -> None:
    store = VectorCache(tmp_path, max_bytes=ROOM)
    for name in ("gone", "kept"):
        store.vectors(encoder, TEXTS, name)
    (tmp_path / "module-vectors-0123.vectors").write_bytes(b"of an older version")
    assert store.forget("gone") == 2
    assert store.stored(encoder, len(TEXTS), "gone") is None
    assert store.stored(encoder, len(TEXTS), "kept") is not None
    assert len(entries(tmp_path)) == 1
    assert VectorCache(tmp_path / "never made", max_bytes=ROOM).forget("gone") == 0
