"""A transaction of one account sees, changes and makes the rows of that account, whatever the statement."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, delete, exists, func, select, text, true, update
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm import Session, aliased

from app.classifiers.tables import ClassifierRow
from app.datasets import queries
from app.datasets.tables import DatasetRow, UploadRow
from app.db.base import Base
from app.db.owned import EVERYONES, LOCAL_ACCOUNT, NOBODY, AccountRow, Owned, UnownedStatementError
from app.db.session import transaction
from app.jobs.service import NoSuchJobError, enqueue, request_cancel
from app.jobs.tables import JobId, JobRow, JobState

Accounts = tuple[UUID, UUID]
FACTS: dict[str, Any] = {
    "content_hash": "same",
    "text_column": "t",
    "label_column": "l",
    "rows": 3,
    "classes": 2,
}


@pytest.fixture
def accounts(engine: Engine) -> Accounts:
    """Two accounts; each has an upload, a dataset of it with the same content, and a job about that."""
    with transaction(engine) as session:
        rows = [AccountRow(email=f"{name}@example.org") for name in ("ada", "bob")]
        session.add_all(rows)
        session.flush()
        ada, bob = (row.id for row in rows)
    for account in (ada, bob):
        with transaction(engine, owner=account) as session:
            upload = UploadRow(file_name=f"of {account}", bytes=1, sha256="0")
            session.add(upload)
            session.flush()
            dataset = DatasetRow(name=f"of {account}", upload_id=upload.id, **FACTS)
            session.add(dataset)
            session.flush()
            enqueue(session, "test.any", dataset.id)
    return ada, bob


def of_dataset(owner: UUID, engine: Engine) -> DatasetRow:
    with transaction(engine) as session:
        return session.execute(select(DatasetRow).where(DatasetRow.owner_id == owner)).scalar_one()


other = aliased(DatasetRow)
SELECTS: dict[str, Callable[[], Any]] = {
    "rows": lambda: select(DatasetRow.owner_id),
    "whole rows": lambda: select(DatasetRow).with_only_columns(DatasetRow.owner_id),
    "an alias": lambda: select(other.owner_id),
    "a join": lambda: select(other.owner_id).join(DatasetRow, other.content_hash == DatasetRow.content_hash),
    "a join from upload": lambda: select(UploadRow.owner_id).outerjoin(
        DatasetRow, DatasetRow.upload_id == UploadRow.id
    ),
    "a subquery": lambda: select(select(DatasetRow.owner_id).subquery().c.owner_id),
    "a common table expression": lambda: select(select(DatasetRow.owner_id).cte().c.owner_id),
    "a union": lambda: select(
        select(DatasetRow.owner_id).union(select(UploadRow.owner_id)).subquery().c.owner_id
    ),
    "a scalar subquery": lambda: select(select(DatasetRow.owner_id).scalar_subquery()),
    "a correlated subquery": lambda: select(
        select(DatasetRow.owner_id).where(DatasetRow.upload_id == UploadRow.id).scalar_subquery()
    ).select_from(UploadRow),
    "a condition": lambda: select(AccountRow.id).where(
        select(DatasetRow.id).where(DatasetRow.owner_id == AccountRow.id).exists()
    ),
    "membership": lambda: select(AccountRow.id).where(AccountRow.id.in_(select(DatasetRow.owner_id))),
    "select from": lambda: select(AccountRow.id).select_from(DatasetRow).join(AccountRow),
}


@pytest.mark.parametrize("form", SELECTS)
def test_a_select_of_any_form_finds_ones_own_rows_only(engine: Engine, accounts: Accounts, form: str) -> None:
    ada, bob = accounts
    for account in accounts:
        with transaction(engine, owner=account) as session:
            assert set(session.scalars(SELECTS[form]())) == {account}
    if form != "a scalar subquery":
        with transaction(engine) as session:
            assert set(session.scalars(SELECTS[form]())) == {ada, bob}
    with transaction(engine, owner=NOBODY) as session:
        assert set(session.scalars(SELECTS[form]())) <= {None}


def test_whether_something_is_there_is_told_of_ones_own_only(engine: Engine, accounts: Accounts) -> None:
    ada, bob = accounts
    theirs = of_dataset(bob, engine)
    assert theirs.upload_id is not None
    for account, seen in ((ada, False), (bob, True)):
        with transaction(engine, owner=account) as session:
            there = select(true()).select_from(DatasetRow).where(DatasetRow.id == theirs.id)
            assert (session.scalar(there) is not None) is seen
            assert queries.has_dataset(session, theirs.upload_id) is seen
            assert session.scalar(select(func.count()).select_from(DatasetRow)) == 1


def test_a_row_of_another_account_is_found_by_no_key(engine: Engine, accounts: Accounts) -> None:
    ada, bob = accounts
    theirs = of_dataset(bob, engine)
    with transaction(engine, owner=ada) as session:
        assert session.get(DatasetRow, theirs.id) is None
        assert session.get(DatasetRow, theirs.id, with_for_update=True) is None
        with pytest.raises(NoResultFound):
            session.get_one(DatasetRow, theirs.id)
        with pytest.raises(queries.UnknownDatasetError):
            queries.get_dataset(session, theirs.id)
        own = queries.dataset_by_content(session, theirs.content_hash)
        assert own is not None
        assert own.owner_id == ada


def test_a_change_reaches_ones_own_rows_only(engine: Engine, accounts: Accounts) -> None:
    ada, bob = accounts
    theirs = of_dataset(bob, engine)
    with transaction(engine, owner=ada) as session:
        session.execute(update(DatasetRow).values(name="changed"))
        assert session.execute(update(JobRow).values(step="changed").returning(JobRow.owner_id)).all() == [
            (ada,)
        ]
        session.execute(delete(DatasetRow).where(DatasetRow.id == theirs.id))
        session.execute(delete(UploadRow))
    with transaction(engine) as session:
        assert session.get_one(DatasetRow, theirs.id).name == f"of {bob}"
        assert session.scalars(select(UploadRow.owner_id)).all() == [bob]
        assert set(session.execute(select(JobRow.owner_id, JobRow.step))) == {(ada, "changed"), (bob, "")}


def test_a_job_of_another_account_cannot_be_cancelled(engine: Engine, accounts: Accounts) -> None:
    ada, bob = accounts
    with transaction(engine) as session:
        job_id = session.execute(select(JobRow.id).where(JobRow.owner_id == bob)).scalar_one()
    with pytest.raises(NoSuchJobError), transaction(engine, owner=ada) as session:
        request_cancel(session, JobId(job_id))
    with transaction(engine) as session:
        job = session.get_one(JobRow, job_id)
        assert (job.cancel_requested, job.state) == (False, JobState.queued)


def test_what_is_made_belongs_to_who_makes_it(engine: Engine, accounts: Accounts) -> None:
    ada, bob = accounts
    makers: dict[UUID, dict[str, UUID]] = {ada: {"owner": ada}, bob: {"makes_for": bob}, LOCAL_ACCOUNT: {}}
    for expected, names in makers.items():
        with transaction(engine, **names) as session:
            upload = UploadRow(file_name="new", bytes=1, sha256="1")
            session.add(upload)
            job_id = enqueue(session, "test.any", uuid4())
        with transaction(engine) as session:
            assert session.get_one(UploadRow, upload.id).owner_id == expected
            assert session.get_one(JobRow, job_id).owner_id == expected


def test_nothing_is_made_in_the_name_of_somebody_else(engine: Engine, accounts: Accounts) -> None:
    ada, bob = accounts
    with pytest.raises(AssertionError, match="somebody else"), transaction(engine, owner=ada) as session:
        session.add(UploadRow(file_name="new", bytes=1, sha256="1", owner_id=bob))
    with pytest.raises(IntegrityError), transaction(engine, owner=NOBODY) as session:
        session.add(UploadRow(file_name="new", bytes=1, sha256="1"))


@pytest.mark.parametrize(
    "statement",
    [
        text("SELECT 1 FROM dataset"),
        select(DatasetRow.__table__.c.id),
        update(DatasetRow.__table__).values(name="x"),  # type: ignore[arg-type]
        delete(UploadRow.__table__),  # type: ignore[arg-type]
        select(func.count()).select_from(DatasetRow.__table__),
        select(exists().where(DatasetRow.name != "")),
        select(AccountRow.__table__.c.id).where(
            AccountRow.__table__.c.id.in_(select(JobRow.__table__.c.owner_id))
        ),
    ],
)
def test_a_statement_that_ownership_cannot_be_added_to_is_our_own_mistake(
    engine: Engine, accounts: Accounts, statement: Any
) -> None:
    with transaction(engine, owner=accounts[0]) as session, pytest.raises(UnownedStatementError):
        session.execute(statement)


def test_reading_the_rows_of_all_accounts_must_be_said(engine: Engine, accounts: Accounts) -> None:
    with transaction(engine, owner=accounts[0]) as session:
        everyones = select(DatasetRow.owner_id).execution_options(**{EVERYONES: True})
        assert set(session.scalars(everyones)) == set(accounts)
        assert session.scalars(select(DatasetRow.owner_id)).all() == [accounts[0]]


def test_everything_that_holds_what_a_person_sent_is_owned(session: Session) -> None:
    """A table is owned, hangs on an owned one that is read first, or holds nothing of any person."""
    owned = {mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, Owned)}
    assert {"upload", "dataset", "recommendation", "classifier", "job", "receipt"} <= owned
    assert ClassifierRow.owner_id.property.columns[0].nullable is False
    hang_on_owned = {"job_event": "job", "recommendation_truth": "recommendation"}
    experience = {
        "account", "architecture", "checkpoint", "invitation", "promotion", "refit", "run", "run_cost",
        "run_curve", "run_metric", "run_prediction", "shared_task", "task", "task_sample",
    }  # fmt: skip
    assert set(Base.metadata.tables) - owned - set(hang_on_owned) == experience
    for table, parent in hang_on_owned.items():
        keys = Base.metadata.tables[table].foreign_keys
        assert [key.ondelete for key in keys if key.column.table.name == parent] == ["CASCADE"]
