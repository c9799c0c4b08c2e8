"""What each malformed file gets: `python -m bench.malformed_files` writes `reports/malformed_files.md`.

Makes every file of `tests/dvn/data/malformed_files.py`, reads it as a dataset, and writes down the sentence.
"""

import tempfile
from pathlib import Path
from typing import Final

from dvn.data.choices import ReadChoices
from dvn.data.read_csv import read_dataset
from dvn.errors import DataError
from tests.dvn.data.crafting import Malformed
from tests.dvn.data.malformed_files import GROUPS

REPORT: Final = Path(__file__).resolve().parent.parent / "reports" / "malformed_files.md"


def said_about(file: Malformed, path: Path) -> str:
    """The sentence a person reads about the file."""
    path.write_bytes(file.make())
    try:
        dataset = read_dataset(path, choices=ReadChoices(**file.choices), limits=file.limits)
    except DataError as error:
        return str(error)
    return f"It was read: {len(dataset):,} rows."


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def report() -> str:
    lines = [
        "# Malformed files, and what each got",
        "",
        "Made by `python -m bench.malformed_files`; `tests/dvn/data/test_malformed_files.py` asserts them. "
        "All are refused, none is kept, and no text of a file is repeated.",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for group, files in GROUPS.items():
            lines += [
                "",
                f"## {group}: {len(files)}",
                "",
                "| file | what is wrong | what it got |",
                "| --- | --- | --- |",
            ]
            for file in files:
                sentence = said_about(file, Path(folder) / "upload")
                lines.append(f"| {file.name} | {cell(file.fault)} | {cell(sentence)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    REPORT.write_text(report(), encoding="utf-8")
