"""What the commands of `forethought reproduce` share: options, the experience, scores kept between them."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import click

from app.cli.experience import data_option, snapshot_folder
from app.cli.options import gathered
from app.cli.output import say
from app.experiments import checkpoints
from app.experiments.service import code_version
from app.settings import Settings, load_settings
from dvn.evaluation.paper_figures import PAPER_NAMES
from dvn.evaluation.reproduction import Score, judge_left_out
from dvn.evaluation.rivals import LAYERS, PAPER, SHIPPED, Rival, rivals
from dvn.training.single_thread import single_thread
from dvn.value_network import Experience, read_experience

SPACE: Final = "relaxed_ffnn"
FEWEST_RUNS: Final = 5
SCORES: Final = "scores.jsonl"
KINDS: Final = {"paper": PAPER, "shipped": SHIPPED, "layers": LAYERS}
"""How rivals are named on the command line."""


@dataclass(frozen=True, slots=True)
class Study:
    """Where the experience is, and where the report goes."""

    snapshot: Path | None
    out: Path
    kinds: tuple[str, ...]
    data: Path | None

    @property
    def settings(self) -> Settings:
        return load_settings(data=self.data)

    def rivals(self) -> list[Rival]:
        """The rivals asked for, all of them if none is."""
        names = [KINDS[kind] for kind in self.kinds or KINDS]
        return [rival for rival in rivals() if rival.name in names]

    def experience(self) -> Experience:
        """The paper's ten tasks, or as many of them as there are; all tasks where there is none of them.

        A task with very few runs is left out: nothing can be ranked on it.
        """
        folder = self.snapshot or checkpoints.shipped_snapshot(self.settings, SPACE)
        found = read_experience(folder, SPACE)
        runs = Counter(run.task for run in found.runs)
        place = {task.name: number for number, task in enumerate(found.tasks) if runs[number] >= FEWEST_RUNS}
        return found.of_tasks([place[name] for name in PAPER_NAMES if name in place] or list(place.values()))

    def facts(self, experience: Experience, command: str) -> Mapping[str, str]:
        """What a report says of how it was made."""
        return {
            "made by": f"`forethought reproduce {command}`",
            "version": code_version(),
            "snapshot": experience.snapshot_hash[:16],
            "experience": f"{len(experience.runs):,} runs on {len(experience.tasks)} tasks",
        }


study_options = gathered(
    "study",
    Study,
    {
        "snapshot": click.option(
            "--snapshot", type=snapshot_folder, default=None, help="Folder of `export`; the shipped one else."
        ),
        "out": click.option(
            "--out",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path("reports") / SPACE,
            show_default=True,
            help="Folder of the reports.",
        ),
        "kinds": click.option(
            "--rival", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="All if not given."
        ),
        "data": data_option,
    },
)


def paper_name(task: str) -> str:
    """What the paper calls a task."""
    return PAPER_NAMES.get(task, task)


def judged(study: Study, experience: Experience, repeats: int) -> list[Score]:
    """Scores on left-out tasks; what a folder holds already of this very experience is not done again."""
    path = study.out / SCORES
    found: list[Score] = []
    for rival in study.rivals():
        key = _key(experience, rival, repeats)
        kept = [line["score"] for line in read_lines(path) if line["key"] == key]
        if kept:
            found += [Score(**score) for score in kept]
            continue
        with single_thread():
            new = judge_left_out(experience, [rival], repeats=repeats, watch=say)
        append_lines(path, ({"key": key, "score": asdict(score)} for score in new))
        found += new
    return found


def _key(experience: Experience, rival: Rival, repeats: int) -> str:
    names = (experience.snapshot_hash, code_version(), rival.name, rival.reads_task, repeats)
    return " ".join(map(str, names))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The documents of a JSONL file; one that a killed command left half-written is no document."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def append_lines(path: Path, documents: Iterable[Mapping[str, Any]]) -> None:
    """Add documents to a JSONL file, all in one write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def mean_row(rows: Sequence[Mapping[str, float]], cell: Callable[[float], str]) -> dict[str, str]:
    """The last row of a table: the mean of each column over the tasks that have a number there."""
    columns = list(rows[0]) if rows else []
    means = {}
    for column in columns:
        values = [row[column] for row in rows if row[column] == row[column]]
        means[column] = cell(sum(values) / len(values) if values else float("nan"))
    return means
