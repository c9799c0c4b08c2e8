"""An architecture and a dataset become a saved classifier and the report of its training."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from app.cli.recommending import architecture_document
from app.errors import BadInputError
from app.settings import Settings
from app.storage import replacing
from app.web.wording import METRIC_WORDS
from dvn.architecture import SPACES, Architecture, get_space
from dvn.assessment import MeasuredPredictions, assess, measured
from dvn.data.dataset import Dataset
from dvn.data.split import Split
from dvn.embeddings import VectorCache
from dvn.training import Budget, MetricName, Progress, TaskFeatures, Trained, train
from dvn.training.outcome import NoTrainingRowsError

REPORT: Final = "report.json"

Document = Mapping[str, Any]


class TooFewRowsError(BadInputError):
    def __init__(self, reason: NoTrainingRowsError) -> None:
        super().__init__(str(reason))


def described_architecture(description: Document, space: str) -> Architecture:
    """The architecture of a document with `decisions`, or of bare decisions in one of the spaces.

    Raises:
        ArchitectureError: It is none of any space; the error is that of the space meant.
    """
    if "space" in description or "decisions" in description:
        return get_space(str(description.get("space", space))).from_json(description)
    if description.keys() & get_space(space).by_name.keys():
        return get_space(space).from_json(description)
    # Bare decisions do not say which space they are of; their names do.
    meant = [one for one in SPACES.values() if description.keys() & one.by_name.keys()]
    return (meant[0] if meant else get_space(space)).from_json(description)


@dataclass(frozen=True, slots=True)
class Order:
    """How to train: from which seed, for how long, with which cached vectors, and by which metric."""

    seed: int
    max_seconds: float | None
    cache: VectorCache | None
    metric: MetricName = "accuracy"


def train_classifier(
    dataset: Dataset, split: Split, architecture: Architecture, order: Order, show: Callable[[str], None]
) -> Trained:
    """The trained classifier of an architecture; what happens meanwhile is shown.

    Raises:
        TooFewRowsError: A part of the dataset has no rows.
        TrainingError: The training diverged.
    """

    def watch(progress: Progress) -> bool:
        show(progress_words(progress, order.metric))
        return True

    budget = Budget(metric=order.metric)
    if order.max_seconds is not None:
        budget = replace(budget, max_seconds=order.max_seconds)
    features = TaskFeatures(dataset, split, order.cache)
    try:
        return train(
            dataset,
            split,
            architecture,
            features=features,
            seed=order.seed,
            budget=budget,
            watch=watch,
        )
    except NoTrainingRowsError as error:
        raise TooFewRowsError(error) from error


def vector_cache(settings: Settings) -> VectorCache | None:
    """The cached vectors of the data folder; a folder that is not there is not made for them."""
    if not settings.data.is_dir():
        return None
    return VectorCache(settings.data / "vectors", max_bytes=settings.vector_cache_bytes)


def progress_words(progress: Progress, metric: MetricName = "accuracy") -> str:
    """Where a training is, in one line."""
    if progress.phase == "features":
        return "Turning the texts into vectors …"
    if progress.phase == "evaluating":
        return "Measuring on the test texts …"
    left = progress.seconds / max(1, progress.step) * (progress.steps - progress.step)
    words = f"Training: step {progress.step:,} of {progress.steps:,}, about {left:.0f} s left"
    if progress.validation_score is None:
        return words
    named = "right" if metric == "accuracy" else METRIC_WORDS[metric]
    return f"{words}; {progress.validation_score:.1%} {named} on the validation texts"


def outcome_document(trained: Trained) -> Document:
    """Scores in [0, 1], seconds and size of a trained classifier."""
    outcome = trained.outcome
    scores = {
        part: {name: float(outcome.metrics[part, name]) for name in ("accuracy", "macro_f1")}
        for part in ("validation", "test")
    }
    return {
        "architecture": architecture_document(trained.classifier.architecture),
        "validation": scores["validation"],
        "test": {**scores["test"], "rows": outcome.test_rows},
        "seconds": {"embed": outcome.cost.embed_seconds, "train": outcome.cost.train_seconds},
        "steps": outcome.steps,
        "stopped_by": outcome.stopped_by,
        "bytes": outcome.cost.bundle_bytes,
    }


def assessed(trained: Trained, dataset: Dataset, split: Split) -> tuple[MeasuredPredictions, Document]:
    """What a training predicted of its validation and test texts, and what that says of the classifier."""
    predictions = measured(trained.outcome, dataset, split)
    found = assess(predictions)
    labels = trained.classifier.labels
    classes = [{"label": labels[one.number], **asdict(one)} for one in found.classes]
    return predictions, {**asdict(found), "classes": classes}


def save(
    trained: Trained, folder: Path, document: Document, *, predictions: MeasuredPredictions | None = None
) -> None:
    """Put a classifier and the report of its training in place, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replacing(folder) as draft:
        trained.classifier.save(draft)
        if predictions is not None:
            predictions.save(draft)
        (draft / REPORT).write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
