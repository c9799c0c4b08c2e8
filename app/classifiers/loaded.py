"""Stored classifiers become warm ones: the few used last stay in memory."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Final, final
from uuid import UUID

from app.errors import NotFoundError
from app.storage import Storage
from dvn.training import TrainedClassifier

MOST_LOADED: Final = 8


class MissingClassifierError(NotFoundError):
    def __init__(self) -> None:
        super().__init__("The files of this classifier are not on this machine; train it again.")


@final
class LoadedClassifiers:
    """At most eight classifiers in memory; the one not used for the longest time goes first."""

    def __init__(self, storage: Storage, *, most: int = MOST_LOADED) -> None:
        self._storage = storage
        self._most = most
        self._loaded: OrderedDict[UUID, TrainedClassifier] = OrderedDict()
        self._lock = Lock()

    def forget(self, classifier_ids: Iterable[UUID]) -> None:
        """Drop those that are deleted."""
        with self._lock:
            for classifier_id in classifier_ids:
                self._loaded.pop(classifier_id, None)

    def find(self, classifier_id: UUID) -> TrainedClassifier | None:
        """The classifier of this id if it is warm."""
        with self._lock:
            if classifier_id in self._loaded:
                self._loaded.move_to_end(classifier_id)
            return self._loaded.get(classifier_id)

    def get(self, classifier_id: UUID) -> TrainedClassifier:
        """The classifier of this id, which must be ready.

        Raises:
            MissingClassifierError: Its files are gone.
            UnusableClassifierError: They are damaged.
        """
        warm = self.find(classifier_id)
        if warm is not None:
            return warm
        folder = self._storage.classifier(classifier_id)
        if not folder.is_dir():
            raise MissingClassifierError
        # Outside the lock: two may load the same one at once, which costs time and nothing else.
        classifier = TrainedClassifier.load(folder)
        with self._lock:
            self._loaded[classifier_id] = classifier
            self._loaded.move_to_end(classifier_id)
            while len(self._loaded) > self._most:
                self._loaded.popitem(last=False)
        return classifier
