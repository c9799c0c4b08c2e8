"""Table 4 of Kokiopoulou et al. (2019): test accuracy of what is inferred, against what trials find."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from app.cli.learning import vector_cache
from app.cli.output import answering, say
from app.cli.reports import markdown, number, plus_minus, report, write_report
from app.cli.reproducing import (
    Study,
    append_lines,
    mean_row,
    paper_name,
    read_lines,
    study_options,
)
from app.experiments.records import pack_rows
from app.experiments.service import code_version
from app.storage import MissingDatasetError
from dvn.data.rare_classes import RareClasses
from dvn.data.split import Split, split_dataset
from dvn.data.stored import read_parquet
from dvn.errors import CheckpointError
from dvn.evaluation.paper_figures import ACCURACIES
from dvn.evaluation.reproduction import Mean, kept_without
from dvn.evaluation.rivals import Rival
from dvn.evaluation.zero_trial import STEPS, Inferred, infer, trials
from dvn.training import TaskFeatures, train
from dvn.training.single_thread import single_thread
from dvn.training.soft_child import soft_seconds, train_soft
from dvn.value_network import Experience, KnownTask

RESULTS: Final = "table4.jsonl"
_FIT_SECONDS, _PRUNED_SHARE = 20.0, 0.05
"""CPU seconds of one fit and ascent, and the cost of a pruned child beside the soft one: rough."""


class OtherSplitError(CheckpointError):
    """The texts are here, but their split is not the one of the snapshot."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The stored texts of {name} are split otherwise than in the snapshot; "
            "`forethought populate` and `forethought export` make a new one."
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """What is trained: soft or pruned, of one repeat of a rival, on one task."""

    task: KnownTask
    place: int
    rival: Rival
    repeat: int

    def key(self, snapshot: str, steps: int) -> str:
        """Names the result in the file that a stopped command goes on with."""
        names = (snapshot, code_version(), self.task.name, self.rival.name, self.rival.reads_task)
        return " ".join(map(str, (*names, self.repeat, steps)))


@click.command("table4")
@answering(markdown)
@study_options
@click.option("--repeats", type=click.IntRange(min=1), default=10, show_default=True, help="As the paper's.")
@click.option("--steps", type=click.IntRange(min=1), default=STEPS, show_default=True, help="Of ascent.")
@click.option(
    "--datasets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Folder of stored datasets; that of the data folder otherwise.",
)
@click.option("--tasks", "names", default=None, help="Names with commas; all otherwise.")
@click.option("--pruned-only", is_flag=True, help="Train no soft child, which is most of the cost.")
def table4(
    study: Study, repeats: int, steps: int, datasets: Path | None, names: str | None, *, pruned_only: bool
) -> Mapping[str, Any]:
    """Test accuracy of the inferred architecture, soft and pruned; resumes where it was stopped."""
    experience = study.experience()
    folder = datasets or study.settings.data / "datasets"
    rivals = [rival for rival in study.rivals() if rival.reads_task]
    wanted = None if names is None else [name.strip() for name in names.split(",")]
    chosen = [
        (place, task) for place, task in enumerate(experience.tasks) if wanted is None or task.name in wanted
    ]
    path = study.out / RESULTS
    for place, task in chosen:
        left = [
            trial
            for rival in rivals
            for repeat in range(repeats)
            if not _known(path, (trial := Trial(task, place, rival, repeat)), experience, steps, pruned_only)
        ]
        if left:
            with single_thread():
                _train_all(study, experience, folder, left, _Effort(path, steps, pruned_only))
    found = _report(study, experience, chosen, rivals, read_lines(path), (repeats, steps))
    write_report(study.out, "table4", found)
    return found


@dataclass(frozen=True, slots=True)
class _Effort:
    path: Path
    steps: int
    pruned_only: bool


def _known(path: Path, trial: Trial, experience: Experience, steps: int, pruned_only: bool) -> bool:  # noqa: FBT001  # private
    key = trial.key(experience.snapshot_hash, steps)
    return any(line["key"] == key and (pruned_only or line["soft"] is not None) for line in read_lines(path))


