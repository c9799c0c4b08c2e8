"""What is known of a value network becomes a file: its track record, its model card."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.cli.output import say
from app.errors import BadInputError
from app.experience.known import known_experience
from app.experience.value_networks import card_of, shipped_record
from app.experiments import checkpoints
from app.experiments.service import code_version
from app.settings import Settings
from dvn.architecture import SPACES
from dvn.evaluation.left_out_predictions import Provenance, track_record
from dvn.evaluation.model_card import to_markdown
from dvn.evaluation.track_record import TrackRecord
from dvn.value_network import Experience, FitOptions
from dvn.value_network.snapshot import TASKS, read_rows

NONE = "none"
"""In place of a checkpoint's id where none was fitted to the snapshot."""


class UnknownCardError(BadInputError):
    def __init__(self, wanted: str, known: list[str]) -> None:
        super().__init__(f"There is no value network {wanted!r}; there is {', '.join(known) or 'none'}.")


def write_track_record(
    settings: Settings,
    snapshot: Path,
    experience: Experience,
    options: FitOptions,
    *,
    file: Path,
    executor: Executor,
) -> Mapping[str, Any]:
    """Predict every task without its family, write the record, and answer its figures."""
    found = checkpoints.found_checkpoints(settings, [experience.space])
    same = (each.checkpoint.id for each in found if each.checkpoint.snapshot_hash == experience.snapshot_hash)
    made = Provenance(
        checkpoint=next(same, NONE),
        code_version=code_version(),
        command=f"forethought evaluate --space {experience.space} --seed {options.seed} --track-record FILE",
        made_at=datetime.now(UTC),
    )
    languages = {row["name"]: row["language"] for row in read_rows(snapshot, TASKS)}
    record = track_record(
        experience,
        options,
        made,
        executor=executor,
        languages=languages,
        watch=lambda done, total: say(f"{done} of {total} folds of families"),
    )
    record.save(file)
    return {"file": str(file), "checkpoint": record.checkpoint, "summary": [_figures(record)]}


def card_of_checkpoint(settings: Settings, wanted: str) -> str:
    """The model card of a checkpoint that ships or was fitted here, as Markdown.

    Raises:
        UnknownCardError: There is none of that id.
    """
    found = {each.checkpoint.id: each for each in checkpoints.found_checkpoints(settings, list(SPACES))}
    if wanted not in found:
        raise UnknownCardError(wanted, sorted(found))
    checkpoint = found[wanted].checkpoint
    record = shipped_record(settings, checkpoint.space)
    return to_markdown(card_of(checkpoint.manifest(), known_experience(settings), record))


def _figures(record: TrackRecord) -> Mapping[str, Any]:
    standing = asdict(record.against_best_on_average)
    return {
        "tasks": len(record.tasks),
        "covered": record.coverage.covered,
        "coverage": record.coverage.share,
        "width": record.mean_width,
        "error": record.mean_error,
        "regret": record.mean_regret,
        **{name: standing[name] for name in ("wins", "losses", "ties")},
    }
