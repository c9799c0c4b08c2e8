"""The refit of a value network, as a worker does it."""

from functools import partial
from pathlib import Path

from app.jobs.registry import job
from app.jobs.runner import RunningJob
from app.registry import service
from app.registry.refitting import Places, refit
from dvn.value_network import FitOptions


@job(service.REFIT, give_up=service.give_up)
def refit_value_network(running: RunningJob) -> None:
    """Refit, compare, promote what is better. Safe to deliver twice: the same runs give the same verdict."""
    places = Places(Path(running.arguments["data"]), Path(running.arguments["experience"]))
    options = FitOptions(**running.arguments.get("options", {}))
    load = partial(service.load_work, refit_id=running.subject_id, places=places, options=options)
    work = running.load(partial(load, skip_judged=True))
    found = refit(work, running.step)
    running.record(partial(service.store_refit, refit_id=running.subject_id, found=found))
