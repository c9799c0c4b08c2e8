"""How long a health report takes, on one core: `python bench/health_report.py [ROWS …] [--data FOLDER]`.

Examines made-up texts of 100 characters, some of them copies, and with --data every CSV of a folder, of which
it prints numbers only: findings by kind and severity, and the slowest reports.
"""

import argparse
import random
import string
import time
from collections import Counter
from pathlib import Path

from dvn.data.choices import Limits, ReadChoices
from dvn.data.dataset import Dataset
from dvn.data.read_csv import read_dataset
from dvn.health import examine

SIZES = (1_000, 10_000, 100_000, 1_000_000)
CHARACTERS, WORDS, CLASSES = 100, 17, 5


def made_up(rows: int) -> Dataset:
    """Rows of about a hundred characters with words as frequent as words are; one in fifty is a copy."""
    draw = random.Random(rows)
    letters = string.ascii_lowercase
    words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(30_000)]
    drawn = draw.choices(words, weights=[1 / (rank + 1) for rank in range(len(words))], k=rows * WORDS)
    texts = [" ".join(drawn[row * WORDS : (row + 1) * WORDS])[:CHARACTERS] for row in range(rows)]
    for row in range(0, rows, 50):
        texts[row] = texts[row // 2]
    return Dataset(tuple(texts), tuple(f"class {draw.randrange(CLASSES)}" for _ in range(rows)))


def seconds_for(dataset: Dataset) -> float:
    """CPU seconds of one report."""
    began = time.process_time()
    examine(dataset)
    return time.process_time() - began


def examine_folder(folder: Path) -> None:
    """Findings by kind and severity over all files of a folder."""
    counts, seconds = Counter[tuple[str, str]](), []
    choices = ReadChoices(text="text", label="label")
    for path in sorted(folder.glob("*.csv")):
        dataset = read_dataset(path, choices=choices, limits=Limits())
        began = time.process_time()
        report = examine(dataset)
        seconds.append((time.process_time() - began, path.stem, len(dataset)))
        counts.update((one.kind.value, one.severity.value) for one in report.findings)
    print(f"{len(seconds)} datasets")
    for (kind, severity), number in sorted(counts.items()):
        print(f"{kind:16} {severity:13} {number:4}")
    for taken, name, rows in sorted(seconds, reverse=True)[:5]:
        print(f"{taken:6.2f} s  {name}  {rows:,} rows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=SIZES)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    examine(made_up(1_000))  # Compiles and loads.
    for rows in given.rows:
        print(f"{rows:10,} rows  {seconds_for(made_up(rows)):6.2f} s", flush=True)
    if given.data:
        examine_folder(given.data)


if __name__ == "__main__":
    main()
