"""The present experience becomes a candidate, if it teaches more than what answers now has learned from.

The present experience is the snapshot that ships joined with the runs of the database as `forethought export`
would write them, so that nothing trains here which could not be shared.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from app.experiments.checkpoints import CHECKPOINT, FITTED, SNAPSHOT
from app.registry.tables import RefitState
from app.storage import replacing
from dvn.errors import CheckpointError
from dvn.evaluation.comparison import Verdict, compare, verdict
from dvn.value_network import Checkpoint, Experience, FitOptions, make_checkpoint, read_experience
from dvn.value_network.joined import RunKeys, join, of_runs, run_keys

FEWEST_RUNS: Final = 5
"""A user's task with fewer runs is not learned from: scores are normalised within a task, so that one run
alone would look average whatever it reached."""

REFIT_PREFIX: Final = "refit-"
_SHARE_OF_COMPARING: Final = 0.6

_NOTHING_NEW: Final = "There is no run that the present value network has not learned from."
_JUDGED: Final = "A value network of these very runs was found no better, or was rolled back, before."

Tell = Callable[[float, str], object]
"""Told progress in [0, 1], and words."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folder of the data and that of what ships."""

    data: Path
    experience: Path

    def shipped_checkpoint(self, space: str) -> Path:
        return self.experience / space / CHECKPOINT

    def shipped_snapshot(self, space: str) -> Path:
        return self.experience / space / SNAPSHOT


@dataclass(frozen=True, slots=True)
class RefitWork:
    """What a refit needs, out of any transaction.

    `recorded` is the experience of the database; `answering` the folder of the checkpoint that is promoted
    and its runs, where they are known; `judged` the runs of candidates that need no second look.
    """

    space: str
    places: Places
    recorded: Experience
    answering: Path | None
    answering_keys: RunKeys | None
    options: FitOptions
    judged: tuple[RunKeys, ...] = ()


@dataclass(frozen=True, slots=True)
class Refitted:
    """How a refit ended. Without `checkpoint` the present value network stays; `keys` are the runs judged."""

    state: RefitState
    sentence: str
    tasks: int
    runs: int
    keys: RunKeys
    verdict: Verdict | None = None
    checkpoint: Checkpoint | None = None
    folder: Path | None = None


def refit(work: RefitWork, tell: Tell) -> Refitted:
    """A candidate put in its folder, or the reason why there is none.

    Raises:
        CheckpointError: The shipped snapshot cannot be read, or there is no run at all.
    """
    present = present_experience(work)
    keys = run_keys(present)
    ended = partial(Refitted, tasks=len(present.tasks), runs=len(present.runs), keys=keys)
    known = known_part(work, present)
    if known is None:
        sentence = "No value network answered for this space, so there was none to compare with."
        return _made(work, present, None, sentence, tell)
    if np.array_equal(run_keys(known), keys):
        return ended(RefitState.nothing_new, _NOTHING_NEW)
    if any(np.array_equal(judged, keys) for judged in work.judged):
        return ended(RefitState.nothing_new, _JUDGED)
    found = verdict(
        compare(known, present, work.options, watch=lambda done, folds: _tell_fold(tell, done, folds))
    )
    if not found.is_better:
        return ended(RefitState.kept, _reason(found), verdict=found)
    return _made(work, present, found, _reason(found), tell)


def present_experience(work: RefitWork) -> Experience:
    """All that may be learned from: what ships and what was recorded here, but tasks of too few runs."""
    shipped = shipped_experience(work.places, work.space)
    joined = work.recorded if shipped is None else join(shipped, work.recorded)
    counts = Counter(run.task for run in joined.runs)
    kept = [i for i, task in enumerate(joined.tasks) if task.has_sample or counts[i] >= FEWEST_RUNS]
    return joined.of_tasks(kept)


def shipped_experience(places: Places, space: str) -> Experience | None:
    """The experience that ships for a space, if one does."""
    folder = places.shipped_snapshot(space)
    return read_experience(folder, space) if folder.is_dir() else None


def known_part(work: RefitWork, present: Experience) -> Experience | None:
    """The part of the present experience that the answering value network learned from; None: none answers.

    One that was promoted but cannot be loaded does not answer: the one that ships does.
    """
    promoted = loaded(work.answering)
    if promoted is not None and work.answering_keys is not None:
        return of_runs(present, work.answering_keys)
    answering = promoted or loaded(work.places.shipped_checkpoint(work.space))
    if answering is None:
        return None
    shipped = shipped_experience(work.places, work.space)
    if shipped is not None and answering.snapshot_hash == shipped.snapshot_hash:
        return of_runs(present, run_keys(shipped))
    # Its runs are not on record: to credit it with all runs of its tasks makes it harder to beat.
    content = set(answering.landmarks.content_hashes)
    return present.of_tasks([i for i, task in enumerate(present.tasks) if task.content_hash in content])


def loaded(folder: Path | None) -> Checkpoint | None:
    """The checkpoint of a folder, if it can be used."""
    try:
        return None if folder is None else Checkpoint.load(folder)
    except CheckpointError:
        return None


def _made(work: RefitWork, present: Experience, found: Verdict | None, sentence: str, tell: Tell) -> Refitted:
    def watch(words: str) -> None:
        tell(_SHARE_OF_COMPARING, words[:1].upper() + words[1:])

    scores = {} if found is None else found.figures()
    checkpoint = make_checkpoint(present, work.options, scores=scores, watch=watch)
    folder = work.places.data / FITTED / f"{REFIT_PREFIX}{work.space}-{checkpoint.id}"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(folder) as draft:
        checkpoint.save(draft)
    return Refitted(
        state=RefitState.promoted,
        sentence=sentence,
        tasks=len(present.tasks),
        runs=len(present.runs),
        verdict=found,
        checkpoint=checkpoint,
        folder=folder,
        keys=run_keys(present),
    )


def _reason(found: Verdict) -> str:
    if not found.families:
        return "No family of tasks could be left out to judge by, so nothing was promoted."
    regrets = f"mean regret {100 * found.old_regret:.2f} -> {100 * found.new_regret:.2f} points"
    ranks = f"Spearman {found.old_spearman:.3f} -> {found.new_spearman:.3f}"
    which = "Better" if found.is_better else "Not better"
    return f"{which} on {found.families} families left out: {regrets}, {ranks}."


def _tell_fold(tell: Tell, done: int, folds: int) -> None:
    words = f"Comparing on families left out, {done + 1} of {folds}"
    tell(_SHARE_OF_COMPARING * done / max(1, folds), words)
