"""A TensorFlow Hub handle, or the folder of a SavedModel, becomes an encoder that offers what ours offer.

Decision: TensorFlow is imported when a module is loaded, and lives in an environment of its own, made by
`requirements/install .venv-tfhub bare tfhub-bare tfhub`. Why: it adds 1.5 GB and seconds to every start,
and wants an older setuptools than everything else. Rejected: the package's own extra, which would bring the
GPU build of TensorFlow beside the CPU build.

A SavedModel is a program, and loading one trusts whoever made it: the service offers none.
"""

import hashlib
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float

from dvn.embeddings.catalogue import ModuleFacts
from dvn.embeddings.encoders import SentenceEncoder
from dvn.embeddings.hub_handles import HUB_PREFIX
from dvn.embeddings.tokenisers import readable
from dvn.errors import EmbeddingError

INSTALL = "requirements/install .venv-tfhub bare tfhub-bare tfhub"
"""The command that makes the environment with TensorFlow."""

_BATCH = 256
# The names under which TF1 modules and exported classifiers offer their one function.
_SIGNATURES = ("default", "serving_default")


class MissingExtraError(EmbeddingError):
    """TensorFlow, TensorFlow Hub or tf-keras is not installed here."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"TF-Hub modules need the extra 'tfhub', of which {package} is not installed here; "
            f"make its environment with: {INSTALL}"
        )


class UnreachableHandleError(EmbeddingError):
    """A handle could not be fetched, or there is no such folder."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(
            f"The TF-Hub module {source} could not be fetched ({reason}); check the handle and the network, "
            "or give the folder of a SavedModel that was fetched elsewhere."
        )


class WrongSignatureError(EmbeddingError):
    """A SavedModel does not turn a batch of texts into one vector each."""

    def __init__(self, source: str, found: str) -> None:
        super().__init__(
            f"The SavedModel {source} is no text module: {found}; it must map a batch of strings to a "
            "float matrix, one row for each."
        )


class FrozenModuleError(EmbeddingError):
    """A module without variables to train was asked to be tuned or saved."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The TF-Hub module {name} can be used but not tuned, since it offers no trainable variables; "
            "modules in the TF1 format never do, so give a later version of it."
        )


@final
class HubModule:
    """A loaded text module: frozen until `hub_tuning.tune` makes a tuned copy of it.

    Attributes:
        facts: Name, version, width, size and licence, as of our own modules.
        folder: Where its SavedModel lies.
        loaded: The object that TensorFlow loaded.
        vectors: It as a function from a tensor of strings to a tensor.
    """

    def __init__(self, facts: ModuleFacts, folder: Path, loaded: Any) -> None:
        self.facts = facts
        self.folder = folder
        self.loaded = loaded
        self.vectors = _text_function(loaded, str(folder))

    @property
    def is_tunable(self) -> bool:
        """Whether it is a reusable SavedModel with trainable variables."""
        return callable(self.loaded) and bool(getattr(self.loaded, "trainable_variables", ()))

    def encode(self, texts: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
        """The module's own vector of each text, not scaled; texts of one length are computed together."""
        tf = tensorflow()
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        vectors = np.empty((len(texts), self.facts.dim), dtype=np.float32)
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            batch = tf.constant(readable([texts[row] for row in rows]))
            vectors[rows] = np.asarray(self.vectors(batch), dtype=np.float32)
        return vectors

    def encoder(self) -> SentenceEncoder:
        """The same module as an encoder that a `VectorCache` takes."""
        return SentenceEncoder(self.facts, lambda: self)

    def copy(self) -> "HubModule":
        """A second one with variables of its own, equal to these."""
        loaded = tensorflow_hub().load(str(self.folder))
        for ours, theirs in zip(loaded.variables, self.loaded.variables, strict=True):
            ours.assign(theirs)
        return HubModule(self.facts, self.folder, loaded)

    def revised(self) -> "HubModule":
        """The same object under a version that its variables' present values make."""
        digest = hashlib.sha256(self.facts.version.encode())
        for variable in self.loaded.variables:
            digest.update(np.ascontiguousarray(variable.numpy()).tobytes())
        facts = replace(self.facts, version=digest.hexdigest()[:12])
        return HubModule(facts, self.folder, self.loaded)

    def save(self, folder: Path) -> None:
        """Write it as a SavedModel that `load_hub_module` reads back, tuned variables included.

        Raises:
            FrozenModuleError: It is not tunable, so that copying its own folder does the same.
        """
        if not self.is_tunable:
            raise FrozenModuleError(self.facts.name)
        tensorflow().saved_model.save(self.loaded, str(folder))


