"""Time and memory of looking at and reading large files: `python -m bench.reading_files [--rows N]`.

Makes one table of made-up texts in every kind (about 500 bytes a row, a million rows unless told otherwise),
previews and reads each in a process of its own, and writes `reports/reading_files.md`. Memory is the highest
resident set of the process above what it had after its imports.
"""

import argparse
import csv
import gzip
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

REPORT: Final = Path(__file__).resolve().parent.parent / "reports" / "reading_files.md"
LABELS: Final = ("delivery", "payment", "quality", "service")
SYLLABLES: Final = ("ba", "do", "ke", "lu", "mi", "no", "ra", "se", "ti", "vu")
MOST_SHEET_ROWS: Final = 100_000
CHARACTERS: Final = 480
MEGABYTE: Final = 1_000_000


def made_up_rows(rows: int) -> Iterator[tuple[str, str]]:
    """Texts of invented words, the same at every call."""
    chance = random.Random(0)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(5_000)]
    sentences = [" ".join(chance.choices(words, k=12)) + "." for _ in range(5_000)]
    for number in range(rows):
        text = f"{number} " + " ".join(chance.choices(sentences, k=8))
        yield text[:CHARACTERS], LABELS[number % len(LABELS)]


def write_csv(path: Path, rows: int) -> None:
    with path.open("w") as file:
        csv.writer(file).writerow(("text", "label"))
        csv.writer(file).writerows(made_up_rows(rows))


def write_packed_csv(path: Path, rows: int) -> None:
    with gzip.open(path, "wt", compresslevel=1) as file:
        csv.writer(file).writerow(("text", "label"))
        csv.writer(file).writerows(made_up_rows(rows))


def write_jsonl(path: Path, rows: int) -> None:
    with path.open("w") as file:
        for text, label in made_up_rows(rows):
            file.write(json.dumps({"text": text, "label": label}) + "\n")


def write_parquet(path: Path, rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema({"text": pa.string(), "label": pa.string()})
    source = made_up_rows(rows)
    # Stored as it is, so that the ratio of memory to size compares with those of the other kinds.
    with pq.ParquetWriter(path, schema, compression="none") as writer:
        while some := list(islice(source, 100_000)):
            writer.write_table(pa.table(list(zip(*some, strict=True)), schema=schema))


def write_workbook(path: Path, rows: int) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Texts")
    sheet.append(["text", "label"])
    for row in made_up_rows(min(rows, MOST_SHEET_ROWS)):
        sheet.append(row)
    book.save(path)


WRITERS: Final = {
    "texts.csv": write_csv,
    "texts.csv.gz": write_packed_csv,
    "texts.jsonl": write_jsonl,
    "texts.parquet": write_parquet,
    "texts.xlsx": write_workbook,
}


def peak_bytes() -> int:
    # Not ru_maxrss: a process that was just started still has the peak of the one that started it.
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    return int(status.split()[0]) * 1024


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(path: Path, what: str) -> dict[str, Any]:
    """Seconds and memory of one step, in this process."""
    from dvn.data.preview import preview
    from dvn.data.read_csv import read_dataset

    before = resident_bytes()
    began = time.perf_counter()
    rows = 0
    if what == "preview":
        preview(path)
    else:
        rows = len(read_dataset(path))
    seconds = time.perf_counter() - began
    return {"rows": rows, "seconds": seconds, "before": before, "above": peak_bytes() - before}


def measured_apart(path: Path, what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.reading_files", "--measure", what, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own module
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def line_of(path: Path) -> str:
    size = path.stat().st_size
    shown, read = measured_apart(path, "preview"), measured_apart(path, "read")
    cells = [
        path.name,
        f"{read['rows']:,}",
        f"{size / MEGABYTE:,.0f}",
        f"{shown['seconds']:.2f}",
        f"{shown['above'] / MEGABYTE:,.0f}",
        f"{read['seconds']:.1f}",
        f"{read['rows'] / read['seconds']:,.0f}",
        f"{read['above'] / MEGABYTE:,.0f}",
        f"{read['above'] / size:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


INTRODUCTION: Final = """\
# Reading large files

`python -m bench.reading_files --rows {rows}` on {cores} cores of {machine}, Python {python}, which other work
shared. One table of made-up texts of {characters} characters in every kind (XLSX: at most {sheet_rows:,}
rows). Each step runs in a process of its own; *above* is its highest resident set above what it had after its
imports.

Reading ends with the whole dataset in memory: a text of ASCII takes its bytes and 49 more as a Python string,
and its row 16 more, so a ratio near 1.2 to a file that is not packed means that hardly anything but the
dataset is held. A text in Cyrillic takes two bytes a character, and one with an emoji four.
"""


def report(rows: int, lines: list[str]) -> str:
    heads = (
        "file | rows | MB | preview, s | preview, MB above | read, s | rows/s | read, MB above | above / size"
    )
    introduction = INTRODUCTION.format(
        rows=rows,
        cores=os.cpu_count(),
        machine=platform.machine(),
        python=platform.python_version(),
        characters=CHARACTERS,
        sheet_rows=MOST_SHEET_ROWS,
    )
    return "\n".join([introduction, f"| {heads} |", f"| --- |{' ---: |' * heads.count('|')}", *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument(
        "--folder", type=Path, help="Where the files are made; the system's choice otherwise."
    )
    parser.add_argument("--measure", nargs=2, metavar=("STEP", "FILE"))
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(Path(asked.measure[1]), asked.measure[0])))
        return
    lines = []
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for name, write in WRITERS.items():
            path = Path(folder) / name
            write(path, asked.rows)
            lines.append(line_of(path))
            print(lines[-1], flush=True)
            path.unlink()
    REPORT.write_text(report(asked.rows, lines), encoding="utf-8")


if __name__ == "__main__":
    main()
