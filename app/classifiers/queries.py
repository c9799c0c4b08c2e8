"""Every SELECT on classifiers."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.classifiers.forms import ClassifiersQuestion
from app.classifiers.tables import ClassifierRow, ClassifierState
from app.datasets.tables import DatasetRow
from app.errors import NotFoundError
from app.experiments.tables import ArchitectureRow, Origin, RunRow, SharedTaskRow, TaskRow
from app.web.paging import newest

_UNDER_WAY_OR_READY = (ClassifierState.waiting, ClassifierState.training, ClassifierState.ready)


class UnknownClassifierError(NotFoundError):
    def __init__(self, classifier_id: UUID) -> None:
        super().__init__(f"There is no classifier {classifier_id}; train one from a recommendation.")


def get_classifier(session: Session, classifier_id: UUID) -> ClassifierRow:
    """The classifier of this id.

    Raises:
        UnknownClassifierError: There is none.
    """
    row = session.get(ClassifierRow, classifier_id)
    if row is None:
        raise UnknownClassifierError(classifier_id)
    return row


def classifiers_of(session: Session, dataset_id: UUID, *, limit: int = 20) -> Sequence[ClassifierRow]:
    """The classifiers of a dataset, newest first."""
    newest = (ClassifierRow.created_at.desc(), ClassifierRow.id)
    about = ClassifierRow.dataset_id == dataset_id
    return session.scalars(select(ClassifierRow).where(about).order_by(*newest).limit(limit)).all()


def list_classifiers(
    session: Session, form: ClassifiersQuestion
) -> tuple[Sequence[ClassifierRow], str | None]:
    """Classifiers from the newest to the oldest, and the cursor of the next ones."""
    about = [] if form.dataset is None else [ClassifierRow.dataset_id == form.dataset]
    return newest(session, ClassifierRow, form, *about)


def architectures_by_id(session: Session, architecture_ids: Collection[int]) -> Mapping[int, ArchitectureRow]:
    """Several architectures at once."""
    wanted = select(ArchitectureRow).where(ArchitectureRow.id.in_(architecture_ids))
    return {row.id: row for row in session.scalars(wanted.order_by(ArchitectureRow.id))}


def same_classifier(
    session: Session, dataset: DatasetRow, architecture_id: int, *, seed: int, metric: str
) -> ClassifierRow | None:
    """The newest classifier that is this architecture on this dataset as it is now, ready or under way."""
    same = (
        ClassifierRow.dataset_id == dataset.id,
        func.coalesce(ClassifierRow.learned_hash, dataset.content_hash) == dataset.learned_hash,
        ClassifierRow.architecture_id == architecture_id,
        ClassifierRow.seed == seed,
        ClassifierRow.metric == metric,
        ClassifierRow.state.in_(_UNDER_WAY_OR_READY),
    )
    newest = (ClassifierRow.created_at.desc(), ClassifierRow.id)
    return session.scalars(select(ClassifierRow).where(*same).order_by(*newest).limit(1)).first()


def architecture_of(session: Session, classifier: ClassifierRow) -> ArchitectureRow:
    """The architecture a classifier has, or will have."""
    found = select(ArchitectureRow).where(ArchitectureRow.id == classifier.architecture_id)
    return session.execute(found).scalar_one()


def ready_ids(session: Session) -> Sequence[UUID]:
    """Every classifier that can predict."""
    is_ready = ClassifierRow.state == ClassifierState.ready
    return session.scalars(select(ClassifierRow.id).where(is_ready).order_by(ClassifierRow.id)).all()


def ready_without_run(session: Session, dataset_id: UUID) -> Sequence[ClassifierRow]:
    """The classifiers of a dataset whose trainings are no runs, oldest first."""
    ready = (ClassifierRow.dataset_id == dataset_id, ClassifierRow.state == ClassifierState.ready)
    wanted = select(ClassifierRow).where(*ready, ClassifierRow.run_id.is_(None))
    return session.scalars(wanted.order_by(ClassifierRow.created_at, ClassifierRow.id)).all()


def shared_run_ids(session: Session, dataset_id: UUID) -> Sequence[int]:
    """The runs that are there because a dataset's owner shares them.

    All of a task that was made by sharing; of one that the operator added, those of classifiers, which may
    have been deleted since.
    """
    of_classifiers = RunRow.origin.in_([Origin.recommendation, Origin.user])
    joined = (
        select(RunRow.id)
        .join(TaskRow, TaskRow.id == RunRow.task_id)
        .outerjoin(SharedTaskRow, SharedTaskRow.task_id == TaskRow.id)
        .where(TaskRow.dataset_id == dataset_id)
        .where(or_(SharedTaskRow.task_id.is_not(None), of_classifiers))
    )
    return session.scalars(joined.order_by(RunRow.id)).all()


def trainings_under_way(session: Session) -> int:
    """How many trainings of the session's owner wait or run."""
    under_way = ClassifierRow.state.in_([ClassifierState.waiting, ClassifierState.training])
    return session.scalar(select(func.count(ClassifierRow.id)).where(under_way)) or 0
