"""Made-up datasets with one trouble each, and healthy texts around it."""

import random
from collections.abc import Sequence

from dvn.data.dataset import Dataset
from dvn.health import Finding, HealthReport, Kind

_SYLLABLES = ("ba", "ko", "ri", "mu", "te", "lo", "sha", "ven", "dir", "pal", "gos", "nim")


def healthy_texts(rows: int, *, seed: int = 0, words: int = 12) -> list[str]:
    """Texts of made-up words, each different from all others in nearly every word."""
    draw = random.Random(seed)
    vocabulary = ["".join(draw.choices(_SYLLABLES, k=draw.randint(1, 4))) for _ in range(2_000)]
    return [" ".join(draw.choices(vocabulary, k=words)) for _ in range(rows)]


def healthy(rows: int = 120, *, classes: Sequence[str] = ("yes", "no", "perhaps"), seed: int = 0) -> Dataset:
    """A dataset in which nothing is wrong."""
    labels = tuple(classes[row % len(classes)] for row in range(rows))
    return Dataset(tuple(healthy_texts(rows, seed=seed)), labels)


def found(report: HealthReport, kind: Kind) -> Finding | None:
    """The finding of a kind, if there is one."""
    return next((one for one in report.findings if one.kind is kind), None)
