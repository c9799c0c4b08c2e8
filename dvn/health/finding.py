"""What is found about a dataset, as values that survive a trip through JSON.

A finding says what was met, how often, what it costs, and which fixes would change it. Its examples are
texts of the dataset: they are for the owner's eyes and enter no log and no error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

MOST_EXAMPLES: Final = 5
MOST_CHARACTERS: Final = 240
"""Of one example; what is cut off is marked."""


class Severity(StrEnum):
    """How much a finding matters, the gravest first."""

    must_fix = "must fix"
    should_look = "should look"
    good_to_know = "good to know"


class Kind(StrEnum):
    """What can be found, in the order in which findings of one severity are shown."""

    constant_texts = "constant_texts"
    odd_labels = "odd_labels"
    small_classes = "small_classes"
    overlap = "overlap"
    conflicts = "conflicts"
    give_aways = "give_aways"
    blank_texts = "blank_texts"
    broken_letters = "broken_letters"
    markup = "markup"
    imbalance = "imbalance"
    thin_classes = "thin_classes"
    duplicates = "duplicates"
    near_duplicates = "near_duplicates"
    languages = "languages"
    short_texts = "short_texts"
    long_texts = "long_texts"


class Fix(StrEnum):
    """What can be done, in the order in which fixes are applied, whatever order they were chosen in."""

    repair_letters = "repair-letters"
    clean_markup = "clean-markup"
    drop_blank = "drop-blank"
    drop_conflicts = "drop-conflicts"
    majority_label = "majority-label"
    drop_duplicates = "drop-duplicates"
    drop_near_duplicates = "drop-near-duplicates"
    clear_test = "clear-test"
    keep_together = "keep-together"


RIVALS: Final[tuple[frozenset[Fix], ...]] = (
    frozenset({Fix.drop_conflicts, Fix.majority_label}),
    frozenset({Fix.drop_near_duplicates, Fix.keep_together}),
)
"""Fixes of one trouble, of which only one can be applied."""


@dataclass(frozen=True, slots=True)
class Example:
    """One row of the dataset; row 1 is the first that has a text and a label."""

    row: int
    text: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A fix with what it would do to the dataset as it is now."""

    fix: Fix
    rows: int
    effect: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: What it is.
        severity: How much it matters.
        title: What was met, in a few words.
        meaning: What that is, in one sentence.
        cost: Why it matters.
        rows: How many rows it is about.
        share: Those rows among all, in [0, 1].
        items: Names that it is about, each with its rows or its words.
        examples: At most five rows.
        offers: The fixes that would change it.
    """

    kind: Kind
    severity: Severity
    title: str
    meaning: str
    cost: str
    rows: int
    share: float
    items: tuple[tuple[str, str], ...] = ()
    examples: tuple[Example, ...] = ()
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long texts are, in characters; the bins double: below 2, below 4, and so on."""

    shortest: int
    median: int
    longest: int
    bins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of a sample of texts: counts by code, and how many could not be told."""

    sampled: int
    counts: tuple[tuple[str, int], ...]
    unsure: int


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All that was found about a dataset, the gravest first, and what was looked at."""

    version: int
    rows: int
    classes: int
    findings: tuple[Finding, ...]
    lengths: Lengths
    languages: Languages

    def count(self, severity: Severity) -> int:
        """How many findings are of this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self)


def report_of_json(document: Mapping[str, Any]) -> HealthReport:
    """The report that `to_json` wrote."""
    lengths, languages = document["lengths"], document["languages"]
    return HealthReport(
        version=document["version"],
        rows=document["rows"],
        classes=document["classes"],
        findings=tuple(map(_finding, document["findings"])),
        lengths=Lengths(**{**lengths, "bins": tuple(lengths["bins"])}),
        languages=Languages(**{**languages, "counts": _pairs(languages["counts"])}),
    )


def _finding(found: Mapping[str, Any]) -> Finding:
    own = {
        "kind": Kind(found["kind"]),
        "severity": Severity(found["severity"]),
        "items": _pairs(found["items"]),
        "examples": tuple(Example(**one) for one in found["examples"]),
        "offers": tuple(Offer(**{**one, "fix": Fix(one["fix"])}) for one in found["offers"]),
    }
    return Finding(**{**found, **own})


def _pairs(items: Sequence[Sequence[Any]]) -> tuple[tuple[Any, Any], ...]:
    return tuple((name, value) for name, value in items)
