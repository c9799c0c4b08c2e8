"""A dataset becomes a Parquet file and comes back exactly."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
from jaxtyping import Shaped

from dvn.data.dataset import Dataset, LeftOut
from dvn.data.text_facts import TextFacts, blocks
from dvn.data.texts_on_disk import (
    MOST_CHARACTERS_IN_MEMORY,
    TEXT,
    StoredDatasetError,
    TextsOnDisk,
    damage_told,
    open_parquet,
)

_META: Final = b"forethought.dataset"
_VERSION: Final = 1
_ROWS_AT_ONCE: Final = 50_000
_FACTS: Final = {"length": pa.int64(), "key": pa.uint64(), "order": pa.uint64()}


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
    kinds = {TEXT: pa.large_string(), "label": pa.dictionary(pa.int32(), pa.large_string()), **_FACTS}
    facts = dataset.facts
    columns: dict[str, Any] = {"label": dataset.labels}
    columns |= {"length": facts.lengths, "key": facts.keys, "order": facts.orders}
    if dataset.parts is not None:
        kinds["part"], columns["part"] = pa.string(), dataset.parts
    if dataset.together is not None:
        kinds["together"], columns["together"] = pa.int64(), dataset.together
    schema = pa.schema(kinds, metadata={_META: json.dumps(_describe(dataset)).encode()})
    start = 0
    with pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer:
        for block in blocks(dataset.texts):
            end = start + len(block)
            some = {TEXT: block, **{name: column[start:end] for name, column in columns.items()}}
            arrays = [pa.array(some[name], kind) for name, kind in kinds.items()]
            writer.write_table(pa.table(arrays, schema=schema))
            start = end


def read_parquet(path: Path, *, on_disk: bool = False) -> Dataset:
    """The dataset stored in a file.

    Args:
        path: A file that `write_parquet` made.
        on_disk: Whether texts that are many may stay in the file. They are not read to be checked now: what
            is read of them later is, by the sums of its pages.

    Raises:
        StoredDatasetError: The file is damaged, or holds no dataset of this version.
    """
    with damage_told(path.name), open_parquet(path) as file:
        about = json.loads((file.schema_arrow.metadata or {})[_META])
        if about["version"] != _VERSION:
            raise StoredDatasetError(path.name, f"has version {about['version']}, not {_VERSION}")
        facts = _facts(file)
        stays = on_disk and facts is not None and facts.lengths.sum() > MOST_CHARACTERS_IN_MEMORY
        texts = TextsOnDisk(path, path.name) if stays else _column(file, TEXT) or ()
        dataset = _rebuild(file, about, texts)
    if facts is not None:
        dataset.knowing(facts, content_hash=about["content_hash"] if stays else None)
    if dataset.content_hash != about["content_hash"]:
        raise StoredDatasetError(path.name, "does not hold what was written")
    return dataset


def read_texts_at(path: Path, rows: Sequence[int]) -> tuple[str, ...]:
    """The texts of some rows of a stored dataset, in the order asked for; no other column is read.

    Raises:
        StoredDatasetError: The file is damaged, or lacks a row.
    """
    texts = TextsOnDisk(path, path.name)
    if not all(0 <= row < len(texts) for row in rows):
        raise StoredDatasetError(path.name, "lacks rows")
    return texts.take(np.array(rows, dtype=np.int64))


def _facts(file: pq.ParquetFile) -> TextFacts | None:
    """The facts of the texts; none in files written before they were kept."""
    if not set(_FACTS) <= set(file.schema_arrow.names):
        return None
    found = file.read(columns=[*_FACTS])
    columns: dict[str, Shaped[np.ndarray, " texts"]] = {name: found[name].to_numpy() for name in _FACTS}
    return TextFacts(columns["length"], columns["key"], columns["order"])


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


def _rebuild(file: pq.ParquetFile, about: Mapping[str, Any], texts: Sequence[str]) -> Dataset:
    empty_texts, empty_labels, rows = about["left_out"]
    return Dataset(
        texts=texts,
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
