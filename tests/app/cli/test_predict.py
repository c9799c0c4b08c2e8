"""`forethought predict`: a label for every row, in its order."""

import csv
import io
import json
from pathlib import Path

import pytest

from app.cli import labelling
from dvn.training import TrainedClassifier
from tests.app.cli.conftest import WORDS, Invoke
from tests.synthetic import csv_of, texts_of

TEXTS = [text for text, _ in texts_of(30, seed=5)]


@pytest.fixture
def texts_csv(tmp_path: Path) -> Path:
    """Thirty texts without labels, the fourth and the last of them empty."""
    path = tmp_path / "texts.csv"
    texts = [*TEXTS[:3], "", *TEXTS[3:], ""]
    path.write_bytes(csv_of([(number, text) for number, text in enumerate(texts)], header=("id", "text")))
    return path


def read(document: str) -> list[tuple[str, float]]:
    rows = list(csv.reader(io.StringIO(document)))
    assert rows[0] == ["label", "probability"]
    return [(label, float(probability)) for label, probability in rows[1:]]


def test_every_row_gets_its_label_in_order(invoke: Invoke, classifier: Path, texts_csv: Path) -> None:
    result = invoke("predict", classifier, texts_csv)
    assert result.exit_code == 0, result.stderr
    found = read(result.stdout)
    assert len(found) == len(TEXTS) + 2
    expected = TrainedClassifier.load(classifier).predict([*TEXTS[:3], "", *TEXTS[3:], ""])
    assert [label for label, _ in found] == list(expected.labels)
    assert [share for _, share in found] == pytest.approx(expected.confidences.tolist(), abs=1e-6)


def test_what_was_learned_is_predicted(invoke: Invoke, classifier: Path, tmp_path: Path) -> None:
    pairs = texts_of(60, seed=9)
    file = tmp_path / "new.csv"
    file.write_bytes(csv_of(pairs))
    found = read(invoke("predict", classifier, file).stdout)
    right = sum(label == truth for (label, _), (_, truth) in zip(found, pairs, strict=True))
    assert right >= 50


