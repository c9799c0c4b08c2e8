"""A change of mind about a training or a classifier: cancel it, keep the best so far, delete it."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.classifiers import queries
from app.classifiers.service import TRAIN, job_of
from app.classifiers.tables import ClassifierRow, ClassifierState
from app.errors import ConflictError
from app.jobs.service import request_cancel
from app.jobs.tables import JobId, JobRow
from app.storage import Storage, remove

_UNDER_WAY = (ClassifierState.waiting, ClassifierState.training)


class NothingToKeepError(ConflictError):
    def __init__(self, state: ClassifierState) -> None:
        super().__init__(
            f"This classifier is {state.value}; only a training that is under way can end early and be kept."
        )


def cancel_training(session: Session, classifier_id: UUID) -> None:
    """Ask that a training ends and leaves nothing; one that has ended stays as it is."""
    queries.get_classifier(session, classifier_id)
    request_cancel(session, JobId(job_of(session, classifier_id).id))


def keep_best(session: Session, classifier_id: UUID) -> ClassifierRow:
    """Ask that a training ends now and keeps the best so far.

    One that has not looked at the validation texts yet goes on until it has.

    Raises:
        NothingToKeepError: It is not under way.
    """
    classifier = queries.get_classifier(session, classifier_id)
    if classifier.state not in _UNDER_WAY:
        raise NothingToKeepError(classifier.state)
    classifier.keep_requested = True
    return classifier


def is_kept_early(session: Session, classifier_id: UUID) -> bool:
    """Whether a training shall end now with the best so far."""
    asked = select(ClassifierRow.keep_requested).where(ClassifierRow.id == classifier_id)
    return bool(session.scalar(asked))


def delete_classifier(session: Session, storage: Storage, classifier_id: UUID) -> UUID:
    """Delete a classifier with its training and its files; the dataset it was of.

    A training that is under way loses its job, which ends it within a moment, and can store nothing any more.
    A run that the dataset's owner shares stays in the experience until sharing is taken back: it belongs to
    the dataset.
    """
    classifier = queries.get_classifier(session, classifier_id)
    dataset_id = classifier.dataset_id
    session.execute(delete(JobRow).where(JobRow.kind == TRAIN, JobRow.subject_id == classifier_id))
    session.delete(classifier)
    session.flush()
    remove(storage.classifier(classifier_id))
    return dataset_id