def _train_all(
    study: Study, experience: Experience, folder: Path, left: Sequence[Trial], effort: _Effort
) -> None:
    task, place = left[0].task, left[0].place
    features = _features(study, folder, task)
    known = kept_without(experience, place, "family")
    told = False
    for trial, inferred in _inferred(known, left, effort.steps):
        if not told:
            each = 0.0 if effort.pruned_only else soft_seconds(features, inferred.u)
            cost = len(left) * (each * (1 + _PRUNED_SHARE) + _FIT_SECONDS) / 60
            say(f"{task.name}: {len(left)} trials, about {cost:.1f} CPU minutes.")
            told = True
        soft = None if effort.pruned_only else train_soft(features, inferred.u, seed=trial.repeat)
        pruned = train(
            features.dataset, features.split, inferred.pruned, features=features, seed=trial.repeat
        ).outcome
        document = {
            "key": trial.key(experience.snapshot_hash, effort.steps),
            "task": task.name,
            "rival": trial.rival.name,
            "repeat": trial.repeat,
            "architecture": dict(inferred.pruned.decisions),
            "value": inferred.value,
            "pruned_value": inferred.pruned_value,
            "soft": soft and soft.test_accuracy,
            "soft_seconds": soft and soft.seconds,
            "pruned": float(pruned.metrics["test", "accuracy"]),
            "pruned_seconds": pruned.cost.train_seconds,
        }
        append_lines(effort.path, [document])


def _inferred(known: Experience, left: Sequence[Trial], steps: int) -> Iterator[tuple[Trial, Inferred]]:
    """Each trial with the answer for its task, rival by rival."""
    for rival in {trial.rival.name: trial.rival for trial in left}.values():
        mine = [trial for trial in left if trial.rival.name == rival.name]
        for trial, fitted in zip(mine, rival.fit(known, [trial.repeat for trial in mine]), strict=True):
            if fitted.value is not None:
                value = fitted.value(trial.task)
                yield trial, infer(known.space, value, seed=trial.repeat, steps=steps)


def _features(study: Study, folder: Path, task: KnownTask) -> TaskFeatures:
    path = folder / f"{task.content_hash}.parquet"
    if not path.exists():
        raise MissingDatasetError
    dataset, split = split_dataset(read_parquet(path), seed=0, rare=RareClasses.keep)
    if split_hash(split) != task.split_hash:
        raise OtherSplitError(task.name)
    return TaskFeatures(dataset, split, vector_cache(study.settings))


def split_hash(split: Split) -> str:
    """The fingerprint that the experiment database gives a split."""
    parts = [pack_rows(rows) for rows in (split.train, split.validation, split.test)]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _report(
    study: Study,
    experience: Experience,
    chosen: Sequence[tuple[int, KnownTask]],
    rivals: Sequence[Rival],
    lines: Sequence[Mapping[str, Any]],
    pace: tuple[int, int],
) -> Mapping[str, Any]:
    repeats, steps = pace
    by_key = {result["key"]: result for result in lines}
    rows, numbers = [], []
    for place, task in chosen:
        row, line = _trial_cells(experience, place, task)
        for rival in rivals:
            made = [Trial(task, place, rival, repeat) for repeat in range(repeats)]
            keys = [trial.key(experience.snapshot_hash, steps) for trial in made]
            mine = [by_key[key] for key in keys if key in by_key]
            for kind in ("soft", "pruned"):
                mean = Mean.of(result[kind] for result in mine if result[kind] is not None)
                column = f"{rival.name}: {kind}"
                line[column], row[column] = mean.mean, plus_minus(mean.mean, mean.std)
        rows.append(row)
        numbers.append(line)
    rows.append({"task": "mean", **mean_row(numbers, number)})
    return report(  # type: ignore[no-any-return]  # a report is a mapping
        "Table 4 of Kokiopoulou et al. (2019), reproduced",
        study.facts(experience, f"table4 --repeats {repeats} --steps {steps}"),
        {"Test accuracy, the task's family left out": rows},
        notes=[
            f"Mean ± standard deviation over {repeats} repeats: another fit, other starts, another seed of "
            "the child. Soft: the mixture at the point that the ascent ends at. Pruned: the best, re-scored, "
            "of rounded ends and starts. The first ten are random architectures of the task.",
        ],
        results=[line for line in lines if line["key"].startswith(experience.snapshot_hash)],
    )


def _trial_cells(
    experience: Experience, place: int, task: KnownTask
) -> tuple[dict[str, str], dict[str, float]]:
    """What the paper printed and what recorded trials reach, as texts and as numbers."""
    found, printed = trials(experience, place), ACCURACIES.get(task.name)
    pairs = {
        "paper: first ten": printed and printed.first_ten,
        "paper: search": printed and Mean(printed.search, 0.0),
        "paper: proposed": printed and printed.proposed,
        "first ten": found.first_ten,
    }
    row = {name: plus_minus(pair.mean, pair.std) if pair else "-" for name, pair in pairs.items()}
    line = {name: pair.mean if pair else np.nan for name, pair in pairs.items()}
    if printed:
        row["paper: search"] = number(printed.search)
    row["best by validation"] = f"{found.best:.3f} of {found.trained}"
    line["best by validation"] = found.best
    return {"task": paper_name(task.name), **row}, line
