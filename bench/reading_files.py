"""Time and memory of large files, from preview to description: `python -m bench.reading_files [--rows N]`.

Makes one table of made-up texts in every kind (about 500 bytes a row, a million rows unless told otherwise).
Each is previewed, made into a stored dataset and described for a recommendation, as the service does it, each
step in a process of its own; `reports/reading_files.md` is written. Memory is the highest resident set of the
process above what it had when the step began; seconds are those of the processor, since it may be shared.
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
from collections.abc import Callable, Iterator
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
    step = {"preview": preview_step, "make": make_step, "describe": describe_step}[what]
    run = step(path)
    Path("/proc/self/clear_refs").write_text("5")  # The peak begins anew.
    before, began = resident_bytes(), time.process_time()
    rows = run()
    return {"rows": rows, "seconds": time.process_time() - began, "above": peak_bytes() - before}


def preview_step(path: Path) -> Callable[[], int]:
    from dvn.data.preview import preview

    return lambda: len(preview(path).rows)


def make_step(path: Path) -> Callable[[], int]:
    """All that the service does to make a dataset, but for its database."""
    from dvn.data.rare_classes import RareClasses
    from dvn.data.read_csv import read_dataset
    from dvn.data.split import split_dataset
    from dvn.data.stored import write_parquet

    def make() -> int:
        dataset = read_dataset(path, scratch=path.parent)
        write_parquet(dataset, path.with_suffix(".stored"))
        split_dataset(dataset, rare=RareClasses.keep)
        return len(dataset)

    return make


def describe_step(path: Path) -> Callable[[], int]:
    """What the service does with a stored dataset before the value network is asked."""
    from dvn.data.split import rows_outside_test
    from dvn.data.stored import read_parquet
    from dvn.data.texts_on_disk import some
    from dvn.metafeatures import STATIC, describe_task

    # Tables of embeddings are loaded once, by the first dataset.
    describe_task([f"text {number}" for number in range(40)], ["a", "b"] * 20, groups=(STATIC,))

    def describe() -> int:
        dataset = read_parquet(path.with_suffix(".stored"), on_disk=True)
        rows = rows_outside_test(dataset)
        labels = [dataset.labels[row] for row in rows]
        texts, keys = some(dataset.texts, rows), dataset.facts.keys[rows]
        return describe_task(texts, labels, groups=(STATIC,), keys=keys).rows

    return describe


def measured_apart(path: Path, what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.reading_files", "--measure", what, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own module
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def line_of(path: Path) -> str:
    size = path.stat().st_size
    shown, made, described = (measured_apart(path, what) for what in ("preview", "make", "describe"))
    cells = [
        path.name,
        f"{made['rows']:,}",
        f"{size / MEGABYTE:,.0f}",
        f"{shown['seconds']:.2f}",
        f"{shown['above'] / MEGABYTE:,.0f}",
        f"{made['seconds']:.1f}",
        f"{made['rows'] / made['seconds']:,.0f}",
        f"{made['above'] / MEGABYTE:,.0f}",
        f"{described['seconds']:.1f}",
        f"{described['above'] / MEGABYTE:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


INTRODUCTION: Final = """\
# Large files, from preview to description

`python -m bench.reading_files --rows {rows}` on {cores} cores of {machine}, Python {python}, which other work
shared. One table of made-up texts of {characters} characters in every kind (XLSX: at most {sheet_rows:,}
rows), and the CSV also with a tenth of the rows. Each step runs in a process of its own. *Make* is all that
the service does to make a dataset: read, hash, store, split. *Describe* is what a recommendation takes before
the value network is asked: load what is stored, split, hand-made numbers and static landmarkers. Seconds are
those of the processor; *above* is the highest resident set above what the process had when the step began.

Texts of more than 32 million characters together stay in a file: what grows is what is kept of each row, its
label, its part and three numbers, some hundred bytes whatever the length of the text.
"""


def report(rows: int, lines: list[str]) -> str:
    heads = "file | rows | MB | preview, s | MB above | make, s | rows/s | MB above | describe, s | MB above"
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
        few = {"tenth.csv": (write_csv, asked.rows // 10)}
        for name, (write, rows) in (few | {name: (one, asked.rows) for name, one in WRITERS.items()}).items():
            path = Path(folder) / name
            write(path, rows)
            lines.append(line_of(path))
            print(lines[-1], flush=True)
            path.unlink()
    REPORT.write_text(report(asked.rows, lines), encoding="utf-8")


if __name__ == "__main__":
    main()
