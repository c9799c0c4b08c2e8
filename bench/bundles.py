"""What a downloaded classifier weighs and how it does: `python bench/bundles.py FOLDER=FILE.csv ...`.

Packs the classifier in each folder (`forethought train --out FOLDER`), unpacks it, installs what it needs in
an environment of its own, and labels the first thousand texts of the file there and here.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
import zipfile
from itertools import islice
from pathlib import Path

import numpy as np

from dvn.bundle import CardFacts, make_bundle, write_zip
from dvn.bundle.predict import FILE_BATCH
from dvn.data.read_texts import open_texts
from dvn.training import TrainedClassifier

TEXTS = 1_000
HEADINGS = (
    *("classifier", "encoder", "table", "n-grams", "zip, MB", "unpacked, MB", "made in, s"),
    *(
        "installed, MB",
        "installed in, s",
        "1,000 texts by predict.py, s",
        "largest difference",
        "other labels",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="+", metavar="FOLDER=FILE")
    print("| " + " | ".join(HEADINGS) + " |")
    print("| --- " * 4 + "| ---: " * (len(HEADINGS) - 4) + "|")
    for pair in parser.parse_args().pairs:
        folder, file = pair.split("=")
        with tempfile.TemporaryDirectory() as place:
            print("| " + " | ".join(measured(Path(folder), Path(file), Path(place))) + " |", flush=True)


def measured(folder: Path, file: Path, place: Path) -> list[str]:
    """The cells of one classifier."""
    classifier = TrainedClassifier.load(folder)
    decisions = classifier.architecture.decisions
    texts = list(islice(open_texts(file).texts(), TEXTS))
    began = time.perf_counter()
    bundle = make_bundle(classifier, CardFacts(name=folder.stem, text_column="text"))
    with (place / "made.zip").open("wb") as stream:
        write_zip(bundle, "made", stream)
    made = time.perf_counter() - began
    zipfile.ZipFile(place / "made.zip").extractall(place)
    python, installed = installed_environment(place)
    found, seconds = predicted(python, place, texts)
    parts = [classifier.predict(texts[at : at + FILE_BATCH]) for at in range(0, len(texts), FILE_BATCH)]
    expected = np.concatenate([part.probabilities for part in parts])
    difference = np.abs(np.array([row[1:] for row in found], dtype=float) - expected).max()
    labels = [label for part in parts for label in part.labels]
    others = sum(row[0] != label for row, label in zip(found, labels, strict=True))
    return [
        folder.stem,
        *(str(decisions.get(name, "none")) for name in ("encoder", "table", "ngrams")),
        *(f"{size / 1e6:.1f}" for size in ((place / "made.zip").stat().st_size, bundle.bytes)),
        *(f"{made:.1f}", f"{size_of(place / 'venv') / 1e6:.0f}", f"{installed:.0f}", f"{seconds:.1f}"),
        *(f"{difference:.1e}", str(others)),
    ]


def installed_environment(place: Path) -> tuple[Path, float]:
    """The interpreter of a new environment, and the seconds that installing took; pip itself is left out."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "venv"], check=True)  # noqa: S603  # our own
    began = time.perf_counter()
    python = place / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "-r", place / "made" / "requirements.txt"], check=True)  # noqa: S603  # our own
    return python, time.perf_counter() - began


def predicted(python: Path, place: Path, texts: list[str]) -> tuple[list[list[str]], float]:
    """The rows that `predict.py` writes, and the seconds of the whole process."""
    with (place / "texts.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["text"], *([text] for text in texts)])
    began = time.perf_counter()
    command = [python, "-I", place / "made" / "predict.py", place / "texts.csv", "--all"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own
    return list(csv.reader(done.stdout.splitlines(keepends=True)))[1:], time.perf_counter() - began


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    main()
