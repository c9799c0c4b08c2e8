"""Child models: one architecture, trained on one task, scored and saved."""

from dvn.training.features import TaskFeatures
from dvn.training.metrics import MetricName
from dvn.training.outcome import (
    NOT_LAST,
    Budget,
    CurvePoint,
    DivergedError,
    Outcome,
    Progress,
    RunCost,
    TrainingCancelledError,
    Watch,
)
from dvn.training.trained import Predictions, TrainedClassifier, UnusableClassifierError
from dvn.training.trainer import Trained, train

__all__ = [
    "NOT_LAST",
    "Budget",
    "CurvePoint",
    "DivergedError",
    "MetricName",
    "Outcome",
    "Predictions",
    "Progress",
    "RunCost",
    "TaskFeatures",
    "Trained",
    "TrainedClassifier",
    "TrainingCancelledError",
    "UnusableClassifierError",
    "Watch",
    "train",
]
