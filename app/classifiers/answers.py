"""Classifiers and predictions become what the API answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.classifiers.tables import ClassifierRow, ClassifierState
from app.experiments.tables import ArchitectureRow
from app.jobs.tables import JobRow
from app.web.job_answers import JobAnswer, job_answer
from dvn.training import Predictions


class ClassifierAnswer(BaseModel):
    """A classifier; `metrics` and `cost` are null until it is ready."""

    id: UUID
    dataset: UUID
    recommendation: UUID | None
    rank: int | None
    architecture: Mapping[str, Any]
    seed: int
    state: ClassifierState
    error: str | None
    metrics: Mapping[str, Any] | None
    cost: Mapping[str, Any] | None
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


class PredictionAnswer(BaseModel):
    label: str
    probability: float


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
        state=row.state,
        error=row.error,
        metrics=row.metrics,
        cost=row.cost,
        job=job.id,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def training_answer(row: ClassifierRow, architecture: ArchitectureRow, job: JobRow) -> TrainingAnswer:
    return TrainingAnswer(classifier=classifier_answer(row, architecture, job), job=job_answer(job))


def predictions_answer(predictions: Predictions) -> PredictionsAnswer:
    pairs = zip(predictions.labels, predictions.confidences.tolist(), strict=True)
    return PredictionsAnswer(
        predictions=[PredictionAnswer(label=label, probability=share) for label, share in pairs]
    )
