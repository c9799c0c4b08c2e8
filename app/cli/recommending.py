"""A dataset becomes a ranked list of architectures, by the experience that ships or a part of it."""

from collections.abc import Mapping
from typing import Any

from app.cli.options import Asked
from app.cli.progress import Show
from app.experiments.checkpoints import checkpoint_without, shipped_folder
from app.recommendations import stored
from app.recommendations.forms import MEGABYTE
from app.recommendations.reasons import is_led_by_caution
from app.settings import Settings
from app.web.wording import CAUTION_WORDS
from dvn.architecture import Architecture, get_space
from dvn.architecture_inference import (
    Question,
    RankedArchitecture,
    Recommendation,
    recommend_for_dataset,
)
from dvn.data.dataset import Dataset
from dvn.value_network import Checkpoint

Document = Mapping[str, Any]


def asked_checkpoint(asked: Asked, settings: Settings, show: Show) -> Checkpoint:
    """The checkpoint that ships for a space, or one that has never seen a family, which may take minutes.

    Raises:
        UnknownSpaceError: There is no such space.
        UnknownFamilyError: There is no such family in the experience.
        CheckpointError: There is no usable checkpoint, or no usable snapshot to fit one to.
    """
    space = get_space(asked.space).name
    if asked.without_family is None:
        return Checkpoint.load(shipped_folder(settings, space, asked.metric))
    return checkpoint_without(settings, asked.without_family, space, asked.metric, watch=show)


def asked_question(asked: Asked, settings: Settings, *, top: int, seed: int) -> Question:
    """What is asked; without a limit of its own the service's limit on training holds."""
    limit = settings.max_training_seconds if asked.max_seconds is None else asked.max_seconds
    return Question(
        top=top,
        seed=seed,
        max_seconds=limit,
        max_bytes=None if asked.max_megabytes is None else asked.max_megabytes * MEGABYTE,
        max_milliseconds=asked.max_milliseconds,
        prefer_small=asked.prefer_small,
    )


def recommend_for(dataset: Dataset, checkpoint: Checkpoint, question: Question) -> Recommendation:
    """The ranked architectures for a dataset."""
    return recommend_for_dataset(dataset, checkpoint, question=question)


def first_recommended(
    dataset: Dataset, checkpoint: Checkpoint, question: Question
) -> tuple[Architecture, Document]:
    """The best ranked architecture, and where it comes from."""
    found = recommend_for(dataset, checkpoint, question)
    first = found.architectures[0]
    return first.architecture, {"checkpoint": found.checkpoint, **ranked_document(first)}


def reasons_document(found: Recommendation) -> Document:
    """What the slider would answer, what decisions are worth, how simple rules stand; as the API says it."""
    return {
        "front": [stored.front_json(point) for point in found.front],
        "worth": [stored.worth_json(worth) for worth in found.worth],
        "standing": [stored.standing_json(one) for one in found.standing],
    }


def caution_words(found: Recommendation, question: Question) -> str:
    """Why one of which more is expected does not lead; empty where none is."""
    ranked = [ranked_document(one) for one in found.architectures]
    is_careful = found.within_budget and is_led_by_caution(
        ranked, prefer_small=question.prefer_small, outside=found.outside_experience
    )
    return CAUTION_WORDS if is_careful else ""


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
        "milliseconds": ranked.milliseconds,
    }
