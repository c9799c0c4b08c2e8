"""Every SELECT on classifiers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.classifiers.tables import ClassifierRow, ClassifierState
from app.errors import NotFoundError
from app.experiments.tables import ArchitectureRow

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


def same_classifier(
    session: Session, dataset_id: UUID, architecture_id: int, *, seed: int
) -> ClassifierRow | None:
    """The newest classifier that is this architecture on this dataset, ready or under way."""
    same = (
        ClassifierRow.dataset_id == dataset_id,
        ClassifierRow.architecture_id == architecture_id,
        ClassifierRow.seed == seed,
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
