"""What ships about left-out tasks becomes how often simple rules were beaten: counts, each from a file.

The files are the track record of a space, and the trainings of left-out tasks that `bench/left_out_tasks.py`
writes; where one is missing nothing is said.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Final

from app.settings import Settings

RECORD: Final = "track_record.json"
TRAININGS: Final = "left_out_tasks.jsonl"
ZERO_TRIAL: Final = "zero-trial (ours)"
TFIDF: Final = "TF-IDF + logistic regression"


@dataclass(frozen=True, slots=True)
class Beaten:
    """On how many left-out tasks the choice without a trial tested better than a rival, worse, and alike."""

    wins: int
    losses: int
    ties: int

    @property
    def tasks(self) -> int:
        return self.wins + self.losses + self.ties


@dataclass(frozen=True, slots=True)
class Records:
    """How the value network's choice did on tasks it had never seen; None where no file says so."""

    best_on_average: Beaten | None
    tfidf: Beaten | None


def records_of(settings: Settings, space: str) -> Records:
    folder = settings.experience / space
    return _read(folder, _stamp(folder / RECORD), _stamp(folder / TRAININGS))


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0


@lru_cache(maxsize=8)
def _read(folder: Path, *_: int) -> Records:
    return Records(_recorded(folder / RECORD), _trained(folder / TRAININGS))


def _recorded(path: Path) -> Beaten | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["against_best_on_average"]
        return Beaten(int(found["wins"]), int(found["losses"]), int(found["ties"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _trained(path: Path) -> Beaten | None:
    """Mean test accuracies over the seeds, task by task, of the tasks on which both were trained."""
    reached: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            reached[row["contender"]][row["task"]].append(float(row["test_accuracy"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None
    ours, theirs = reached[ZERO_TRIAL], reached[TFIDF]
    return _counted((fmean(ours[task]), fmean(theirs[task])) for task in ours if task in theirs)


def _counted(pairs: Iterable[tuple[float, float]]) -> Beaten | None:
    gains = [one - other for one, other in pairs]
    if not gains:
        return None
    return Beaten(
        sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains), sum(gain == 0 for gain in gains)
    )
