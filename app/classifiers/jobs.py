"""The training of a classifier, as a worker does it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from app.classifiers import ending, service
from app.classifiers.assessing import assessment_of, predictions_of
from app.classifiers.progress import TrainingProgress
from app.classifiers.service import TrainedResult
from app.jobs.registry import job
from app.jobs.runner import RunningJob
from app.storage import Storage, replacing
from dvn.embeddings import VectorCache
from dvn.training import Budget, MetricName, Progress, TaskFeatures, train

_ASK_SECONDS: Final = 0.4


@job(service.TRAIN, give_up=service.give_up)
def train_classifier(running: RunningJob) -> None:
    """Train what was chosen. Safe to deliver twice: the same seed gives the same classifier."""
    storage = Storage(Path(running.arguments["data"]))
    cache = VectorCache(storage.vectors, max_bytes=running.arguments["vector_cache_bytes"])
    work = running.load(lambda session: service.load_work(session, storage, running.subject_id))
    trained = train(
        work.data.dataset,
        work.data.split,
        work.architecture,
        features=TaskFeatures(work.data.dataset, work.data.split, cache),
        seed=work.seed,
        budget=Budget(is_enough=asking(running), metric=work.metric),
        watch=watching(running, work.metric),
    )
    predictions = predictions_of(trained, work.data, work.stored_rows)
    result = TrainedResult(trained, assessment_of(trained, predictions, work.data, work.content_hash))
    with replacing(storage.classifier(running.subject_id)) as draft:
        trained.classifier.save(draft)
        predictions.save(draft)
    store = partial(service.store_result, classifier_id=running.subject_id, result=result)
    experience = Path(running.arguments.get("experience", ""))
    running.record(partial(store, data=work.data, experience=experience))


def watching(running: RunningJob, metric: MetricName) -> Callable[[Progress], bool]:
    """What a training tells its progress to."""
    seen = TrainingProgress(metric)

    def watch(progress: Progress) -> bool:
        said = seen.said(progress)
        return running.step(said.share, said.words, **said.facts)

    return watch


def asking(running: RunningJob) -> Callable[[], bool]:
    """What a training asks whether it shall end now and keep the best; the database is asked seldom."""
    asked_at = monotonic()
    answer = False

    def is_enough() -> bool:
        nonlocal asked_at, answer
        if not answer and monotonic() - asked_at >= _ASK_SECONDS:
            asked_at = monotonic()
            answer = running.load(lambda session: ending.is_kept_early(session, running.subject_id))
        return answer

    return is_enough
