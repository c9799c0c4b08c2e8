"""The texts of a large dataset stay in a Parquet file, and are read where and when they are needed."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self, overload

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
from jaxtyping import Int

from dvn.data.text_facts import blocks
from dvn.errors import DataError

MOST_CHARACTERS_IN_MEMORY: Final = 32_000_000
"""Texts of more characters are read from disk when they need not be in memory."""

TEXT: Final = "text"
_ROWS_AT_ONCE: Final = 20_000
_BUFFER_BYTES: Final = 1_048_576
_SCHEMA: Final = pa.schema({TEXT: pa.large_string()})


class StoredDatasetError(DataError):
    """A stored dataset is damaged, or is none."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"The stored dataset {name} {what}; upload its file again.")


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """What Parquet cannot read becomes a sentence on the dataset; what the system refuses stays as it is."""
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise StoredDatasetError(name, "cannot be read") from error


class _Lazy(Sequence[str]):
    """Texts that compare like a tuple of them."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (_Lazy, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # they are too many to be hashed unasked

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        if isinstance(place, slice):
            return self.take(np.arange(len(self))[place])
        row = range(len(self))[place]
        return self.take(np.array([row]))[0]

    def take(self, rows: Int[np.ndarray, " rows"]) -> tuple[str, ...]:
        """The texts of these rows, in the order asked for."""
        raise NotImplementedError


class TextsOnDisk(_Lazy):
    """The column `text` of a Parquet file, which stays readable when the file is removed.

    Attributes:
        name: What a person knows the file by.
    """

    def __init__(self, path: Path, name: str) -> None:
        """Open the file.

        Raises:
            StoredDatasetError: It is damaged.
        """
        self.name = name
        self._lock = Lock()
        self._held: tuple[int, list[str]] = (-1, [])
        with damage_told(name):
            self._file = open_parquet(path)
            about = self._file.metadata
            sizes = [about.row_group(number).num_rows for number in range(about.num_row_groups)]
        self._ends = np.cumsum(sizes, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __iter__(self) -> Iterator[str]:
        for group in range(len(self._ends)):
            yield from self._read(group)

    def take(self, rows: Int[np.ndarray, " rows"]) -> tuple[str, ...]:
        """The texts of these rows, in the order asked for; each row group among them is read once.

        Raises:
            StoredDatasetError: The file is damaged.
        """
        groups = np.searchsorted(self._ends, rows, side="right")
        found = [""] * len(rows)
        for group in np.unique(groups).tolist():
            texts, first = self._read(group), int(self._ends[group - 1]) if group else 0
            for place in np.flatnonzero(groups == group).tolist():
                found[place] = texts[int(rows[place]) - first]
        return tuple(found)

    def _read(self, group: int) -> list[str]:
        with self._lock:  # A Parquet file is read by one thread at a time.
            if self._held[0] != group:
                with damage_told(self.name):
                    column = self._file.read_row_group(group, columns=[TEXT])[TEXT]
                self._held = (group, column.to_numpy(zero_copy_only=False).tolist())
            return self._held[1]


class SomeTexts(_Lazy):
    """Some rows of texts on disk."""

    def __init__(self, texts: _Lazy, rows: Int[np.ndarray, " rows"]) -> None:
        self._texts, self._rows = texts, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _ROWS_AT_ONCE):
            yield from self._texts.take(self._rows[start : start + _ROWS_AT_ONCE])

    def take(self, rows: Int[np.ndarray, " rows"]) -> tuple[str, ...]:
        """The texts of these rows of the chosen ones."""
        return self._texts.take(self._rows[rows])


def take(texts: Sequence[str], rows: Int[np.ndarray, " rows"]) -> tuple[str, ...]:
    """The texts of these rows, in the order asked for."""
    return texts.take(rows) if isinstance(texts, _Lazy) else tuple(texts[row] for row in rows.tolist())


def some(texts: Sequence[str], rows: Int[np.ndarray, " rows"]) -> Sequence[str]:
    """The texts of these rows, on disk if they all are."""
    return SomeTexts(texts, rows) if isinstance(texts, _Lazy) else take(texts, rows)


def open_parquet(path: Path) -> Any:
    """A Parquet file whose pages are checked as they are read, with little of it in memory."""
    return pq.ParquetFile(
        str(path), buffer_size=_BUFFER_BYTES, pre_buffer=False, page_checksum_verification=True
    )


class TextsWriter:
    """Takes texts one by one; they go to a nameless file once they are too many for memory."""

    def __init__(self, scratch: Path | None) -> None:
        """Begin.

        Args:
            scratch: The folder of the nameless file; None: all stay in memory.
        """
        self._scratch = scratch
        self._texts: list[str] = []
        self._characters = 0
        self._file: Any = None
        self._writer: Any = None
        self._most = MOST_CHARACTERS_IN_MEMORY

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._file is not None:
            # What could not be written is of no use any more.
            with suppress(OSError):
                self._writer.close()
            self._file.close()

    def append(self, text: str) -> None:
        """Take one more text.

        Raises:
            OSError: The disk is full.
        """
        self._texts.append(text)
        self._characters += len(text)
        if self._characters >= self._most and self._scratch is not None:
            self._spill(self._scratch)

    def finished(self) -> Sequence[str]:
        """All texts taken, in their order."""
        if self._file is None:
            return tuple(self._texts)
        self._write()
        self._writer.close()
        self._file.flush()
        # Opened anew, since it has no name, and read without Python between.
        return TextsOnDisk(Path(f"/proc/self/fd/{self._file.fileno()}"), "of this upload")

    def _spill(self, scratch: Path) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  # __exit__ closes it
            self._writer = pq.ParquetWriter(self._file, _SCHEMA, compression="lz4")
            self._most = MOST_CHARACTERS_IN_MEMORY // 8
        self._write()

    def _write(self) -> None:
        for block in blocks(self._texts):
            self._writer.write_table(pa.table([pa.array(block, pa.large_string())], schema=_SCHEMA))
        self._texts, self._characters = [], 0
