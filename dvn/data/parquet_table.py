"""A Parquet file becomes an open table; what its footer states is checked before anything is unpacked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from dvn.data.archives import refuse_bomb
from dvn.data.cells import cell_text
from dvn.data.choices import Limits, ReadChoices
from dvn.data.file_kinds import Kind
from dvn.data.header import HeaderGuess, TooManyColumnsError, name_columns
from dvn.data.row_errors import TooManyRowsError
from dvn.data.sources import Source
from dvn.data.table import Reading, Table, guarded, sample_of
from dvn.data.wording import named
from dvn.errors import DataError

_BATCH_ROWS: Final = 1_024
_BATCH_BYTES: Final = 64_000_000
_BUFFER_BYTES: Final = 1_048_576
_DAMAGED: Final = (pa.ArrowException, OSError, ValueError, OverflowError)


class DamagedParquetError(DataError):
    """A Parquet file cannot be read."""

    def __init__(self, row: int | None) -> None:
        where = "at its end, where its columns are described" if row is None else f"after row {row:,}"
        super().__init__(f"The Parquet file is damaged or cut off {where}; write or upload it again.")


class NotTextError(DataError):
    """A column of bytes holds no text."""

    def __init__(self, column: str, row: int) -> None:
        super().__init__(
            f"The column {named(column)} holds bytes that are no UTF-8 text, first at about row {row:,}; "
            f"choose another column, or write it as text."
        )


@dataclass(frozen=True, slots=True)
class ParquetReader:
    """Reads the rows of a Parquet file.

    Attributes:
        source: Where the file is.
        schema: Its columns and their types.
        names: The names of all cells of a row, those of records in a column apart.
        limits: How much is allowed.
    """

    source: Source
    schema: pa.Schema
    names: tuple[str, ...]
    limits: Limits

    def rows(self, reading: Reading) -> Iterator[list[str]]:
        """All rows, each as wide as the table; nothing is an empty cell."""
        return guarded(self._opened(reading), self.names, packed=self.source.size, limits=self.limits)

    def _opened(self, reading: Reading) -> Iterator[list[str]]:
        with self.source.whole(max_bytes=self.limits.max_bytes) as file:
            yield from self._rows(file, reading)

    def _rows(self, file: IO[bytes], reading: Reading) -> Iterator[list[str]]:
        spans = _spans(self.schema)
        wanted = [name for name, span in spans if reading.only is None or reading.only & set(span)]
        done = 0
        try:
            for batch in _batches(file, self.schema, wanted):
                columns = {name: _leaves(batch.column(name)) for name in wanted}
                blank = [""] * len(batch)
                cells: list[Sequence[str]] = []
                for name, span in spans:
                    for at, leaf in zip(span, columns.get(name, [None] * len(span)), strict=True):
                        is_wanted = leaf is not None and (reading.only is None or at in reading.only)
                        cells.append(self._texts(leaf, at, done, reading) if is_wanted else blank)
                yield from map(list, zip(*cells, strict=True))
                done += len(batch)
        except _DAMAGED:
            raise DamagedParquetError(done) from None

    def _texts(self, column: pa.Array, at: int, done: int, reading: Reading) -> Sequence[str]:
        if _is_bytes(column.type) and reading.only is not None:
            try:
                return _texts(column.cast(pa.large_string()))
            except pa.ArrowInvalid:
                raise NotTextError(self.names[at], done + 1) from None
        return _texts(column)


def open_parquet(source: Source, choices: ReadChoices, limits: Limits) -> Table:
    """The table of a Parquet file.

    Raises:
        DataError: It is damaged, or larger than allowed by what its footer states.
    """
    try:
        with source.whole(max_bytes=limits.max_bytes) as file:
            metadata = pq.read_metadata(file)
        schema = metadata.schema.to_arrow_schema()
    except _DAMAGED:
        raise DamagedParquetError(None) from None
    _refuse_large(metadata, source, limits)
    header = HeaderGuess(has_header=True, reason="the file names its columns")
    flat = [name for field in schema for name in _leaf_names(field.name, field.type)]
    names = name_columns(flat, header, max_columns=limits.max_columns)
    reader = ParquetReader(source, schema, names, limits)
    first, is_whole = sample_of(reader.rows(Reading()))
    return Table(
        kind=Kind.parquet,
        names=names,
        header=header,
        first_rows=tuple(first),
        is_whole=is_whole,
        size=source.size,
        choices=choices,
        limits=limits,
        reader=reader,
        notes=source.notes(),
    )


def _refuse_large(metadata: Any, source: Source, limits: Limits) -> None:
    """Refuse by what the footer states; the rows are counted again as they are read."""
    if metadata.num_columns > limits.max_columns:
        raise TooManyColumnsError(metadata.num_columns, limits.max_columns)
    if metadata.num_rows > limits.max_rows:
        raise TooManyRowsError(limits.max_rows)
    unpacked = sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    refuse_bomb(unpacked, source.size, limits.max_bytes)


def _batches(file: IO[bytes], schema: pa.Schema, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows, so many at a time that their texts fit into 64 MB if each is the longest that repeats."""
    repeated = [field.name for field in schema if _is_string(field.type) and field.name in wanted]
    plain, coded = _open(file, []), _open(file, repeated)
    for group in range(plain.num_row_groups):
        # Read as codes, a text that is stored once and meant a million times is in memory once.
        first = next(coded.iter_batches(1, row_groups=[group], columns=repeated), None) if repeated else None
        longest = max((_longest(column) for column in first.columns), default=0) if first else 0
        rows = max(1, min(_BATCH_ROWS, _BATCH_BYTES // (longest + 1)))
        yield from plain.iter_batches(rows, row_groups=[group], columns=wanted)


def _open(file: IO[bytes], coded: Sequence[str]) -> Any:
    """The file, to be read a buffer at a time."""
    file.seek(0)
    return pq.ParquetFile(file, read_dictionary=coded, buffer_size=_BUFFER_BYTES, pre_buffer=False)


def _longest(column: pa.Array) -> int:
    """Bytes of the longest text that the codes of a column stand for."""
    return int(pc.max(pc.binary_length(column.dictionary)).as_py() or 0)


def _spans(schema: pa.Schema) -> list[tuple[str, range]]:
    """For each column of the file the positions of its cells in a row."""
    spans, start = [], 0
    for field in schema:
        width = len(_leaf_names(field.name, field.type))
        spans.append((field.name, range(start, start + width)))
        start += width
    return spans


def _leaf_names(name: str, kind: pa.DataType) -> list[str]:
    if not pa.types.is_struct(kind) or not kind.num_fields:
        return [name]
    inner = (kind.field(at) for at in range(kind.num_fields))
    return [leaf for field in inner for leaf in _leaf_names(f"{name}.{field.name}", field.type)]


def _leaves(column: pa.Array) -> list[pa.Array]:
    if not pa.types.is_struct(column.type) or not column.type.num_fields:
        return [column]
    return [leaf for inner in column.flatten() for leaf in _leaves(inner)]


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def _texts(column: pa.Array) -> Sequence[str]:
    """The cells of a column; equal ones are one string."""
    if pa.types.is_dictionary(column.type):
        known = [*_texts(column.dictionary), ""]
        positions: Sequence[int] = pc.fill_null(column.indices, len(known) - 1).to_pylist()
        return [known[at] for at in positions]
    if _is_string(column.type):
        strings: Sequence[str] = pc.fill_null(column, "").to_numpy(zero_copy_only=False).tolist()
        return strings
    return [cell_text(value) for value in column.to_pylist()]
