"""Commands that change which value network answers: refit, promote, rollback."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import torch

from app.cli.experience import data_option, opened, space_option
from app.cli.output import answering, say, table
from app.db.session import transaction
from app.experiments.checkpoints import found_checkpoints
from app.jobs.tables import JobState
from app.registry import queries, service
from app.registry.refitting import Places, refit
from app.settings import Settings
from dvn.architecture import SPACES
from dvn.value_network import Checkpoint, FitOptions


@click.command("refit")
@answering(lambda found: refit_words(found))
@space_option
@data_option
def refit_command(space: str, data: Path | None) -> Mapping[str, Any]:
    """Fit a value network to all runs known here; promote it if it is better on families left out.

    Both it and what answers now are fitted anew without the families of each of five folds, by the same
    recipe, and rank the same recorded runs. Promoted is what has no higher mean regret and no lower rank
    correlation, and is better by one of them.
    """
    torch.set_num_threads(1)
    with opened(data) as (settings, engine, _):
        places = Places(settings.data, settings.experience)
        with transaction(engine) as session:
            refit_id = service.start_refit(session, space)
            work = service.load_work(session, refit_id, places, options=FitOptions())
        told: list[str] = []
        try:
            found = refit(work, lambda _, words: _say_once(told, words))
        except BaseException as error:
            state = JobState.cancelled if isinstance(error, KeyboardInterrupt) else JobState.failed
            with transaction(engine) as session:
                service.give_up(session, refit_id, state, str(error) or "Stopped.")
            raise
        with transaction(engine) as session:
            return service.store_refit(session, refit_id, found)


@click.command("promote")
@answering(lambda found: f"The checkpoint {found['checkpoint']} answers for {found['space']} from now on.")
@click.argument("checkpoint_id", metavar="ID")
@data_option
def promote(checkpoint_id: str, data: Path | None) -> Mapping[str, Any]:
    """Put the checkpoint ID to use, whatever its scores; a running service switches at once."""
    with opened(data) as (settings, engine, _), transaction(engine) as session:
        folder, checkpoint = _found(settings, checkpoint_id)
        service.promote(session, checkpoint, folder)
        return {"checkpoint": checkpoint.id, "space": checkpoint.space, "folder": str(folder)}


@click.command("rollback")
@answering(
    lambda found: f"{found['withdrawn']} is withdrawn; for {found['space']} answers {found['answering']}."
)
@space_option
@data_option
def rollback(space: str, data: Path | None) -> Mapping[str, Any]:
    """Withdraw the promoted checkpoint: the one promoted before it, or the shipped one, answers again."""
    with opened(data) as (_, engine, _), transaction(engine) as session:
        withdrawn, answering_now = service.roll_back(session, space)
        name = "the shipped checkpoint" if answering_now is None else answering_now.id
        return {"space": space, "withdrawn": withdrawn.id, "answering": name}


@click.command("promotions")
@answering(lambda found: table(found["promotions"]))
@data_option
def list_promotions(data: Path | None) -> Mapping[str, Any]:
    """Show which checkpoints were put to use and when; a dash: not withdrawn."""
    with opened(data) as (_, engine, _), transaction(engine) as session:
        rows = [
            {
                "checkpoint": checkpoint.id,
                "space": checkpoint.space,
                "promoted": promotion.created_at.isoformat(timespec="seconds"),
                "withdrawn": promotion.withdrawn_at.isoformat(timespec="seconds")
                if promotion.withdrawn_at
                else "-",
                "by": "refit" if promotion.refit_id else "operator",
            }
            for promotion, checkpoint in queries.promotions(session)
        ]
    return {"promotions": rows}


def refit_words(found: Mapping[str, Any]) -> str:
    """The verdict with its figures as a table of both sides."""
    figures = found["figures"]
    head = f"{found['state'].replace('_', ' ')}: {found['sentence']}"
    if not figures:
        return head
    sides = {"old": found["compared_with"] or "shipped", "new": found["checkpoint_id"] or "candidate"}
    rows = [
        {
            "side": side,
            "checkpoint": name,
            "regret, points": 100 * figures[f"{side}_regret"],
            "Spearman": figures[f"{side}_spearman"],
        }
        for side, name in sides.items()
    ]
    wins = (
        f"of {figures['families']} families, by regret, {figures['better']} better, {figures['worse']} worse"
    )
    return f"{table(rows)}\n{wins}\n{head}"


def _found(settings: Settings, checkpoint_id: str) -> tuple[Path, Checkpoint]:
    for each in found_checkpoints(settings, list(SPACES)):
        if each.checkpoint.id == checkpoint_id:
            return each.folder, each.checkpoint
    raise service.UnknownCheckpointError(checkpoint_id)


def _say_once(told: list[str], words: str) -> None:
    if words not in told:
        told.append(words)
        say(words)
