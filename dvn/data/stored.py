"""A dataset becomes a Parquet file and comes back exactly."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from dvn.data.dataset import Dataset, LeftOut
from dvn.errors import DataError

_META: Final = b"forethought.dataset"
_VERSION: Final = 1
_ROWS_AT_ONCE: Final = 50_000
_BUFFER_BYTES: Final = 1_048_576


class StoredDatasetError(DataError):
    """A stored dataset is damaged, or is none."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"The stored dataset {path.name} {what}; upload its file again.")


def write_parquet(dataset: Dataset, path: Path) -> None:
    """Store a dataset; the file appears whole or not at all, and replaces an older one."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            _write_rows(dataset, file)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _write_rows(dataset: Dataset, file: IO[bytes]) -> None:
    """The rows, so many at a time that no second copy of the texts is ever held."""
    kinds = {"text": pa.large_string(), "label": pa.dictionary(pa.int32(), pa.large_string())}
    columns: dict[str, Sequence[Any]] = {"text": dataset.texts, "label": dataset.labels}
    if dataset.parts is not None:
        kinds["part"], columns["part"] = pa.string(), dataset.parts
    if dataset.together is not None:
        kinds["together"], columns["together"] = pa.int64(), dataset.together
    schema = pa.schema(kinds, metadata={_META: json.dumps(_describe(dataset)).encode()})
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for start in range(0, len(dataset), _ROWS_AT_ONCE):
            some = [
                pa.array(one[start : start + _ROWS_AT_ONCE], kinds[name]) for name, one in columns.items()
            ]
            writer.write_table(pa.table(some, schema=schema))


def read_parquet(path: Path) -> Dataset:
    """The dataset stored in a file.

    Raises:
        StoredDatasetError: The file is damaged, or holds no dataset of this version.
    """
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False) as file:
            about = json.loads((file.schema_arrow.metadata or {})[_META])
            if about["version"] != _VERSION:
                raise StoredDatasetError(path, f"has version {about['version']}, not {_VERSION}")
            dataset = _rebuild(file, about)
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise StoredDatasetError(path, "cannot be read") from error
    if dataset.content_hash != about["content_hash"]:
        raise StoredDatasetError(path, "does not hold what was written")
    return dataset


def read_texts_at(path: Path, rows: Sequence[int]) -> tuple[str, ...]:
    """The texts of some rows of a stored dataset, in the order asked for; no other column is read.

    Raises:
        StoredDatasetError: The file is damaged, or lacks a row.
    """
    try:
        texts = pq.read_table(path, columns=["text"], memory_map=False)["text"]
        return tuple(texts.take(pa.array(rows, pa.int64())).to_pylist())
    except (pa.ArrowException, KeyError, IndexError) as error:
        raise StoredDatasetError(path, "cannot be read") from error


def _column(file: pq.ParquetFile, name: str) -> tuple[Any, ...] | None:
    """A column's values, read a batch at a time; equal labels are one string."""
    if name not in file.schema_arrow.names:
        return None
    known: dict[str, str] = {}
    values: list[Any] = []
    for batch in file.iter_batches(_ROWS_AT_ONCE, columns=[name]):
        column = batch.column(0)
        if pa.types.is_dictionary(column.type):
            names = [known.setdefault(one, one) for one in column.dictionary.to_pylist()]
            values.extend(map(names.__getitem__, column.indices.to_pylist()))
        elif pa.types.is_large_string(column.type):
            values.extend(column.to_numpy(zero_copy_only=False).tolist())
        else:
            values.extend(column.to_pylist())
    return tuple(values)


def _describe(dataset: Dataset) -> Mapping[str, Any]:
    left_out = dataset.left_out
    return {
        "version": _VERSION,
        "content_hash": dataset.content_hash,
        "text_column": dataset.text_column,
        "label_column": dataset.label_column,
        "left_out": [left_out.empty_texts, left_out.empty_labels, list(left_out.first_rows)],
        "unknown_parts": dataset.unknown_parts,
        "notes": dataset.notes,
    }


def _rebuild(file: pq.ParquetFile, about: Mapping[str, Any]) -> Dataset:
    empty_texts, empty_labels, rows = about["left_out"]
    return Dataset(
        texts=_column(file, "text") or (),
        labels=_column(file, "label") or (),
        parts=_column(file, "part"),
        together=_column(file, "together"),
        text_column=about["text_column"],
        label_column=about["label_column"],
        left_out=LeftOut(empty_texts, empty_labels, tuple(rows)),
        unknown_parts=tuple((value, count) for value, count in about["unknown_parts"]),
        # Datasets stored before notes were kept have none.
        notes=tuple(about.get("notes", ())),
    )
