"""A dataset's health becomes exactly what its page prints: a verdict, cards, two small pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.datasets.fixes import TITLES, fixes_of
from app.datasets.health import Health
from app.datasets.health_answers import HealthState, state_of
from app.datasets.tables import DatasetRow
from app.jobs.tables import ENDED, JobRow
from app.web.figures import Bar, bars
from app.web.job_answers import percent_of, words_of
from app.web.wording import count, language_name, percent, plural
from dvn.data.wording import enumerated
from dvn.health import CHECKED, Finding, Fix, HealthReport, Kind, Severity
from dvn.health.finding import Example, Languages, Lengths

MOST_LANGUAGES: Final = 5
MOST_ITEMS: Final = 6
_WIDTH, _HEIGHT, _WIDEST, _GAP = 480, 110, 72, 6
_TAGS: Final = {Severity.must_fix: "bad", Severity.should_look: "warn", Severity.good_to_know: "plain"}
_VERBS: Final = {
    Fix.repair_letters: "rewritten",
    Fix.clean_markup: "rewritten",
    Fix.majority_label: "relabelled or removed",
    Fix.keep_together: "tied together",
}


@dataclass(frozen=True, slots=True)
class FixButton:
    fix: str
    title: str
    effect: str


@dataclass(frozen=True, slots=True)
class Card:
    """One finding; the severity is a word, a shape and a colour."""

    kind: str
    severity: str
    tag: str
    title: str
    meaning: str
    cost: str
    rows: str
    items: tuple[tuple[str, str], ...]
    more_items: tuple[tuple[str, str], ...]
    examples: tuple[Example, ...]
    buttons: tuple[FixButton, ...]
    is_choice: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One bin of the histogram, in the coordinates of its picture."""

    x: float
    y: float
    width: float
    height: float
    centre: float
    words: str
    tick: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many texts are how long; below the columns is room for their ticks."""

    width: int
    height: int
    columns: tuple[Column, ...]
    words: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """What was found."""

    verdict: str
    verdict_kind: str
    verdict_hint: str
    cards: tuple[Card, ...]
    histogram: Histogram
    languages: tuple[Bar, ...]
    languages_words: str


@dataclass(frozen=True, slots=True)
class Fixing:
    """A job on the fixes: how far it is, or why it failed."""

    job_id: UUID
    title: str
    percent: int | None
    words: str
    has_failed: bool


@dataclass(frozen=True, slots=True)
class HealthView:
    """The health section of a dataset's page."""

    state: HealthState
    job_id: UUID | None
    percent: int | None
    words: str
    report: ReportView | None
    applied: tuple[FixButton, ...]
    checked: str
    fixing: Fixing | None

    @property
    def has_choice(self) -> bool:
        """Whether a finding holds the choice about small classes."""
        return self.report is not None and any(card.is_choice for card in self.report.cards)

    @property
    def is_busy(self) -> bool:
        return self.is_examining or self.is_fixing

    @property
    def is_examining(self) -> bool:
        return self.state is HealthState.examining

    @property
    def is_fixing(self) -> bool:
        return self.fixing is not None and not self.fixing.has_failed


def health_view(row: DatasetRow, known: Health | None) -> HealthView | None:
    """The health section; none if the texts are not on this machine."""
    if known is None:
        return None
    job = known.job
    return HealthView(
        state=state_of(known),
        job_id=job.id if job else None,
        percent=percent_of(job) if job else None,
        words=words_of(job) if job else "",
        report=_report(known.report) if known.report else None,
        applied=_applied(row),
        checked=enumerated(CHECKED),
        fixing=_fixing(known.fixing) if known.fixing else None,
    )


def verdict(report: HealthReport) -> str:
    """What there is to do, in one line."""
    fix, look = report.count(Severity.must_fix), report.count(Severity.should_look)
    said = []
    if fix:
        said.append(plural(fix, "thing to fix", "things to fix"))
    if look:
        said.append(
            f"{count(look)} to look at" if fix else plural(look, "thing to look at", "things to look at")
        )
    if said:
        return ", ".join(said)
    return "Nothing to fix" if report.findings else "Nothing found"


