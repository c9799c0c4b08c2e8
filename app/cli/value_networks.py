"""Commands that make and judge value networks: fit, evaluate, checkpoints. None needs a database."""

import math
import multiprocessing
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import click
import torch

from app.cli.experience import data_option, space_option
from app.cli.options import gathered
from app.cli.output import answering, say, table
from app.cli.records import card_of_checkpoint, write_track_record
from app.experiments import checkpoints
from app.settings import Settings, load_settings
from dvn.architecture import SPACES
from dvn.evaluation import (
    BEST_ON_AVERAGE,
    PROCESS_LINE,
    Comparison,
    Summary,
    TaskScore,
    compare_all,
    leave_one_family_out,
    summarise,
)
from dvn.value_network import Experience, FitOptions, Metric, read_experience


@dataclass(frozen=True, slots=True)
class Source:
    """What a value network is fitted to or judged by."""

    space: str
    snapshot: Path | None
    metric: Metric

    def folder(self, settings: Settings) -> Path:
        return self.snapshot or checkpoints.shipped_snapshot(settings, self.space)

    def experience(self, settings: Settings) -> Experience:
        return read_experience(self.folder(settings), self.space, self.metric)


source_options = gathered(
    "source",
    Source,
    {
        "space": space_option,
        "snapshot": click.option(
            "--snapshot",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Folder that `forethought export` wrote; the shipped one otherwise.",
        ),
        "metric": click.option(
            "--metric",
            type=click.Choice(get_args(Metric)),
            default="accuracy",
            show_default=True,
            help="What runs are scored by.",
        ),
    },
)


@click.command("fit")
@answering(lambda found: f"The checkpoint {found['checkpoint']} is in {found['folder']}.")
@source_options
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=None, help="Folder.")
@click.option("--seed", default=0, show_default=True, help="Draws weights and batches.")
@data_option
def fit(source: Source, out: Path | None, seed: int, data: Path | None) -> Mapping[str, Any]:
    """Fit a value network to a snapshot, with intervals calibrated on left-out families."""
    torch.set_num_threads(1)
    settings = load_settings(data=data)
    experience = source.experience(settings)
    say(f"Fitting to {len(experience.runs)} runs on {len(experience.tasks)} tasks.")
    what = source.space if source.metric == "accuracy" else f"{source.space}-{source.metric}"
    name = f"{what}-{experience.snapshot_hash[:16]}-{seed}"
    folder = out or checkpoints.fitted_folder(settings, name)
    options = FitOptions(seed=seed)
    checkpoint = checkpoints.fit_into(folder, experience, options=options, watch=say)
    return {
        "checkpoint": checkpoint.id,
        "folder": str(folder),
        "space": source.space,
        "metric": source.metric,
        "tasks": len(experience.tasks),
        "runs": len(experience.runs),
        "snapshot_hash": experience.snapshot_hash,
        "calibration": asdict(checkpoint.calibration),
    }


@click.command("evaluate")
@answering(lambda found: "\n\n".join(table(found[part]) for part in ("summary", "paired") if part in found))
@source_options
@click.option("--seed", default=0, show_default=True, help="Draws weights and batches.")
@click.option(
    "--track-record",
    "record_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=None,
    help="Write there what is predicted for every left-out task and what came out, in place of the table.",
)
@click.option(
    "--processes", type=click.IntRange(min=1), default=os.cpu_count() or 1, show_default="one a core"
)
@data_option
def evaluate(
    source: Source,
    seed: int,
    record_file: Path | None,
    processes: int,
    data: Path | None,
) -> Mapping[str, Any]:
    """Print Spearman, regret and catch-up on families left out, and paired comparisons with baselines."""
    settings = load_settings(data=data)
    folder, experience = source.folder(settings), source.experience(settings)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=torch.set_num_threads, initargs=(1,)
    ) as executor:
        if record_file is not None:
            return write_track_record(
                settings, folder, experience, FitOptions(seed=seed), file=record_file, executor=executor
            )
        scores = leave_one_family_out(
            experience,
            FitOptions(seed=seed),
            executor=executor,
            watch=lambda done, total: say(f"{done} of {total} families"),
        )
    return {
        "space": source.space,
        "metric": source.metric,
        "snapshot_hash": experience.snapshot_hash,
        "tasks": len(experience.tasks),
        "runs": len(experience.runs),
        "summary": [_document(line) for line in summarise(scores)],
        "paired": [
            _document(one) for rival in (BEST_ON_AVERAGE, PROCESS_LINE) for one in compare_all(scores, rival)
        ],
        "scores": [_document(score) for score in scores],
    }


def _document(found: Summary | TaskScore | Comparison) -> Mapping[str, Any]:
    """Fields by name; a number that does not exist is null, for JSON knows no NaN."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in asdict(found).items()
    }


@click.command("checkpoints")
@answering(lambda found: found["card"].rstrip() if "card" in found else table(found["checkpoints"]))
@click.option("--card", metavar="ID", default=None, help="Print the model card of one, as Markdown.")
@data_option
def list_checkpoints(card: str | None, data: Path | None) -> Mapping[str, Any]:
    """Show the value networks that ship and those fitted here."""
    settings = load_settings(data=data)
    if card is not None:
        return {"card": card_of_checkpoint(settings, card)}
    found = checkpoints.found_checkpoints(settings, list(SPACES))
    rows = [
        {
            "id": each.checkpoint.id,
            "space": each.checkpoint.space,
            "metric": each.checkpoint.metric,
            "tasks": len(each.checkpoint.landmarks.names),
            "shipped": each.is_shipped,
            "snapshot": each.checkpoint.snapshot_hash[:12],
            "folder": str(each.folder),
        }
        for each in found
    ]
    return {"checkpoints": rows}
