"""A dataset's health becomes what the API answers, with examples for the owner's eyes."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel

from app.datasets.fixes import TITLES, fixes_of
from app.datasets.health import Health
from app.datasets.tables import DatasetRow
from app.jobs.tables import ENDED
from app.web.job_answers import JobAnswer, job_answer
from dvn.health import CHECKED, Finding, Fix, HealthReport, Severity


class FixForm(BaseModel):
    """A click on a fix or on its undoing."""

    fix: Fix
    applied: bool


class HealthState(StrEnum):
    ready = "ready"
    examining = "examining"
    failed = "failed"


class ExampleAnswer(BaseModel):
    row: int
    text: str
    label: str
    note: str


class OfferAnswer(BaseModel):
    """A fix that is not applied; `rows` would be removed, rewritten, relabelled or tied together."""

    fix: Fix
    title: str
    rows: int
    effect: str


class FindingAnswer(BaseModel):
    """One thing that was found; `share` is of all rows, in [0, 1]."""

    kind: str
    severity: Severity
    title: str
    meaning: str
    cost: str
    rows: int
    share: float
    items: list[tuple[str, str]]
    examples: list[ExampleAnswer]
    fixes: list[OfferAnswer]


class LengthsAnswer(BaseModel):
    """In characters; `bins` count texts below 2, 4, 8, … characters."""

    shortest: int
    median: int
    longest: int
    bins: list[int]


class LanguagesAnswer(BaseModel):
    """Of a sample; `unsure` texts are too short or too mixed to tell."""

    sampled: int
    counts: Mapping[str, int]
    unsure: int


class HealthAnswer(BaseModel):
    """A health report with the fixes that are applied; without one `job` says how far it is.

    `fixing` is the job that changes the fixes of a large dataset, while it is under way and if it failed.
    """

    state: HealthState
    job: JobAnswer | None
    fixing: JobAnswer | None
    rows: int
    classes: int
    applied: Mapping[Fix, int]
    checked: list[str]
    must_fix: int | None = None
    should_look: int | None = None
    good_to_know: int | None = None
    findings: list[FindingAnswer] | None = None
    lengths: LengthsAnswer | None = None
    languages: LanguagesAnswer | None = None


def health_answer(row: DatasetRow, known: Health) -> HealthAnswer:
    answer = HealthAnswer(
        state=state_of(known),
        job=job_answer(known.job) if known.job else None,
        fixing=job_answer(known.fixing) if known.fixing else None,
        rows=row.rows,
        classes=row.classes,
        applied={fix: row.report.get("fixes", {}).get(fix.value, 0) for fix in Fix if fix in fixes_of(row)},
        checked=list(CHECKED),
    )
    return answer if known.report is None else answer.model_copy(update=_found(known.report))


def state_of(known: Health) -> HealthState:
    """How far the report is."""
    if known.report is not None:
        return HealthState.ready
    return HealthState.failed if known.job and known.job.state in ENDED else HealthState.examining


def _found(report: HealthReport) -> dict[str, object]:
    lengths, languages = report.lengths, report.languages
    return {
        **{severity.name: report.count(severity) for severity in Severity},
        "findings": [_finding(one) for one in report.findings],
        "lengths": LengthsAnswer(
            shortest=lengths.shortest,
            median=lengths.median,
            longest=lengths.longest,
            bins=list(lengths.bins),
        ),
        "languages": LanguagesAnswer(
            sampled=languages.sampled, counts=dict(languages.counts), unsure=languages.unsure
        ),
    }


def _finding(found: Finding) -> FindingAnswer:
    return FindingAnswer(
        kind=found.kind.value,
        severity=found.severity,
        title=found.title,
        meaning=found.meaning,
        cost=found.cost,
        rows=found.rows,
        share=found.share,
        items=list(found.items),
        examples=[
            ExampleAnswer(row=one.row, text=one.text, label=one.label, note=one.note)
            for one in found.examples
        ],
        fixes=[
            OfferAnswer(fix=one.fix, title=TITLES[one.fix], rows=one.rows, effect=one.effect)
            for one in found.offers
            if one.rows
        ],
    )
