"""The paper's tables and figures from the command line, on a tiny snapshot."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import reproduce_accuracy, reproducing
from app.cli.charts import Series, line_chart
from app.cli.reproduce import reproduce
from app.cli.reproduce_accuracy import RESULTS, split_hash
from app.storage import Storage
from dvn.data.rare_classes import RareClasses
from dvn.data.split import split_dataset
from dvn.evaluation import map_of_tasks
from dvn.evaluation.rivals import layer_rival, paper_rival
from dvn.training.soft_child import train_soft
from dvn.value_network.paper_network import PaperOptions
from tests.dvn.experiences import write_experience
from tests.dvn.factories import make_dataset
from tests.dvn.ffnn_experience import ffnn_experience, named

QUICK = PaperOptions(iterations=3, runs_in_batch=4, samples_in_batch=8)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("snapshot")
    write_experience(
        folder, named(ffnn_experience(4, runs=15, twice=12, noise=0.01), {0: "cf_airline", 1: "cf_emotion"})
    )
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(*_: object) -> Sequence[object]:
        return [*(paper_rival(replace(QUICK, reads_sample=reads)) for reads in (False, True)),
                *(layer_rival(reads_task=reads) for reads in (False, True))]  # fmt: skip

    monkeypatch.setattr(reproducing, "rivals", few)
    monkeypatch.setattr(reproducing, "PAPER_NAMES", {f"task {i}": str(i) for i in range(4)} | {
        "cf_airline": "Airline", "cf_emotion": "Emotion"})  # fmt: skip
    monkeypatch.setattr(map_of_tasks, "PaperOptions", lambda: QUICK)


def ran(*arguments: object) -> Result:
    return CliRunner().invoke(reproduce, [str(argument) for argument in arguments])


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout, parse_constant=pytest.fail)


def test_table_2_prints_ours_beside_the_papers_and_table_3_fits_nothing_again(
    snapshot: Path, tmp_path: Path
) -> None:
    options = ("--snapshot", snapshot, "--out", tmp_path / "out", "--repeats", 2, "--json")
    result = ran("table2", *options)
    found = answer(result)
    assert "as in the paper, with meta-features: cf_emotion" in result.stderr
    rows = {row["task"]: row for row in found["sections"]["Leave one task out"]}
    assert rows["Airline"]["paper, with z"] == "0.826 ± 0.013"
    assert 0 < float(rows["Airline"]["ceiling"]) < 1
    assert "±" in rows["Emotion"]["process on layer summaries, with z"]
    assert float(rows["mean"]["paper, without z"]) == pytest.approx(0.8136, abs=1e-3)
    assert len(found["scores"]) == 4 * 2 * 2 * 4
    assert (tmp_path / "out" / "table2.md").read_text().startswith("# Table 2 of Kokiopoulou")
    again = ran("table3", *options)
    assert again.stderr == ""
    assert answer(again)["scores"] == found["scores"]


def test_scores_of_another_experience_are_not_taken(snapshot: Path, tmp_path: Path) -> None:
    options = ("--out", tmp_path / "out", "--repeats", 1, "--rival", "layers", "--json")
    other = tmp_path / "other"
    write_experience(other, ffnn_experience(3, runs=12))
    answer(ran("table2", "--snapshot", snapshot, *options))
    assert answer(ran("table2", "--snapshot", other, *options))["facts"]["experience"].startswith("36 runs")


def test_the_figure_of_tasks_has_a_point_for_each_number_of_tasks(snapshot: Path, tmp_path: Path) -> None:
    options = ("--snapshot", snapshot, "--out", tmp_path, "--orders", 2, "--rival", "layers", "--json")
    rows = answer(ran("figure-tasks", *options))["sections"]["process on layer summaries"]
    assert [row["training tasks"] for row in rows] == ["1", "2", "3"]
    picture = ElementTree.parse(tmp_path / "figure_tasks_spearman.svg").getroot()  # our own
    (line,) = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(line.attrib["points"].split()) == 3


def test_the_map_marks_the_task_that_is_left_out(snapshot: Path, tmp_path: Path) -> None:
    options = ("--snapshot", snapshot, "--out", tmp_path, "--batches", 2, "--task", "cf_emotion", "--json")
    found = answer(ran("figure-embeddings", *options))
    assert found["pictures"] == ["figure_embeddings_pca.svg", "figure_embeddings_tsne.svg"]
    text = (tmp_path / "figure_embeddings_pca.svg").read_text()
    assert "Emotion (left out)" in text
    assert (text.count("<circle"), text.count("rotate(45")) == (6, 2)


@pytest.mark.parametrize("command", ["figure-tasks", "figure-embeddings"])
def test_a_task_that_is_not_there_is_bad_input(command: str, snapshot: Path, tmp_path: Path) -> None:
    found = ran(command, "--snapshot", snapshot, "--out", tmp_path, "--task", "nothing")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "The snapshot has no task nothing; it has" in found.stderr


def test_names_are_escaped_and_missing_numbers_leave_no_point() -> None:
    svg = line_chart("a < b", "x", [1, 2], [Series("s & t", [0.1, float("nan")], [0, 0], [1, 1])])
    assert "a &lt; b" in svg
    assert "s &amp; t" in svg
    (line,) = ElementTree.fromstring(svg).findall("{http://www.w3.org/2000/svg}polyline")  # our own
    assert len(line.attrib["points"].split()) == 1


@pytest.fixture
def texts(tmp_path: Path) -> tuple[Path, Path]:
    """A snapshot whose first task has its texts here, and the folder with them."""
    dataset, split = split_dataset(make_dataset(120, classes=3)[0], seed=0, rare=RareClasses.keep)
    storage = Storage(tmp_path / "data")
    storage.save_dataset(dataset)
    experience = ffnn_experience(3, runs=12)
    first = replace(experience.tasks[0], content_hash=dataset.content_hash, split_hash=split_hash(split))
    write_experience(tmp_path / "with-texts", replace(experience, tasks=(first, *experience.tasks[1:])))
    return tmp_path / "with-texts", storage.datasets


def test_table_4_trains_what_is_inferred_and_goes_on_where_it_stopped(
    texts: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, datasets = texts
    trained: list[int] = []

    def soft(features: object, u: object, *, seed: int) -> object:
        trained.append(seed)
        return partial(train_soft, epochs=1)(features, u, seed=seed)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(reproduce_accuracy, "train_soft", soft)
    options = ("--snapshot", snapshot, "--datasets", datasets, "--out", tmp_path / "out", "--rival", "layers",
               "--tasks", "task 0", "--steps", 2, "--data", tmp_path / "data", "--json")  # fmt: skip
    result = ran("table4", *options, "--repeats", 1)
    row = answer(result)["sections"]["Test accuracy, the task's family left out"][0]
    assert "task 0: 1 trials, about" in result.stderr
    assert "±" in row["process on layer summaries: soft"]
    assert "±" in row["process on layer summaries: pruned"]
    assert row["best by validation"].endswith(" of 12")
    answer(ran("table4", *options, "--repeats", 2))
    assert trained == [0, 1]
    assert len((tmp_path / "out" / RESULTS).read_text().splitlines()) == 2


def test_table_4_without_the_texts_says_so(texts: tuple[Path, Path], snapshot: Path, tmp_path: Path) -> None:
    options = ("--out", tmp_path / "out", "--rival", "layers", "--repeats", 1, "--steps", 1)
    missing = ran("table4", *options, "--snapshot", snapshot, "--datasets", texts[1])
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "The texts of this dataset are not on this machine" in missing.stderr
