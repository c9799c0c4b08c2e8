"""`predict.py` as a program: files, columns, single texts, and what it says of a mistake."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dvn.bundle import CardFacts
from dvn.training import TaskFeatures, TrainedClassifier
from tests.dvn.bundle.nasty import nasty_texts
from tests.dvn.bundle.unpacked import child_of, unpacked


@pytest.fixture(scope="module")
def classifier(features: TaskFeatures, tmp_path_factory: pytest.TempPathFactory) -> TrainedClassifier:
    return child_of(features, "word pairs alone", tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="module")
def program(classifier: TrainedClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(classifier, tmp_path_factory.mktemp("bundle"), CardFacts(text_column="message"))


def run(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", program / "predict.py", *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=program.parent)


def table_of(output: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(output.decode(), newline="")))


def test_a_csv_becomes_a_line_for_each_row(
    program: Path, classifier: TrainedClassifier, tmp_path: Path
) -> None:
    texts = [text for text in nasty_texts(400) if text.isprintable() or "\n" in text or "\r" in text]
    with (tmp_path / "in.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([["id", "message"], *enumerate(texts)])
    done = run(program, tmp_path / "in.csv", "--all")
    assert (done.returncode, done.stderr) == (0, b"")
    header, *rows = table_of(done.stdout)
    assert header == ["label", *classifier.labels]
    expected = classifier.predict(texts)
    found = np.array([[float(share) for share in row[1:]] for row in rows])
    np.testing.assert_allclose(found, expected.probabilities, atol=2e-6)


def test_lines_of_a_file_and_texts_of_the_command_are_labelled(
    program: Path, classifier: TrainedClassifier, tmp_path: Path
) -> None:
    texts = ["battery screen", "ünïque flight", "film story"]
    (tmp_path / "lines.txt").write_text("\n".join(texts), encoding="utf-8")
    of_file = run(program, tmp_path / "lines.txt").stdout
    given = [argument for text in texts for argument in ("--text", text)]
    assert run(program, *given).stdout == of_file
    rows = table_of(of_file)
    assert rows[0] == ["label", "probability"]
    assert [row[0] for row in rows[1:]] == list(classifier.predict(texts).labels)


def test_the_column_is_the_one_learned_from_or_the_one_named(program: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,message,other\n1,film story,battery screen\n", encoding="utf-8")
    learned, named = run(program, tmp_path / "in.csv"), run(program, tmp_path / "in.csv", "--column", "other")
    assert learned.stdout.splitlines()[1] != named.stdout.splitlines()[1]
    assert named.stdout.splitlines()[1] == run(program, "--text", "battery screen").stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], b"give either a file or --text"),
        (["missing.csv"], b"there is no file missing.csv"),
        (
            ["in.csv", "--column", "nothing"],
            b"There is no column 'nothing'; give --column with one of id, note.",
        ),
        (["in.csv"], b"There is no column None; give --column with one of id, note."),
    ],
)
def test_a_mistake_is_said_in_a_sentence(program: Path, arguments: list[str], said: bytes) -> None:
    (program.parent / "in.csv").write_text("id,note\n1,film\n", encoding="utf-8")
    done = run(program, *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert b"Traceback" not in done.stderr
