"""The training of a classifier, as a worker does it."""

from functools import partial
from pathlib import Path

from app.classifiers import service
from app.jobs.registry import job
from app.jobs.runner import RunningJob
from app.storage import Storage, replacing
from app.web.wording import count, percent
from dvn.embeddings import VectorCache
from dvn.training import Progress, TaskFeatures, train

_SHARE_OF_FEATURES, _SHARE_OF_TRAINING = 0.05, 0.9


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
        watch=lambda progress: running.step(*said(progress)),
    )
    with replacing(storage.classifier(running.subject_id)) as draft:
        trained.classifier.save(draft)
    store = partial(service.store_result, classifier_id=running.subject_id, trained=trained)
    experience = Path(running.arguments.get("experience", ""))
    running.record(partial(store, data=work.data, experience=experience))


def said(progress: Progress) -> tuple[float, str]:
    """Progress in [0, 1], 0 while it cannot be told, and the words for it."""
    if progress.phase == "features":
        return 0.0, "Turning the texts into vectors"
    if progress.phase == "evaluating":
        return _SHARE_OF_FEATURES + _SHARE_OF_TRAINING, "Measuring on the test texts"
    share = _SHARE_OF_FEATURES + _SHARE_OF_TRAINING * progress.step / max(1, progress.steps)
    words = f"Step {count(progress.step)} of {count(progress.steps)}"
    if progress.validation_accuracy is not None:
        words += f", {percent(progress.validation_accuracy)} right on the validation texts"
    return share, words
