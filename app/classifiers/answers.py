"""Classifiers and predictions become what the API answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from jaxtyping import Float, Int
from pydantic import BaseModel

from app.classifiers.forms import TextsForm
from app.classifiers.predicting import Predicted
from app.classifiers.tables import ClassifierRow, ClassifierState
from app.experiments.tables import ArchitectureRow
from app.jobs.tables import JobRow
from app.web.job_answers import JobAnswer, job_answer
from dvn.assessment import ExplainedWord


class ClassifierAnswer(BaseModel):
    """A classifier; `metrics` and `cost` are null until it is ready. Its best step was told by `metric`."""

    id: UUID
    dataset: UUID
    recommendation: UUID | None
    rank: int | None
    architecture: Mapping[str, Any]
    seed: int
    metric: str
    state: ClassifierState
    error: str | None
    metrics: Mapping[str, Any] | None
    cost: Mapping[str, Any] | None
    abstain_below: float | None
    job: UUID
    created_at: datetime
    ended_at: datetime | None


class ClassifiersAnswer(BaseModel):
    """Some classifiers, the newest first; ask again with `after` = `next` for more."""

    classifiers: list[ClassifierAnswer]
    next: str | None


class TrainingAnswer(BaseModel):
    """What was started: ask for the job to see how far it is."""

    classifier: ClassifierAnswer
    job: JobAnswer


class ClassAnswer(BaseModel):
    label: str
    probability: float


class WordAnswer(BaseModel):
    """A word of the text, from character `start` up to `end`.

    `weight` is the probability that the predicted class loses without it, negative if the word speaks against
    it.
    """

    word: str
    start: int
    end: int
    weight: float


class PredictionAnswer(BaseModel):
    """`probability` is that of the most probable class; `label` is null where the classifier abstained."""

    label: str | None
    probability: float
    abstained: bool
    classes: list[ClassAnswer] | None = None
    words: list[WordAnswer] | None = None


class PredictionsAnswer(BaseModel):
    """One prediction for each text, in their order."""

    predictions: list[PredictionAnswer]


def classifier_answer(row: ClassifierRow, architecture: ArchitectureRow, job: JobRow) -> ClassifierAnswer:
    return ClassifierAnswer(
        id=row.id,
        dataset=row.dataset_id,
        recommendation=row.recommendation_id,
        rank=row.rank,
        architecture={
            "space": architecture.space,
            "version": int(architecture.version),
            "hash": architecture.hash,
            "decisions": architecture.decisions,
        },
        seed=row.seed,
        metric=row.metric,
        state=row.state,
        error=row.error,
        metrics=row.metrics,
        cost=row.cost,
        abstain_below=row.abstain_below,
        job=job.id,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def training_answer(row: ClassifierRow, architecture: ArchitectureRow, job: JobRow) -> TrainingAnswer:
    return TrainingAnswer(classifier=classifier_answer(row, architecture, job), job=job_answer(job))


def predictions_answer(predicted: Predicted, form: TextsForm) -> PredictionsAnswer:
    found = predicted.predictions
    top = tops(found.probabilities, form.top) if form.top else None
    answers = []
    for number, probability in enumerate(found.confidences.tolist()):
        abstained = probability < predicted.abstain_below
        label = None if abstained else found.labels[number]
        answer = PredictionAnswer(label=label, probability=probability, abstained=abstained)
        if top is not None:
            shares = found.probabilities[number]
            answer.classes = [
                ClassAnswer(label=predicted.classes[at], probability=float(shares[at])) for at in top[number]
            ]
        if predicted.words is not None:
            text = form.texts[number]
            answer.words = [word_answer(text, word) for word in predicted.words[number]]
        answers.append(answer)
    return PredictionsAnswer(predictions=answers)


def word_answer(text: str, word: ExplainedWord) -> WordAnswer:
    return WordAnswer(word=text[word.start : word.end], start=word.start, end=word.end, weight=word.weight)


def tops(probabilities: Float[np.ndarray, "texts classes"], number: int) -> Int[np.ndarray, "texts top"]:
    """The most probable classes of each text, the most probable first."""
    order: np.ndarray = np.argsort(-probabilities, axis=1, kind="stable")[:, :number]
    return order