def load_hub_module(source: str | Path, *, licence: str | None = None) -> HubModule:
    """The text module of a handle, fetched once and kept in TensorFlow Hub's own cache, or of a folder.

    Args:
        source: A handle such as those of `PAPER_HANDLES`, or the folder of a SavedModel.
        licence: One sentence about the weights' licence; a general one if not given.

    Raises:
        MissingExtraError: TensorFlow is not installed here.
        UnreachableHandleError: The handle cannot be fetched, or is no folder.
        WrongSignatureError: What was loaded does not map texts to vectors.
    """
    shown = str(source)
    folder = _fetched(shown)
    try:
        loaded = tensorflow_hub().load(str(folder))
    except (ValueError, OSError, tensorflow().errors.OpError) as error:
        raise WrongSignatureError(shown, f"it cannot be loaded ({_sentence(error)})") from error
    facts = ModuleFacts(
        name=_name(shown),
        kind="encoder",
        version=_digest(folder),
        dim=_width(_text_function(loaded, shown), shown),
        vocabulary_size=0,
        bytes=sum(path.stat().st_size for path in _files(folder)),
        licence=licence or _licence(shown),
        package="the extra tfhub",
    )
    return HubModule(facts, folder, loaded)


@cache
def tensorflow() -> Any:
    """TensorFlow, imported at its first use and, where that is still open, told to use one thread.

    Raises:
        MissingExtraError: It is not installed here.
    """
    library = extra("tensorflow")
    try:
        library.config.threading.set_intra_op_parallelism_threads(1)
        library.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # The caller has computed with TensorFlow already: the choice was theirs.
        return library
    return library


@cache
def tensorflow_hub() -> Any:
    """TensorFlow Hub, imported at its first use.

    Raises:
        MissingExtraError: It is not installed here.
    """
    tensorflow()
    with warnings.catch_warnings():
        # The pinned setuptools still has what the warning is about.
        warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
        return extra("tensorflow_hub")


def extra(name: str) -> Any:
    """A library of the extra, imported.

    Raises:
        MissingExtraError: It is not installed here.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(error.name or name) from error


def _fetched(source: str) -> Path:
    """The folder of a SavedModel, after a handle was downloaded."""
    tf, hub = tensorflow(), tensorflow_hub()
    try:
        return Path(hub.resolve(source))
    except (OSError, ValueError, RuntimeError, EOFError, tf.errors.OpError) as error:
        raise UnreachableHandleError(source, _sentence(error)) from error


def _text_function(loaded: Any, source: str) -> Callable[[Any], Any]:
    """The loaded object as a function from a tensor of strings to a tensor."""
    if callable(loaded):
        return loaded  # type: ignore[no-any-return]  # TensorFlow comes without types
    signatures = getattr(loaded, "signatures", {})
    name = next((name for name in _SIGNATURES if name in signatures), None)
    if name is None:
        raise WrongSignatureError(source, f"it can neither be called nor has it a signature of {_SIGNATURES}")
    function = signatures[name]
    inputs = function.structured_input_signature[1]
    if len(inputs) != 1:
        raise WrongSignatureError(source, f"its signature takes {', '.join(sorted(inputs)) or 'nothing'}")
    key = next(iter(inputs))

    def compute(texts: Any) -> Any:
        outputs = function(**{key: texts})
        return outputs.get("default", next(iter(outputs.values())))

    return compute


def _width(compute: Callable[[Any], Any], source: str) -> int:
    """The width of the vectors of two texts, which shows that the function does what it should."""
    tf = tensorflow()
    try:
        vectors = compute(tf.constant(["one", "two words"]))
    except (TypeError, ValueError, tf.errors.OpError) as error:
        raise WrongSignatureError(source, f"it fails on two texts ({_sentence(error)})") from error
    is_matrix = isinstance(vectors, tf.Tensor) and vectors.dtype.is_floating and vectors.shape.rank == 2
    if not is_matrix or vectors.shape[0] != 2:
        found = (
            f"{vectors.dtype.name} {tuple(vectors.shape)}" if isinstance(vectors, tf.Tensor) else "no tensor"
        )
        raise WrongSignatureError(source, f"of two texts it makes {found}")
    return int(vectors.shape[1])


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\x00")
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def _name(source: str) -> str:
    """A handle or path as a name that may be part of a file's name: `nnlm-en-dim128-1`."""
    own = source.removeprefix(HUB_PREFIX) if source.startswith(HUB_PREFIX) else Path(source).name
    return re.sub(r"[^\w.-]+", "-", own)


def _licence(source: str) -> str:
    if source.startswith(HUB_PREFIX):
        return f"Google publishes the TF-Hub module {source.removeprefix(HUB_PREFIX)} under Apache 2.0."
    return "The licence is the one that the maker of this SavedModel gave it."


def _sentence(error: BaseException) -> str:
    """The first line of what a library says, short enough for one sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")[:160]