def test_batches_change_nothing(
    invoke: Invoke, classifier: Path, texts_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = invoke("predict", classifier, texts_csv).stdout
    monkeypatch.setattr(labelling, "BATCH_TEXTS", 7)
    assert invoke("predict", classifier, texts_csv).stdout == whole


def test_lines_without_header_or_columns_are_texts(invoke: Invoke, classifier: Path, tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("my parcel is late, again\n\nrefund my money\n")
    assert len(read(invoke("predict", classifier, file).stdout)) == 3


def test_predictions_go_to_a_file(invoke: Invoke, classifier: Path, place: Path, texts_csv: Path) -> None:
    expected = invoke("predict", classifier, texts_csv).stdout
    result = invoke("predict", classifier, texts_csv, "--out", "labels.csv")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert (place / "labels.csv").read_text() == expected
    assert [path.name for path in place.iterdir()] == ["labels.csv"]


def test_json_is_one_document_with_or_without_a_file(
    invoke: Invoke, classifier: Path, place: Path, texts_csv: Path
) -> None:
    found = json.loads(invoke("predict", classifier, texts_csv, "--json").stdout)
    assert len(found["predictions"]) == found["rows"] == sum(found["labels"].values()) == len(TEXTS) + 2
    assert found["out"] is None
    written = json.loads(invoke("predict", classifier, texts_csv, "--json", "--out", "labels.csv").stdout)
    kept = {name: found[name] for name in ("rows", "labels", "abstained")}
    assert written == {**kept, "out": str(place / "labels.csv")}


def test_json_is_one_document_over_several_batches(
    invoke: Invoke, classifier: Path, texts_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling, "BATCH_TEXTS", 7)
    assert json.loads(invoke("predict", classifier, texts_csv, "--json").stdout)["rows"] == len(TEXTS) + 2


def test_no_rows_are_no_predictions(invoke: Invoke, classifier: Path, tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("text\n")
    assert invoke("predict", classifier, tmp_path / "none.csv").stdout == "label,probability\n"
    found = json.loads(invoke("predict", classifier, tmp_path / "none.csv", "--json").stdout)
    assert found == {"predictions": [], "rows": 0, "out": None, "labels": {}, "abstained": 0}


def test_below_the_threshold_there_is_no_label(invoke: Invoke, classifier: Path, texts_csv: Path) -> None:
    whole = read(invoke("predict", classifier, texts_csv).stdout)
    middle = sorted(share for _, share in whole)[len(whole) // 2]
    found = read(invoke("predict", classifier, texts_csv, "--abstain-below", f"{middle + 5e-7:.7f}").stdout)
    assert [share for _, share in found] == [share for _, share in whole]
    assert found == [(label if share > middle else "", share) for label, share in whole]
    arguments = ("--abstain-below", 1, "--json")
    document = json.loads(invoke("predict", classifier, texts_csv, *arguments).stdout)
    assert (document["abstained"], document["labels"]) == (len(whole), {})
    assert document["predictions"][0]["label"] is None


def test_words_that_decided_are_told_if_wanted(invoke: Invoke, classifier: Path, tmp_path: Path) -> None:
    text = "please refund my money today"
    (tmp_path / "one.csv").write_bytes(csv_of([[text], [""]], header=["text"]))
    lines = invoke("predict", classifier, tmp_path / "one.csv", "--explain").stdout
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert rows[0]["words"].split()[0].split(":")[0] in {"refund", "money"}
    assert rows[1]["words"] == ""
    document = json.loads(invoke("predict", classifier, tmp_path / "one.csv", "--explain", "--json").stdout)
    words = document["predictions"][0]["words"]
    assert [word["word"] for word in words] == text.split()
    assert all(text[word["start"] : word["end"]] == word["word"] for word in words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"id,text\n1,foo\n2,bar,x\n", "Row 2 (line 3)"),
        (b"id,text\n" + b"1,fine\n" * 9_000 + b"2,bad\0one\n", "NUL byte"),
        (bytes(range(256)) * 40, "binary"),
    ],
)
@pytest.mark.parametrize("out", [[], ["--out", "labels.csv"]])
def test_a_bad_row_is_named_before_anything_is_written(
    content: bytes, words: str, out: list[str], invoke: Invoke, classifier: Path, place: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    result = invoke("predict", classifier, tmp_path / "bad.csv", *out)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""
    assert list(place.iterdir()) == []


def test_a_column_that_is_not_there_is_named(invoke: Invoke, classifier: Path, texts_csv: Path) -> None:
    result = invoke("predict", classifier, texts_csv, "--text", "body")
    assert result.exit_code == 2
    assert "There is no column 'body'" in result.stderr


def test_a_folder_without_a_classifier_ends_with_2(invoke: Invoke, place: Path, texts_csv: Path) -> None:
    result = invoke("predict", place, texts_csv)
    assert result.exit_code == 2
    assert "classifier.json" in result.stderr


def test_a_damaged_classifier_ends_with_2(
    invoke: Invoke, classifier: Path, place: Path, texts_csv: Path
) -> None:
    broken = place / "broken"
    broken.mkdir()
    for file in classifier.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "weights.safetensors").write_bytes(b"not these")
    result = invoke("predict", broken, texts_csv)
    assert result.exit_code == 2
    assert "damaged" in result.stderr


def test_predictions_never_replace_the_texts(invoke: Invoke, classifier: Path, texts_csv: Path) -> None:
    before = texts_csv.read_bytes()
    result = invoke("predict", classifier, texts_csv, "--out", texts_csv)
    assert result.exit_code == 2
    assert texts_csv.read_bytes() == before


@pytest.mark.parametrize("out", ["/dev/null", "."])
def test_only_ordinary_files_are_written(out: str, invoke: Invoke, classifier: Path, texts_csv: Path) -> None:
    result = invoke("predict", classifier, texts_csv, "--out", out)
    assert result.exit_code == 2
    assert "no ordinary file" in result.stderr


def test_labels_with_commas_are_quoted(invoke: Invoke, tmp_path: Path, place: Path) -> None:
    renamed = [(text, {"praise": "good, kind"}.get(label, label)) for text, label in texts_of(80)]
    (tmp_path / "named.csv").write_bytes(csv_of(renamed))
    invoke("train", tmp_path / "named.csv", "--architecture", WORDS, "--out", "made")
    found = read(invoke("predict", "made", tmp_path / "named.csv").stdout)
    assert {label for label, _ in found} == {"good, kind", "delivery", "refund", "account"}
