"""The files of a bundle become a zip whose bytes depend on their contents alone."""

import zipfile
from pathlib import Path
from typing import IO, Final

from dvn.bundle.contents import Bundle

_LEVEL: Final = 6
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_CHUNK_BYTES: Final = 1 << 20
_READABLE: Final = 0o100644 << 16


def write_zip(bundle: Bundle, folder: str, out: IO[bytes]) -> None:
    """Write a zip with all files of a bundle inside one folder.

    Args:
        bundle: What is written; large files are read piece by piece.
        folder: The name of the folder.
        out: A stream that can be written and rewound.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name in sorted(bundle.files):
            # The same time and system everywhere: the bytes must repeat.
            entry = zipfile.ZipInfo(f"{folder}/{name}", _TIME)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _READABLE, 3
            content = bundle.files[name]
            entry.file_size = content.stat().st_size if isinstance(content, Path) else len(content)
            with archive.open(entry, "w") as target:
                _copy(content, target)


def _copy(content: bytes | Path, target: IO[bytes]) -> None:
    if isinstance(content, bytes):
        target.write(content)
        return
    with content.open("rb") as source:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
