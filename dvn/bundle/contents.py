"""A trained classifier becomes the files of its bundle, described by a manifest with their checksums."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dvn.bundle.assets import Files, as_json, input_files, requirements
from dvn.bundle.card import CardFacts, model_card
from dvn.bundle.graph import build_graph
from dvn.embeddings.licences import licences_of
from dvn.training.trained import TrainedClassifier

FORMAT: Final = 1
TOLERANCE: Final = 1e-4
"""The largest difference of a probability from the service's."""

_PREDICT: Final = Path(__file__).parent / "predict.py"
_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files by their names; those that lie elsewhere unchanged are paths."""

    files: Mapping[str, bytes | Path]

    @property
    def fingerprint(self) -> str:
        """Changes whenever any byte of any file does: the manifest knows them all."""
        manifest = self.files[_MANIFEST]
        assert isinstance(manifest, bytes)
        return hashlib.sha256(manifest).hexdigest()

    @property
    def bytes(self) -> int:
        """The size of all files, unpacked."""
        return sum(map(_size, self.files.values()))


def make_bundle(classifier: TrainedClassifier, facts: CardFacts) -> Bundle:
    """All that a classifier needs to predict elsewhere.

    A classifier that was loaded predicts as its bundle does. One fresh from training still has its table in
    single precision, which saving rounds; its bundle keeps it so.

    Raises:
        EmbeddingError: The weights of a module are missing or are others.
        TooLargeGraphError: The network does not fit into an ONNX file.
    """
    pipeline = classifier.pipeline
    files: Files = input_files(pipeline)
    files["model.onnx"] = build_graph(classifier)
    files["labels.json"] = as_json(list(classifier.labels))
    files["predict.py"] = _PREDICT
    files["requirements.txt"] = requirements(pipeline)
    files |= _licence_files(pipeline.module_versions())
    size = sum(map(_size, files.values()))
    files["MODEL_CARD.md"] = model_card(classifier, facts, size=size, tolerance=TOLERANCE)
    files[_MANIFEST] = _manifest(classifier, facts, files)
    return Bundle(dict(sorted(files.items())))


def _licence_files(modules: Mapping[str, str]) -> Files:
    licences = [licence for name in modules for licence in licences_of(name)]
    files: Files = {f"LICENSES/{licence.file}": licence.text.encode() for licence in licences}
    if licences:
        lines = dict.fromkeys(f"{licence.file}: {licence.covers}\n" for licence in licences)
        files["LICENSES/NOTICE.txt"] = "".join(lines).encode()
    return files


def _manifest(classifier: TrainedClassifier, facts: CardFacts, files: Files) -> bytes:
    pipeline = classifier.pipeline
    document = {
        "format": FORMAT,
        "made_by": "Forethought",
        "architecture": classifier.architecture.to_json(),
        "text_column": facts.text_column,
        "temperature": classifier.temperature,
        "inputs": {
            "encoder": None if pipeline.encoder is None else pipeline.encoder.module,
            "table": None if pipeline.table is None else pipeline.table.module,
            "ngrams": None if pipeline.ngrams is None else pipeline.ngrams.kind,
        },
        "modules": pipeline.module_versions(),
        "tolerance": TOLERANCE,
        "sha256": {name: _digest(content) for name, content in sorted(files.items())},
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _digest(content: bytes | Path) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(content):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk


def _size(content: bytes | Path) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)