def _fixing(job: JobRow) -> Fixing:
    doing = "Applying a fix" if job.arguments["applied"] else "Undoing a fix"
    title = f"{doing}: {TITLES[Fix(job.arguments['fix'])]}"
    return Fixing(job.id, title, percent_of(job), words_of(job), has_failed=job.state in ENDED)


def _report(report: HealthReport) -> ReportView:
    has_grave = report.count(Severity.must_fix) > 0
    kind = "bad" if has_grave else "warn" if report.count(Severity.should_look) else "good"
    known = report.count(Severity.good_to_know)
    hint = f"And {plural(known, 'thing')} good to know. " if known else ""
    return ReportView(
        verdict=verdict(report),
        verdict_kind=kind,
        verdict_hint=f"{hint}Nothing is changed until you say so, and every fix can be undone.",
        cards=tuple(_card(one) for one in report.findings),
        histogram=_histogram(report.lengths),
        languages=_languages(report.languages),
        languages_words=_languages_words(report.languages),
    )


def _card(found: Finding) -> Card:
    is_language = found.kind is Kind.languages
    items = tuple((language_name(name) if is_language else name, words) for name, words in found.items)
    return Card(
        kind=found.kind.value,
        severity=found.severity.value.capitalize(),
        tag=_TAGS[found.severity],
        title=found.title,
        meaning=found.meaning,
        cost=found.cost,
        rows=f"{plural(found.rows, 'row')}, {_share(found.share)}",
        items=items[:MOST_ITEMS],
        more_items=items[MOST_ITEMS:],
        examples=found.examples,
        buttons=tuple(
            FixButton(one.fix.value, TITLES[one.fix], one.effect) for one in found.offers if one.rows
        ),
        is_choice=found.kind is Kind.small_classes,
    )


def _share(share: float) -> str:
    return percent(share) if share >= 0.0005 else "less than 0.1 %"


def _applied(row: DatasetRow) -> tuple[FixButton, ...]:
    changes = row.report.get("fixes", {})
    fixes = fixes_of(row)
    return tuple(
        FixButton(
            fix.value,
            TITLES[fix],
            f"{plural(changes.get(fix.value, 0), 'row')} {_VERBS.get(fix, 'removed')}",
        )
        for fix in Fix
        if fix in fixes
    )


def _histogram(lengths: Lengths) -> Histogram:
    """Columns of the bins from the first to the last that holds a text."""
    filled = [place for place, texts in enumerate(lengths.bins) if texts]
    places = range(filled[0], filled[-1] + 1)
    step = min(_WIDEST, _WIDTH // len(places))
    columns = tuple(
        _column(number * step, step - _GAP, place, lengths.bins) for number, place in enumerate(places)
    )
    words = (
        f"Lengths of the texts: half have at most {count(lengths.median)} characters, the longest "
        f"{count(lengths.longest)}"
    )
    return Histogram(_WIDTH, _HEIGHT, columns, words)


def _column(x: int, width: int, place: int, bins: Sequence[int]) -> Column:
    height = round(max(1.5 if bins[place] else 0.0, _HEIGHT * bins[place] / max(bins)), 1)
    low, high = 2**place if place else 0, 2 ** (place + 1)
    end = f"{low:,} characters or more" if place == len(bins) - 1 else f"{low:,} to {high - 1:,} characters"
    return Column(
        x=x,
        y=_HEIGHT - height,
        width=width,
        centre=x + width / 2,
        height=height,
        words=f"{end}: {plural(bins[place], 'text')}",
        tick=f"{low:,}",
    )


def _languages(found: Languages) -> tuple[Bar, ...]:
    shown = [(language_name(code), texts) for code, texts in found.counts[:MOST_LANGUAGES]]
    others = sum(texts for _, texts in found.counts[MOST_LANGUAGES:])
    more = [("others", others)] if others else []
    unsure = [("not sure", found.unsure)] if found.unsure else []
    return bars([*shown, *more, *unsure])


def _languages_words(found: Languages) -> str:
    return f"Told from {plural(found.sampled, 'text')}; what is short or mixed cannot be told."
