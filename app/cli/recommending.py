"""A dataset becomes a ranked list of architectures, by the experience that ships or a part of it."""

from collections.abc import Mapping
from typing import Any

from app.cli.options import Asked
from app.errors import BadInputError
from app.settings import Settings
from dvn.architecture import Architecture, get_space
from dvn.architecture_inference import Question, RankedArchitecture, Recommendation
from dvn.architecture_inference import recommend as infer
from dvn.data.dataset import Dataset
from dvn.value_network import Checkpoint

Document = Mapping[str, Any]


def recommend_for(
    dataset: Dataset, asked: Asked, settings: Settings, *, top: int, seed: int
) -> Recommendation:
    """The ranked architectures for a dataset, by the shipped experience.

    Raises:
        UnknownSpaceError: There is no such space.
        CheckpointError: There is no usable checkpoint for it.
    """
    checkpoint = _checkpoint(asked, settings)
    limit = settings.max_training_seconds if asked.max_seconds is None else asked.max_seconds
    question = Question(top=top, seed=seed, max_seconds=limit)
    return infer(
        dataset.texts,
        dataset.labels,
        checkpoint,
        question=question,
        content_hash=dataset.content_hash,
    )


def _checkpoint(asked: Asked, settings: Settings) -> Checkpoint:
    space = get_space(asked.space)
    if asked.without_family is not None:
        raise BadInputError("--without-family cannot be used yet.")
    return Checkpoint.load(settings.experience / space.name / "checkpoint")


def first_recommended(
    dataset: Dataset, asked: Asked, settings: Settings, *, seed: int
) -> tuple[Architecture, Document]:
    """The best ranked architecture, and where it comes from."""
    found = recommend_for(dataset, asked, settings, top=1, seed=seed)
    first = found.architectures[0]
    return first.architecture, {"checkpoint": found.checkpoint, **ranked_document(first)}


def architecture_document(architecture: Architecture) -> Document:
    """An architecture as a recommendation names it; `--architecture` reads it back."""
    return {
        "hash": architecture.hash,
        "space": architecture.space,
        "version": architecture.version,
        "decisions": dict(architecture.decisions),
    }


def ranked_document(ranked: RankedArchitecture) -> Document:
    """One ranked architecture, accuracies in [0, 1]."""
    return {
        "rank": ranked.rank,
        **architecture_document(ranked.architecture),
        "expected_accuracy": ranked.expected_accuracy,
        "low": ranked.low,
        "high": ranked.high,
        "seconds": ranked.seconds,
        "bytes": ranked.bytes,
    }
