"""An outcome becomes what a classifier's row keeps of it."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from dvn.training import Outcome

METRIC_CURVE: Final = "curve_by_metric"
"""The key of a classifier's metrics under which the curve by its own metric is, unless that is accuracy."""


def metrics_of(outcome: Outcome, metric: str) -> dict[str, Any]:
    """The scores, the curve by accuracy, and the one by the metric where that is another."""
    metrics: dict[str, Any] = {"validation": {}, "test": {}}
    for (part, name), value in outcome.metrics.items():
        metrics[part][name] = float(value)
    metrics["test"]["rows"] = outcome.test_rows
    metrics["steps"] = outcome.steps
    metrics["stopped_by"] = outcome.stopped_by
    curves = {"curve": "accuracy", **({} if metric == "accuracy" else {METRIC_CURVE: metric})}
    for key, name in curves.items():
        points = [point for point in outcome.curve if point.metric == f"validation_{name}"]
        metrics[key] = [[point.step, point.value] for point in points]
    return metrics


def confusion_of(outcome: Outcome, labels: Sequence[str]) -> dict[str, Any]:
    """The cells of the test part's confusion matrix that are not zero: truth, prediction, texts."""
    truths, predictions = np.nonzero(outcome.test_confusion)
    cells = [
        [int(truth), int(predicted), int(outcome.test_confusion[truth, predicted])]
        for truth, predicted in zip(truths, predictions, strict=True)
    ]
    return {"labels": list(labels), "cells": cells}
