"""A bundle in an environment of its own, without torch or this program, predicts as the service does."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dvn.bundle.predict import FILE_BATCH
from dvn.training import TaskFeatures
from tests.dvn.bundle.nasty import nasty_texts
from tests.dvn.bundle.unpacked import saved_and_loaded, unpacked
from tests.dvn.factories import make_architecture

ROWS = 1_000
NO_REGISTRY = ("Could not find a version", "Connection", "NewConnectionError", "Name or service")


def test_a_thousand_texts_get_the_same_labels_without_torch(features: TaskFeatures, tmp_path: Path) -> None:
    """One encoder, one table of another tokeniser and all n-grams: every library that a bundle may need."""
    architecture = make_architecture(
        encoder="use",
        table="wordllama",
        ngrams="pairs_and_characters",
        normalisation="layer",
        tune_table=True,
    )
    classifier = saved_and_loaded(features, architecture, tmp_path / "saved")
    program = unpacked(classifier, tmp_path)
    python = fresh_environment(tmp_path / "venv", program / "requirements.txt")
    without = (
        "import importlib.util as u; print([u.find_spec(n) for n in ('torch', 'dvn', 'sklearn', 'scipy')])"
    )
    assert output_of(python, "-c", without).strip() == b"[None, None, None, None]"
    texts = [text.encode("utf-8", "replace").decode() for text in nasty_texts(ROWS)]
    with (tmp_path / "texts.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["text"], *([text] for text in texts)])
    output = output_of(python, program / "predict.py", tmp_path / "texts.csv", "--all")
    rows = list(csv.reader(io.StringIO(output.decode(), newline="")))[1:]
    parts = [classifier.predict(texts[start : start + FILE_BATCH]) for start in range(0, ROWS, FILE_BATCH)]
    expected = np.concatenate([part.probabilities for part in parts])
    found = np.array([[float(share) for share in row[1:]] for row in rows])
    np.testing.assert_allclose(found, expected, atol=1.1e-5, rtol=0)
    best = np.sort(expected, axis=1)
    clear = best[:, -1] - best[:, -2] > 1e-4
    labels = [label for part in parts for label in part.labels]
    assert np.array([row[0] for row in rows])[clear].tolist() == np.array(labels)[clear].tolist()


def fresh_environment(folder: Path, requirements: Path) -> Path:
    """The interpreter of a new environment with what the bundle names, and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--no-compile", "-r", requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 and any(words in done.stderr for words in NO_REGISTRY):
        pytest.skip(f"not run: no package registry ({done.stderr.splitlines()[-1][:200]})")
    assert done.returncode == 0, done.stderr
    return python


def output_of(python: Path, *arguments: str | Path) -> bytes:
    done = subprocess.run([python, "-I", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
