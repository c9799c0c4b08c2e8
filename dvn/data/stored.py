"""A dataset becomes a Parquet file and comes back exactly."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from dvn.data.dataset import Dataset, LeftOut
from dvn.errors import DataError

_META: Final = b"forethought.dataset"
_VERSION: Final = 1


class StoredDatasetError(DataError):
    """A stored dataset is damaged, or is none."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"The stored dataset {path.name} {what}; upload its file again.")


def write_parquet(dataset: Dataset, path: Path) -> None:
    """Store a dataset; the file appears whole or not at all, and replaces an older one."""
    columns = {
        "text": pa.array(dataset.texts, pa.large_string()),
        "label": pa.array(dataset.labels, pa.large_string()).dictionary_encode(),
    }
    if dataset.parts is not None:
        columns["part"] = pa.array(dataset.parts, pa.string())
    if dataset.together is not None:
        columns["together"] = pa.array(dataset.together, pa.int64())
    table = pa.table(columns).replace_schema_metadata({_META: json.dumps(_describe(dataset)).encode()})
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def read_parquet(path: Path) -> Dataset:
    """The dataset stored in a file.

    Raises:
        StoredDatasetError: The file is damaged, or holds no dataset of this version.
    """
    try:
        table = pq.read_table(path, memory_map=False)
        about = json.loads((table.schema.metadata or {})[_META])
        if about["version"] != _VERSION:
            raise StoredDatasetError(path, f"has version {about['version']}, not {_VERSION}")
        dataset = _rebuild(table, about)
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


def _strings(column: pa.ChunkedArray) -> tuple[str, ...]:
    return tuple(column.to_numpy(zero_copy_only=False).tolist())


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


def _rebuild(table: pa.Table, about: Mapping[str, Any]) -> Dataset:
    empty_texts, empty_labels, rows = about["left_out"]
    return Dataset(
        texts=_strings(table["text"]),
        labels=_strings(table["label"]),
        parts=tuple(table["part"].to_pylist()) if "part" in table.column_names else None,
        together=tuple(table["together"].to_pylist()) if "together" in table.column_names else None,
        text_column=about["text_column"],
        label_column=about["label_column"],
        left_out=LeftOut(empty_texts, empty_labels, tuple(rows)),
        unknown_parts=tuple((value, count) for value, count in about["unknown_parts"]),
        # Datasets stored before notes were kept have none.
        notes=tuple(about.get("notes", ())),
    )
