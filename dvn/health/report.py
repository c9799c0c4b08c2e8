"""A dataset becomes its health report; the same dataset gives the same report, byte for byte."""

from collections.abc import Callable
from typing import Final

import numpy as np

from dvn.data.dataset import Dataset
from dvn.health.class_checks import find_in_classes
from dvn.health.copy_checks import find_copies
from dvn.health.finding import Finding, HealthReport, Kind, Severity
from dvn.health.give_aways import find_give_aways
from dvn.health.language_checks import find_languages, languages_of
from dvn.health.reading import Reading
from dvn.health.text_checks import find_in_texts, lengths_of

VERSION: Final = 2
"""Of the checks: another number, another report of the same dataset."""

CHECKED: Final = (
    "labels that are none",
    "classes that are too small, thin or far too large",
    "texts without a word",
    "broken letters",
    "leftovers of HTML",
    "texts that are very short, or longer than encoders read",
    "duplicates and near-duplicates",
    "one text with two labels",
    "overlap of the file's own parts",
    "words that give the label away",
    "languages",
)

Watch = Callable[[float, str], object]
"""Is told how much is done, in [0, 1], and what comes next."""


def _silent(_: float, __: str) -> None:
    """Nobody watches."""


def examine(data: Dataset | Reading, *, watch: Watch = _silent) -> HealthReport:
    """All that is found about a dataset, the gravest first."""
    reading = data if isinstance(data, Reading) else Reading(data)
    texts = reading.dataset.texts
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    watch(0.02, "Looking for equal texts")
    findings: list[Finding] = [*find_in_classes(reading)]
    watch(0.15, "Comparing words")
    findings += find_in_texts(reading, lengths)
    watch(0.45, "Looking for near-duplicates")
    findings += find_copies(reading)
    watch(0.8, "Looking for words that give the label away")
    findings += find_give_aways(reading)
    watch(0.9, "Telling the languages")
    languages, found = languages_of(reading)
    findings += find_languages(reading, languages, found)
    severities, kinds = list(Severity), list(Kind)
    findings.sort(key=lambda one: (severities.index(one.severity), kinds.index(one.kind)))
    return HealthReport(
        version=VERSION,
        rows=len(texts),
        classes=len(reading.dataset.classes),
        findings=tuple(findings),
        lengths=lengths_of(lengths),
        languages=languages,
    )
