"""How long a health report takes, on one core: `python bench/health_report.py [ROWS …] [--data FOLDER]`.

Examines made-up texts of 100 characters, some of them copies, applies the fix that takes longest, and with
--data examines every CSV of a folder, of which it keeps numbers only: findings by kind and severity, and the
slowest reports. With --data and all sizes it writes `reports/health_report.md`.
"""

import argparse
import random
import string
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from dvn.data.choices import Limits, ReadChoices
from dvn.data.dataset import Dataset
from dvn.data.read_csv import read_dataset
from dvn.health import Finding, Fix, Kind, Severity, apply_fixes, examine
from dvn.health.give_aways import A_NAME, AN_ID

SIZES = (1_000, 10_000, 100_000, 1_000_000)
CHARACTERS, WORDS, CLASSES = 100, 17, 5
SLOWEST = 5
REPORT = Path(__file__).parent.parent / "reports/health_report.md"
INTRODUCTION = """\
# Health reports: time, and what is found in real datasets

Written by `python bench/health_report.py --data FOLDER`. Made-up texts of 100 characters in five classes, one
in fifty a copy; CPU seconds of one process on a machine that other work shared, after the checks were
compiled and loaded. The target was 5 s for 100,000 rows. Up to 20,000 rows and 2.5 million characters are
examined when the page is opened, and fixed when a fix is clicked; more by a job.
"""
HEAD_OF_FINDINGS = """\
| found | must fix | should look | good to know |
| --- | ---: | ---: | ---: |"""


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


def seconds_for(dataset: Dataset) -> tuple[float, float]:
    """CPU seconds of one report, and of removing near-duplicates."""
    began = time.process_time()
    examine(dataset)
    reported = time.process_time()
    apply_fixes(dataset, [Fix.drop_near_duplicates])
    return reported - began, time.process_time() - reported


def table_of_times(sizes: Sequence[int]) -> Iterator[str]:
    """A line for each number of rows."""
    yield "| rows | report, CPU s | removing near-duplicates, CPU s |"
    yield "| ---: | ---: | ---: |"
    for rows in sizes:
        report, fix = seconds_for(made_up(rows))
        yield f"| {rows:,} | {report:.2f} | {fix:.2f} |"


def table_of_findings(folder: Path) -> Iterator[str]:
    """Findings by kind and severity over all files of a folder, and what the slowest of them took."""
    counts, reasons, taken = Counter[tuple[Kind, Severity]](), Counter[str](), list[tuple[float, str, int]]()
    for path in sorted(folder.glob("*.csv")):
        dataset = read_dataset(path, choices=ReadChoices(text="text", label="label"), limits=Limits())
        began = time.process_time()
        report = examine(dataset)
        taken.append((time.process_time() - began, path.stem, len(dataset)))
        counts.update((one.kind, one.severity) for one in report.findings)
        reasons.update(reason_of(one) for one in report.findings if one.kind is Kind.give_aways)
    yield f"\n## {len(taken)} real datasets\n"
    yield "Datasets in which each kind was found, by severity. No text of them is kept.\n"
    yield HEAD_OF_FINDINGS
    for kind in sorted({kind for kind, _ in counts}, key=lambda kind: kind.value):
        cells = (str(counts[kind, severity] or "") for severity in Severity)
        yield f"| {kind.value.replace('_', ' ')} | {' | '.join(cells)} |"
    yield f"\nGive-aways: {', '.join(f'{number} {reason}' for reason, number in sorted(reasons.items()))}.\n"
    yield "The slowest reports:\n"
    yield "| dataset | rows | CPU s |"
    yield "| --- | ---: | ---: |"
    for seconds, name, rows in sorted(taken, reverse=True)[:SLOWEST]:
        yield f"| {name} | {rows:,} | {seconds:.2f} |"


def reason_of(found: Finding) -> str:
    """Why words of a dataset give labels away: by what they are, or by how often they stand there alone."""
    said = [words for _, words in found.items]
    kinds = (A_NAME, AN_ID)
    return next((kind for kind in kinds if any(words.endswith(kind) for words in said)), "by frequency alone")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=SIZES)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    examine(made_up(1_000))  # Compiles and loads.
    parts = [[INTRODUCTION], table_of_times(given.rows), table_of_findings(given.data) if given.data else []]
    lines = list(shown(chain.from_iterable(parts)))
    if given.data and tuple(given.rows) == SIZES:
        REPORT.write_text("\n".join([*lines, ""]), encoding="utf-8")


def shown(lines: Iterable[str]) -> Iterator[str]:
    """The lines, each printed as soon as it is known."""
    for line in lines:
        print(line, flush=True)
        yield line


if __name__ == "__main__":
    main()
