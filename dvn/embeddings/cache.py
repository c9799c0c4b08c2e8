"""Texts become vectors once: the next time they are read from disk, by content hash and module version.

Decision: vectors are stored as float32. Why: a run must be repeatable to the bit, with the
cache or without. 10,000 x 512 numbers are written in 0.02 s either way. Rejected: float16, half
the space, but off by 6e-5, so that a second run would differ from the first; compression, which
takes 0.8 s to write for 7 % of the space.

An entry is written to a temporary file of its own and renamed, so that two processes may write
the same one: the last wins, and both wrote the same numbers. An entry carries its own checksum; one
that is cut or changed is computed again. The time of last use is the file's modification time.
"""

import contextlib
import hashlib
import os
import re
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, final

import numpy as np
from jaxtyping import Float
from scipy import sparse

from dvn.embeddings.encoders import SentenceEncoder
from dvn.embeddings.tables import TokenTable

# A writer that was killed leaves its temporary file; nobody writes one entry for that long.
_ABANDONED_SECONDS = 3600.0
_ABANDONED_SUFFIX = ".part"
_ENTRY_SUFFIX = ".vectors"
_CHECKSUM = struct.Struct("<8sQ")
_MAGIC = b"dvn-vec1"
_MARK_CHARACTERS = 16

# Texts embedded between two calls of `watch`: a second of the slowest module, and its batch.
_ENCODER_BATCH = 32
_TABLE_BATCH = 2048

Watch = Callable[[int], None]


@final
class VectorCache:
    """A folder of vectors with a size limit; the entry not used for the longest time goes first.

    A folder that cannot be written, or a full disk, costs time and nothing else.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def vectors(
        self,
        module: TokenTable | SentenceEncoder,
        texts: Sequence[str],
        content_hash: str,
        *,
        watch: Watch | None = None,
    ) -> Float[np.ndarray, "texts dim"]:
        """The module's vectors of the texts, read from disk or computed and stored.

        Args:
            module: What embeds.
            texts: What is embedded.
            content_hash: Names the texts: equal only for equal texts in the same order.
            watch: Called with the number of texts embedded so far, about each second; it may
                raise to stop, and nothing is stored then.
        """
        if (stored := self.stored(module, len(texts), content_hash)) is not None:
            return stored
        vectors = _embed(module, texts, watch)
        self._write(self._path("vectors", module, len(texts), content_hash), [vectors])
        return vectors

    def stored(
        self, module: TokenTable | SentenceEncoder, texts: int, content_hash: str
    ) -> Float[np.ndarray, "texts dim"] | None:
        """The module's vectors of so many texts of this name, if they are on disk; nothing is computed."""
        stored = _read(self._path("vectors", module, texts, content_hash), arrays=1)
        return stored[0] if stored is not None and stored[0].shape == (texts, module.dim) else None

    def counts(self, table: TokenTable, texts: Sequence[str], content_hash: str) -> sparse.csr_matrix:
        """The table's weighted token counts of the texts, read from disk or computed and stored."""
        path = self._path("counts", table, len(texts), content_hash)
        stored = _read(path, arrays=3)
        if stored is not None:
            data, indices, ends = stored
            return sparse.csr_matrix((data, indices, ends), shape=(len(texts), table.vocabulary_size))
        counts = table.count(texts)
        self._write(path, [counts.data, counts.indices, counts.indptr])
        return counts

    def _path(self, kind: str, module: TokenTable | SentenceEncoder, rows: int, content_hash: str) -> Path:
        key = "\n".join([kind, module.name, module.version, str(rows), content_hash])
        digest = hashlib.sha256(key.encode()).hexdigest()[:32]
        return self._folder / f"{_mark(content_hash)}-{module.name}-{kind}-{digest}{_ENTRY_SUFFIX}"

    def forget(self, content_hash: str) -> int:
        """Remove everything stored about these texts, by any module of any version; how many entries.

        Entries whose names do not tell whose they are, as older versions wrote them, go too: what is still
        needed of them is computed again.
        """
        named = re.compile(rf"[0-9a-f]{{{_MARK_CHARACTERS}}}-.+")
        doomed = [
            path
            for path in (self._folder.iterdir() if self._folder.is_dir() else ())
            if path.name.startswith(f"{_mark(content_hash)}-") or not named.fullmatch(path.name)
        ]
        for path in doomed:
            path.unlink(missing_ok=True)
        return len(doomed)

    def _write(self, path: Path, arrays: list[np.ndarray]) -> None:
        if sum(array.nbytes for array in arrays) > self._max_bytes:
            return
        # Whoever asked has the vectors already: a disk that is full or read-only must not fail them.
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_whole(path, arrays)
            self._evict()

    def _evict(self) -> None:
        now = time.time()
        entries = []
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # Another process may evict, too.
                status = path.stat()
                if path.suffix == _ENTRY_SUFFIX:
                    entries.append((status.st_mtime_ns, status.st_size, path))
                elif path.suffix == _ABANDONED_SUFFIX and now - status.st_mtime > _ABANDONED_SECONDS:
                    path.unlink()
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size


def _mark(content_hash: str) -> str:
    """How the names of all entries about some texts begin."""
    return hashlib.sha256(content_hash.encode()).hexdigest()[:_MARK_CHARACTERS]


def _embed(
    module: TokenTable | SentenceEncoder, texts: Sequence[str], watch: Watch | None
) -> Float[np.ndarray, "texts dim"]:
    is_encoder = isinstance(module, SentenceEncoder)
    batch = _ENCODER_BATCH if is_encoder else _TABLE_BATCH
    # Texts of one length together keep the padding of an encoder's batch short.
    order = sorted(range(len(texts)), key=lambda row: len(texts[row])) if is_encoder else range(len(texts))
    vectors = np.empty((len(texts), module.dim), dtype=np.float32)
    for start in range(0, len(texts), batch):
        rows = np.asarray(order[start : start + batch])
        vectors[rows] = module.encode([texts[row] for row in rows])
        if watch is not None:
            watch(start + len(rows))
    return vectors


def _write_whole(path: Path, arrays: list[np.ndarray]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=_ABANDONED_SUFFIX)
    try:
        with os.fdopen(handle, "w+b") as stream:
            stream.write(bytes(_CHECKSUM.size))
            for array in arrays:
                np.save(stream, array, allow_pickle=False)
            stream.seek(0)
            checksum = _checksum(stream)
            stream.seek(0)
            stream.write(_CHECKSUM.pack(_MAGIC, checksum))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path, *, arrays: int) -> list[np.ndarray] | None:
    """The arrays of an entry, or None if there is no entry or it is damaged."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_CHECKSUM.size)
            stream.seek(0)
            if head != _CHECKSUM.pack(_MAGIC, _checksum(stream)):
                return None
            stream.seek(_CHECKSUM.size)
            found = [np.load(stream, allow_pickle=False) for _ in range(arrays)]
        os.utime(path)
    except (OSError, ValueError, EOFError):
        return None
    return found


def _checksum(stream: BinaryIO) -> int:
    stream.seek(_CHECKSUM.size)
    checksum = 0
    while block := stream.read(1 << 20):
        checksum = zlib.crc32(block, checksum)
    return checksum
