"""A dataset becomes its stored health report: at once if that takes a moment, else by a job."""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.datasets import queries
from app.datasets.fixes import fixed_data
from app.datasets.tables import DatasetHealthRow, DatasetRow, DatasetState
from app.db.base import Json
from app.db.owned import owner_of
from app.jobs.queries import latest_job
from app.jobs.service import enqueue
from app.jobs.tables import ENDED, JobRow, JobState
from app.settings import Settings
from app.storage import Storage
from dvn.data.dataset import Dataset
from dvn.health import VERSION, HealthReport, Kind, Severity, examine, report_of_json
from dvn.health.report import Watch

EXAMINE: Final = "datasets.examine"
MOST_ROWS_AT_ONCE: Final = 20_000
MOST_CHARACTERS_AT_ONCE: Final = 2_500_000


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a dataset's health: a report, or the job that makes it."""

    report: HealthReport | None
    job: JobRow | None = None
    fixing: JobRow | None = None
    """The job on its fixes that is under way, or that failed."""


def health_of(session: Session, storage: Storage, settings: Settings, row: DatasetRow) -> Health:
    """The report on a dataset as it is now; of a large one a job makes it, and the report comes later.

    Raises:
        MissingDatasetError: Its texts are not on this machine.
    """
    known = find_report(session, row)
    if known is not None:
        return Health(known)
    if not is_small(row):
        return Health(None, _job_for(session, settings, row))
    report = examine(fixed_data(row, storage).reading)
    store_report(session, row.id, row.learned_hash, report)
    return Health(_settled(report, row))


def warm_checks() -> None:
    """Compile and load what the checks need, by examining a few words."""
    text = " ".join(f"word{number}" for number in range(200))
    examine(Dataset((text, f"{text} more", "another text of several words"), ("a", "b", "a")))


def find_report(session: Session, row: DatasetRow) -> HealthReport | None:
    """The stored report on a dataset as it is now, if there is one of this version."""
    known = stored_report(session, row.id, row.learned_hash)
    return None if known is None else _settled(known, row)


def stored_report(session: Session, dataset_id: UUID, learned_hash: str) -> HealthReport | None:
    """What was found about the texts of one content hash, whatever was chosen about small classes."""
    stored = session.get(DatasetHealthRow, (dataset_id, learned_hash), populate_existing=True)
    if stored is None or stored.version != VERSION:
        return None
    return report_of_json(stored.report)


def has_report() -> ColumnElement[bool]:
    """Whether a stored report is of a dataset as it is now and of these checks; it joins their rows."""
    return and_(
        DatasetHealthRow.dataset_id == DatasetRow.id,
        DatasetHealthRow.learned_hash == func.coalesce(DatasetRow.fixed_hash, DatasetRow.content_hash),
        DatasetHealthRow.version == VERSION,
    )


def report_of(stored: DatasetHealthRow, row: DatasetRow) -> HealthReport:
    """A stored report, as it is read on the dataset that it is of."""
    return _settled(report_of_json(stored.report), row)


def is_small(row: DatasetRow) -> bool:
    """Whether a report takes about a second at most."""
    return is_soon_examined(row.rows, characters_of(row))


def characters_of(row: DatasetRow) -> int:
    """How many characters the texts have, at least about."""
    lengths = row.report.get("characters", {})
    return int(lengths.get("total", 2 * row.rows * lengths.get("median", 100)))


def is_soon_examined(rows: int, characters: int) -> bool:
    """Whether so much takes about a second at most."""
    return rows <= MOST_ROWS_AT_ONCE and characters <= MOST_CHARACTERS_AT_ONCE


def examine_again(session: Session, settings: Settings, dataset_id: UUID) -> None:
    """Queue a new report after one that failed or was cancelled; what is small is examined when asked for."""
    row = queries.get_dataset(session, dataset_id, lock=True)
    if is_small(row) or find_report(session, row) is not None:
        return
    job = latest_job(session, EXAMINE, row.id)
    if job is None or job.state in ENDED:
        _enqueue(session, settings, row)


def load_row(session: Session, dataset_id: UUID) -> DatasetRow:
    """The dataset that a job is about, to be read outside of any transaction."""
    row = queries.get_dataset(session, dataset_id)
    session.expunge(row)
    return row


def make_report(row: DatasetRow, storage: Storage, watch: Watch) -> HealthReport:
    """The report on a dataset; `watch` is told how far it is."""
    watch(0.01, "Reading the dataset")
    return examine(fixed_data(row, storage).reading, watch=watch)


def store_report(session: Session, dataset_id: UUID, learned_hash: str, report: HealthReport) -> Json:
    """Store a report, in place of one of another version."""
    content = {"version": report.version, "report": report.to_json()}
    new = insert(DatasetHealthRow).values(
        dataset_id=dataset_id, learned_hash=learned_hash, owner_id=owner_of(session), **content
    )
    session.execute(new.on_conflict_do_update(index_elements=["dataset_id", "learned_hash"], set_=content))
    return {"dataset": str(dataset_id), "findings": len(report.findings)}


def _job_for(session: Session, settings: Settings, row: DatasetRow) -> JobRow:
    """The newest job on what the dataset is now; queued if there is none."""
    job = latest_job(session, EXAMINE, row.id)
    if job is None or job.arguments.get("learned_hash") != row.learned_hash or _is_outdated(job):
        _enqueue(session, settings, row)
        job = latest_job(session, EXAMINE, row.id)
    assert job is not None, "it was just queued"
    return job


def _is_outdated(job: JobRow) -> bool:
    """Whether a job ended well and its report is of another version, since none was found."""
    return job.state == JobState.finished


def _enqueue(session: Session, settings: Settings, row: DatasetRow) -> None:
    arguments = {"data": str(settings.data), "learned_hash": row.learned_hash}
    enqueue(session, EXAMINE, row.id, arguments=arguments)


def _settled(report: HealthReport, row: DatasetRow) -> HealthReport:
    """The report with small classes no longer grave once their owner has chosen what to do with them."""
    if row.state == DatasetState.waiting:
        return report
    findings = [
        replace(one, severity=Severity.good_to_know) if one.kind is Kind.small_classes else one
        for one in report.findings
    ]
    order = list(Severity)
    findings.sort(key=lambda one: order.index(one.severity))
    return replace(report, findings=tuple(findings))
